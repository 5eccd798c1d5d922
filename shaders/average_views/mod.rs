//! The weighted mean of logits over the views of a batch, a view a step.
//!
//! Inputs: logits `[n, classes]`, and the average so far `[n, classes]` (f32), which is updated in place. Outputs: the average
//! with this view in it as the loss reads it, and the average itself.

use crate::dispatch::{Elementwise, Operand, read, update, write};
use crate::dtype::Dtype;
use crate::target::Target;
use crate::{Array, Case, Entry, Lowered, Mode, Op, Shape, ShapeError, Step};

// numbers of the inputs
const LOGITS: usize = 0;
const AVERAGE: usize = 1;

/// This op in `OPS`.
pub const ENTRY: Entry = Entry { name: "average_views", summary: "weighted mean of logits over views", cases };

/// Bit of [`Step::view`]: views of the same batch came before.
pub const LATER: u32 = 2;

const KERNEL: Elementwise =
    Elementwise { name: "average_views", source: include_str!("add.wgsl"), per_step: true, includes: &[] };

/// Adds the logits `[n, classes]` of a view, times `step.view_weight`, to the average over the views before it.
#[derive(Clone, Debug)]
pub struct AverageViews;

impl Op for AverageViews {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        Ok(vec![inputs[LOGITS].clone(), inputs[LOGITS].clone()])
    }

    fn activations(&self) -> usize {
        2
    }

    fn input_dtype(&self, input: usize) -> Dtype {
        [Dtype::Real, Dtype::F32][input]
    }

    fn output_dtype(&self, output: usize) -> Dtype {
        [Dtype::Real, Dtype::F32][output]
    }

    fn alias(&self, output: usize) -> Option<usize> {
        (output == 1).then_some(1)
    }

    fn differentiable(&self, _input: usize) -> bool {
        false
    }

    fn forward(&self, inputs: &[Shape], _mode: Mode, target: &Target) -> Lowered {
        let bindings = [read(Operand::X(LOGITS)), update(Operand::X(AVERAGE)), write(Operand::Y(0))];
        KERNEL.launch(target.precision, inputs[LOGITS].count(), 0, &[], &bindings).into()
    }

    fn twin(&self, inputs: &[Array], step: &Step) -> Vec<Array> {
        let before = if step.view & LATER == 0 { inputs[AVERAGE].map(|_| 0.0) } else { inputs[AVERAGE].clone() };
        let average = before.zip(&inputs[LOGITS], |before, x| before + f64::from(step.view_weight) * x);
        vec![average.clone(), average]
    }
}

fn cases() -> Vec<Case> {
    let case = |view, reason| {
        let step = Step { view, view_weight: 0.3, ..Step::default() };
        Case::new(AverageViews, &[&[9, 11], &[9, 11]], reason).step(step)
    };
    vec![case(0x808000, "a first view: what lies there does not count"), case(0x808003, "a later view")]
}
