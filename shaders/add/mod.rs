//! The sum of two tensors of one shape: a residual connection.

use crate::dispatch::{Elementwise, Operand, read, write};
use crate::dtype::Precision;
use crate::mask::mask;
use crate::rectifier::Rectifier;
use crate::target::Target;
use crate::{Array, Case, Dispatch, Entry, Lowered, Mode, Op, Shape, ShapeError, Step};

/// This op in `OPS`.
pub const ENTRY: Entry = Entry { name: "add", summary: "y = a + b, optionally followed by ReLU", cases };

const FORWARD: Elementwise =
    Elementwise { name: "add/forward", source: include_str!("forward.wgsl"), per_step: false, includes: &[] };

/// `y = a + b` of one shape, then a ReLU if asked for: a residual connection.
#[derive(Clone, Debug, Default)]
pub struct Add {
    /// Whether a ReLU follows in the same kernel.
    pub relu: bool,
    /// Whether the gradient comes in two parts, which the ReLU's backward adds up.
    pub parted: bool,
}

/// `into = a + b` over `count` elements; also how the planner sums gradients where a tensor is used twice.
pub fn sum(precision: Precision, count: usize, relu: bool, a: Operand, b: Operand, into: Operand) -> Dispatch {
    FORWARD.launch(precision, count.div_ceil(4), 0, &[("RELU", relu.into())], &[read(a), read(b), write(into)])
}

impl Op for Add {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn attributes(&self) -> String {
        if self.relu { "relu".into() } else { String::new() }
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        if inputs[0] != inputs[1] {
            return Err(ShapeError::new(format!("it adds {} to {}, which differ", inputs[1], inputs[0]))
                .hint("a 1x1 conv2d with the same stride on the shorter path makes the shapes equal"));
        }
        Ok(vec![inputs[0].clone()])
    }

    fn activations(&self) -> usize {
        2
    }

    fn gradient_parts(&self) -> usize {
        if self.parted { 2 } else { 1 }
    }

    fn gradient_is(&self, input: usize) -> Option<Operand> {
        match input {
            _ if !self.relu => Some(Operand::Dy(0)),
            0 => None,
            _ => Some(Operand::Dx(0)),
        }
    }

    fn forward(&self, inputs: &[Shape], _mode: Mode, target: &Target) -> Lowered {
        sum(target.precision, inputs[0].count(), self.relu, Operand::X(0), Operand::X(1), Operand::Y(0)).into()
    }

    fn backward(&self, inputs: &[Shape], wanted: &[bool], target: &Target) -> Lowered {
        match wanted.iter().position(|&wanted| wanted && self.relu) {
            Some(first) => {
                mask(Rectifier::Relu, target, inputs[0].count(), self.gradient_parts(), Operand::Dx(first)).into()
            }
            None => Lowered::default(),
        }
    }

    fn twin(&self, inputs: &[Array], _step: &Step) -> Vec<Array> {
        let floor = if self.relu { 0.0 } else { f64::NEG_INFINITY };
        vec![inputs[0].zip(&inputs[1], |a, b| (a + b).max(floor))]
    }

    fn twin_backward(&self, _inputs: &[Array], outputs: &[Array], dy: &Array, _step: &Step) -> Vec<Option<Array>> {
        let dx = outputs[0].zip(dy, |y, dy| if self.relu && y <= 0.0 { 0.0 } else { dy });
        vec![Some(dx.clone()), Some(dx)]
    }
}

fn cases() -> Vec<Case> {
    vec![
        Case::new(Add::default(), &[&[2, 3, 5, 7], &[2, 3, 5, 7]], "uneven images"),
        Case::new(Add { relu: true, parted: false }, &[&[3, 129], &[3, 129]], "with ReLU, over several workgroups"),
        Case::new(Add { relu: true, parted: true }, &[&[2, 67], &[2, 67]], "with ReLU, a gradient in two parts"),
    ]
}
