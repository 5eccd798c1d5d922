//! Tensors side by side along channels, the last axis; everything else about them is equal. A launch an input, so that any
//! number of them fits.

use crate::channels::lanes;
use crate::dispatch::{Elementwise, Operand, read, write};
use crate::target::Target;
use crate::{Array, Case, Dispatch, Entry, Lowered, Mode, Op, Shape, ShapeError, Step};

/// This op in `OPS`.
pub const ENTRY: Entry = Entry { name: "concat", summary: "tensors side by side along channels", cases };

const COPY: Elementwise =
    Elementwise { name: "concat", source: include_str!("copy.wgsl"), per_step: false, includes: &[] };

/// Joins tensors `[.., c1]`, `[.., c2]`, … along the last axis, as `torch.cat(dim=1)` does for PyTorch's order of axes.
#[derive(Clone, Debug)]
pub struct Concat {
    /// How many tensors.
    pub inputs: usize,
}

/// The sizes of a tensor but for its channels, and its channels.
fn split(shape: &Shape) -> (&[usize], usize) {
    let (&channels, others) = shape.sizes().split_last().expect("a tensor has an axis");
    (others, channels)
}

/// The first channel of input `i` in the output.
fn first_channel(inputs: &[Shape], i: usize) -> usize {
    inputs[..i].iter().map(|shape| split(shape).1).sum()
}

/// A part of the channels of a tensor: how many it has, and where the part begins.
#[derive(Clone, Copy)]
struct Part {
    of: usize,
    first: usize,
}

/// Copies the channels of input `i`, from one tensor to another.
fn copy(inputs: &[Shape], i: usize, target: &Target, parts: [Part; 2], ends: [Operand; 2]) -> Dispatch {
    let c = split(&inputs[i]).1;
    // runs of four must not straddle two inputs
    let all_in_fours = inputs.iter().all(|shape| split(shape).1.is_multiple_of(4));
    let (lanes, text) = lanes(if all_in_fours { 4 } else { 1 });
    let [from, to] = parts;
    let constants = [
        ("C", c.into()),
        ("X_C", from.of.into()),
        ("FROM", from.first.into()),
        ("Y_C", to.of.into()),
        ("TO", to.first.into()),
    ];
    let kernel = Elementwise { includes: &[text], ..COPY };
    let bindings = [read(ends[0]), write(ends[1])];
    kernel.launch(target.precision, inputs[i].count() / lanes, 0, &constants, &bindings)
}

impl Op for Concat {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        let (others, _) = split(&inputs[0]);
        if let Some(other) = inputs.iter().find(|shape| split(shape).0 != others) {
            return Err(ShapeError::new(format!(
                "it joins {} and {other}, which differ in more than channels",
                inputs[0]
            ))
            .hint("pooling or a strided conv2d gives images of equal size"));
        }
        let mut sizes = others.to_vec();
        sizes.push(first_channel(inputs, inputs.len()));
        Ok(vec![Shape::new(&sizes)])
    }

    fn activations(&self) -> usize {
        self.inputs
    }

    fn forward(&self, inputs: &[Shape], _mode: Mode, target: &Target) -> Lowered {
        let all = first_channel(inputs, inputs.len());
        let launch = |i: usize| {
            let parts = [Part { of: split(&inputs[i]).1, first: 0 }, Part { of: all, first: first_channel(inputs, i) }];
            copy(inputs, i, target, parts, [Operand::X(i), Operand::Y(0)])
        };
        Lowered { dispatches: (0..inputs.len()).map(launch).collect(), ..Lowered::default() }
    }

    fn backward(&self, inputs: &[Shape], wanted: &[bool], target: &Target) -> Lowered {
        let all = first_channel(inputs, inputs.len());
        let launch = |i: usize| {
            let parts = [Part { of: all, first: first_channel(inputs, i) }, Part { of: split(&inputs[i]).1, first: 0 }];
            copy(inputs, i, target, parts, [Operand::Dy(0), Operand::Dx(i)])
        };
        Lowered { dispatches: (0..inputs.len()).filter(|&i| wanted[i]).map(launch).collect(), ..Lowered::default() }
    }

    fn twin(&self, inputs: &[Array], _step: &Step) -> Vec<Array> {
        let shapes: Vec<Shape> = inputs.iter().map(|x| x.shape.clone()).collect();
        let shape = self.outputs(&shapes).expect("shapes were checked").remove(0);
        let mut data = Vec::new();
        for row in 0..shape.count() / split(&shape).1 {
            for x in inputs {
                let c = split(&x.shape).1;
                data.extend_from_slice(&x.data[row * c..][..c]);
            }
        }
        vec![Array::new(shape, data)]
    }

    fn twin_backward(&self, inputs: &[Array], _outputs: &[Array], dy: &Array, _step: &Step) -> Vec<Option<Array>> {
        let mut gradients: Vec<Vec<f64>> = vec![Vec::new(); inputs.len()];
        for row in dy.data.chunks_exact(split(&dy.shape).1) {
            let mut rest = row;
            for (x, gradient) in inputs.iter().zip(&mut gradients) {
                let (own, others) = rest.split_at(split(&x.shape).1);
                gradient.extend_from_slice(own);
                rest = others;
            }
        }
        inputs.iter().zip(gradients).map(|(x, gradient)| Some(Array::new(x.shape.clone(), gradient))).collect()
    }
}

fn cases() -> Vec<Case> {
    let case = |shapes: &[&[usize]], reason| Case::new(Concat { inputs: shapes.len() }, shapes, reason);
    vec![
        case(&[&[2, 3, 5, 7], &[2, 3, 5, 2]], "uneven images, uneven channels"),
        case(&[&[2, 5, 3, 8], &[2, 5, 3, 4], &[2, 5, 3, 12]], "three inputs, runs of four channels"),
        case(&[&[1, 3, 7, 4], &[1, 3, 7, 3], &[1, 3, 7, 5]], "three inputs, of which one is in runs of four"),
        case(
            &[&[67, 3], &[67, 1], &[67, 2], &[67, 9], &[67, 4], &[67, 1], &[67, 8], &[67, 5], &[67, 2]],
            "nine matrices",
        ),
    ]
}
