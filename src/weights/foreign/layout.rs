//! How a parameter lies in memory here and in PyTorch: the same numbers, with axes in another order.

use lepton_kernels::Shape;

/// What a parameter is in another program, where that is not what PyTorch has for such a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// As PyTorch has it.
    Usual,
    /// A 1x1 convolution as a linear layer, `[out, in]`.
    Matrix,
    /// A linear layer on an image of this height and width, which is flattened channel by channel: `[out, c · h · w]`.
    Flattened([usize; 2]),
    /// The same as a convolution over the whole image, `[out, c, h, w]`.
    Convolution([usize; 2]),
    /// One number a channel, `[c, 1, 1]`.
    Channels,
}

/// The order of a parameter's elements in PyTorch, beside ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Our shape, where an axis may be split in several.
    axes: Vec<usize>,
    /// Which of `axes` come first, second, … in PyTorch.
    order: Vec<usize>,
    /// PyTorch's shape.
    shape: Vec<usize>,
}

/// Axes of PyTorch's filters `[out, in, h, w]` among ours, `[h, w, in, out]`.
const FILTERS: [usize; 4] = [3, 2, 0, 1];

impl Layout {
    /// The layout of a parameter of a layer of type `kind`, in this form.
    pub(super) fn new(kind: &str, shape: &Shape, form: Form) -> Self {
        let sizes = shape.sizes();
        match (form, sizes) {
            (Form::Matrix, &[1, 1, inputs, outputs]) => {
                Layout { axes: vec![inputs, outputs], order: vec![1, 0], shape: vec![outputs, inputs] }
            }
            (Form::Flattened([h, w]), &[inputs, outputs]) => {
                let axes = vec![h, w, inputs / (h * w), outputs];
                Layout { axes, order: FILTERS.to_vec(), shape: vec![outputs, inputs] }
            }
            (Form::Convolution([h, w]), &[inputs, outputs]) => {
                let c = inputs / (h * w);
                Layout { axes: vec![h, w, c, outputs], order: FILTERS.to_vec(), shape: vec![outputs, c, h, w] }
            }
            (Form::Channels, &[c]) => Layout { axes: vec![c], order: vec![0], shape: vec![c, 1, 1] },
            _ => Self::usual(kind, sizes),
        }
    }

    /// As PyTorch has the parameters of such a layer.
    fn usual(kind: &str, sizes: &[usize]) -> Self {
        let order: Vec<usize> = match sizes.len() {
            4 => FILTERS.to_vec(),
            // layer norm over whole images
            3 => vec![2, 0, 1],
            2 if kind != "embedding" => vec![1, 0],
            rank => (0..rank).collect(),
        };
        let shape = order.iter().map(|&axis| sizes[axis]).collect();
        Layout { axes: sizes.to_vec(), order, shape }
    }

    /// PyTorch's shape.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Our elements in PyTorch's order.
    pub fn to_pytorch(&self, ours: &[f32]) -> Vec<f32> {
        permuted(ours, &self.axes, &self.order)
    }

    /// PyTorch's elements in our order.
    pub fn from_pytorch(&self, theirs: &[f32]) -> Vec<f32> {
        let axes: Vec<usize> = self.order.iter().map(|&axis| self.axes[axis]).collect();
        let mut back = vec![0; self.order.len()];
        self.order.iter().enumerate().for_each(|(to, &from)| back[from] = to);
        permuted(theirs, &axes, &back)
    }
}

/// The elements of an array of these sizes with axis `order[0]` outermost.
fn permuted(values: &[f32], sizes: &[usize], order: &[usize]) -> Vec<f32> {
    let mut strides = vec![1; sizes.len()];
    for axis in (1..sizes.len()).rev() {
        strides[axis - 1] = strides[axis] * sizes[axis];
    }
    let (sizes, strides): (Vec<usize>, Vec<usize>) = order.iter().map(|&axis| (sizes[axis], strides[axis])).unzip();
    let mut result = Vec::with_capacity(values.len());
    collect(values, &sizes, &strides, &mut result);
    result
}

fn collect(values: &[f32], sizes: &[usize], strides: &[usize], result: &mut Vec<f32>) {
    match (sizes, strides) {
        ([size], [stride]) => result.extend(values.iter().step_by(*stride).take(*size)),
        ([size, sizes @ ..], [stride, strides @ ..]) => {
            (0..*size).for_each(|i| collect(&values[i * stride..], sizes, strides, result));
        }
        _ => result.extend(values.first()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there_and_back(kind: &str, sizes: &[usize], form: Form, wanted: &[usize], begins: &[f32]) {
        let layout = Layout::new(kind, &Shape::new(sizes), form);
        let ours: Vec<f32> = (0..sizes.iter().product::<usize>()).map(|i| i as f32).collect();
        let theirs = layout.to_pytorch(&ours);
        assert_eq!(layout.shape(), wanted, "{kind} {form:?}");
        assert_eq!(theirs[..begins.len()], *begins, "{kind} {form:?}");
        assert_eq!(layout.from_pytorch(&theirs), ours, "{kind} {form:?}");
    }

    #[test]
    fn axes_change_places_and_come_back() {
        // height 2, width 1, 3 channels, 5 filters: a step along the width of a filter, which is 1, along its height is 15
        there_and_back("conv2d", &[2, 1, 3, 5], Form::Usual, &[5, 3, 2, 1], &[0.0, 15.0, 5.0, 20.0]);
        there_and_back("conv2d", &[1, 1, 3, 5], Form::Matrix, &[5, 3], &[0.0, 5.0, 10.0, 1.0]);
        there_and_back("linear", &[3, 5], Form::Usual, &[5, 3], &[0.0, 5.0, 10.0, 1.0]);
        // an image of 2x1 pixels and 3 channels: first both pixels of channel 0
        there_and_back("linear", &[6, 5], Form::Flattened([2, 1]), &[5, 6], &[0.0, 15.0, 5.0, 20.0]);
        there_and_back("linear", &[6, 5], Form::Convolution([2, 1]), &[5, 3, 2, 1], &[0.0, 15.0, 5.0, 20.0]);
        there_and_back("embedding", &[4, 2], Form::Usual, &[4, 2], &[0.0, 1.0, 2.0]);
        there_and_back("layer_norm", &[2, 1, 3], Form::Usual, &[3, 2, 1], &[0.0, 3.0, 1.0]);
        there_and_back("layer_scale", &[3], Form::Channels, &[3, 1, 1], &[0.0, 1.0, 2.0]);
        // the form is of the weight; a bias stays what it is
        there_and_back("linear", &[5], Form::Flattened([2, 1]), &[5], &[0.0, 1.0]);
    }
}
