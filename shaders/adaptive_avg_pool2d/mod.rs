//! Adaptive average pooling (PyTorch's `adaptive_avg_pool2d`): the mean of so many pixels that the output has the size that is
//! asked for. Which pixels a place takes is said in `adaptive.rs`.

use crate::adaptive::{iterations, output_shape, taken};
use crate::dispatch::{Elementwise, Operand, read, write};
use crate::target::Target;
use crate::{Array, Case, Entry, Lowered, Mode, Op, Shape, ShapeError, Step, images, source};

/// This op in `OPS`.
pub const ENTRY: Entry =
    Entry { name: "adaptive_avg_pool2d", summary: "means that give images of a chosen size", cases };

const FORWARD: Elementwise = Elementwise {
    name: "adaptive_avg_pool2d/forward",
    source: include_str!("forward.wgsl"),
    per_step: false,
    includes: &[],
};
const BACKWARD: Elementwise = Elementwise {
    name: "adaptive_avg_pool2d/backward",
    source: include_str!("backward.wgsl"),
    per_step: false,
    includes: &[],
};

/// `[n, h, w, c]` to `[n, oh, ow, c]` of a chosen size by means, as `torch.nn.AdaptiveAvgPool2d`.
#[derive(Clone, Debug)]
pub struct AdaptiveAvgPool2d {
    /// Height and width of the output.
    pub output: [usize; 2],
}

impl Op for AdaptiveAvgPool2d {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn attributes(&self) -> String {
        format!("to {}x{}", self.output[0], self.output[1])
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        Ok(vec![output_shape(&inputs[0], self.output)?])
    }

    fn forward(&self, inputs: &[Shape], _mode: Mode, target: &Target) -> Lowered {
        let [n, h, w, c] = inputs[0].nhwc().expect("shapes were checked");
        let (lanes, [lanes_text, places]) = images::lanes(c);
        let kernel = Elementwise { includes: &[lanes_text, places, source::ADAPTIVE], ..FORWARD };
        let runs = n * self.output[0] * self.output[1] * c / lanes;
        let constants = images::constants(&inputs[0], self.output);
        let bindings = [read(Operand::X(0)), write(Operand::Y(0))];
        kernel.launch(target.precision, runs, iterations([h, w], self.output), &constants, &bindings).into()
    }

    fn backward(&self, inputs: &[Shape], wanted: &[bool], target: &Target) -> Lowered {
        if !wanted[0] {
            return Lowered::default();
        }
        let [_, h, w, c] = inputs[0].nhwc().expect("shapes were checked");
        let (lanes, [lanes_text, places]) = images::lanes(c);
        let kernel = Elementwise { includes: &[lanes_text, places, source::ADAPTIVE], ..BACKWARD };
        let constants = images::constants(&inputs[0], self.output);
        let bindings = [read(Operand::Dy(0)), write(Operand::Dx(0))];
        let iterations = iterations(self.output, [h, w]);
        kernel.launch(target.precision, inputs[0].count() / lanes, iterations, &constants, &bindings).into()
    }

    fn twin(&self, inputs: &[Array], _step: &Step) -> Vec<Array> {
        let mut y = Array::zeros(self.outputs(&[inputs[0].shape.clone()]).expect("shapes were checked").remove(0));
        visit(self.output, &inputs[0], |o, i, pixels| y.data[o] += inputs[0].data[i] / pixels);
        vec![y]
    }

    fn twin_backward(&self, inputs: &[Array], _outputs: &[Array], dy: &Array, _step: &Step) -> Vec<Option<Array>> {
        let mut dx = Array::zeros(inputs[0].shape.clone());
        visit(self.output, &inputs[0], |o, i, pixels| dx.data[i] += dy.data[o] / pixels);
        vec![Some(dx)]
    }
}

/// Calls `visit(output position, input position, pixels)` for every pixel of every place.
fn visit(output: [usize; 2], x: &Array, mut visit: impl FnMut(usize, usize, f64)) {
    let [n, h, w, c] = x.shape.nhwc().expect("images");
    let [oh, ow] = output;
    for o in 0..n * oh * ow * c {
        let (i, oy, ox, ch) = (o / (oh * ow * c), o / (ow * c) % oh, o / c % ow, o % c);
        let (rows, columns) = (taken(oy, h, oh), taken(ox, w, ow));
        let pixels = (rows.len() * columns.len()) as f64;
        for (iy, ix) in rows.flat_map(|iy| columns.clone().map(move |ix| (iy, ix))) {
            visit(o, x.at4(i, iy, ix, ch), pixels);
        }
    }
}

fn cases() -> Vec<Case> {
    let to = |h, w| AdaptiveAvgPool2d { output: [h, w] };
    vec![
        Case::new(to(3, 2), &[&[2, 7, 5, 3]], "nothing divides: rows and columns are shared"),
        Case::new(to(2, 3), &[&[2, 4, 9, 8]], "everything divides, runs of four channels"),
        Case::new(to(5, 7), &[&[2, 3, 4, 5]], "more places than pixels"),
        Case::new(to(1, 1), &[&[3, 6, 5, 12]], "the whole image"),
        Case::new(to(4, 1), &[&[1, 11, 13, 70]], "over several workgroups"),
    ]
}
