//! What a discriminator should say about each row of its batch, and what the row weighs in the loss: `[n, 1]` and `[n]`.
//!
//! It has no input. Two batches stand one after the other ([`stack`](crate::stack)), and the loss is the sum of their means,
//! as in Goodfellow et al. 2014.

use crate::dispatch::{Elementwise, Operand, write};
use crate::dtype::{Dtype, Precision};
use crate::target::Target;
use crate::{Array, Case, Entry, Lowered, Mode, Op, Shape, ShapeError, Step};

/// This op in `OPS`.
pub const ENTRY: Entry =
    Entry { name: "gan_targets", summary: "targets and weights of real and generated images", cases };

const KERNEL: Elementwise =
    Elementwise { name: "gan_targets", source: include_str!("rows.wgsl"), per_step: true, includes: &[] };

/// Targets `[n, 1]` and weights `[n]` of a discriminator's rows: real, generated, or what a generator wants.
#[derive(Clone, Debug)]
pub struct GanTargets {
    /// Rows of a batch.
    pub rows: usize,
    /// The target of the first batch.
    pub first: f32,
    /// The target of the second one, if there is one.
    pub second: Option<f32>,
}

impl GanTargets {
    fn count(&self) -> usize {
        self.rows * if self.second.is_some() { 2 } else { 1 }
    }
}

impl Op for GanTargets {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn outputs(&self, _inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        let n = self.count();
        Ok(vec![Shape::new(&[n, 1]), Shape::new(&[n])])
    }

    fn activations(&self) -> usize {
        0
    }

    fn differentiable(&self, _input: usize) -> bool {
        false
    }

    fn output_dtype(&self, _output: usize) -> Dtype {
        Dtype::F32
    }

    fn forward(&self, _inputs: &[Shape], _mode: Mode, _target: &Target) -> Lowered {
        let constants = [
            ("ROWS", self.rows.into()),
            ("FIRST", self.first.into()),
            ("SECOND", self.second.unwrap_or_default().into()),
        ];
        let bindings = [write(Operand::Y(0)), write(Operand::Y(1))];
        KERNEL.launch(Precision::F32, self.count(), 0, &constants, &bindings).into()
    }

    fn twin(&self, _inputs: &[Array], step: &Step) -> Vec<Array> {
        let (mut targets, mut weights) = (Vec::new(), Vec::new());
        for target in [Some(self.first), self.second].into_iter().flatten() {
            for row in 0..self.rows as u32 {
                targets.push(f64::from(target));
                weights.push(if row < step.batch_length { 1.0 / f64::from(step.batch_length) } else { 0.0 });
            }
        }
        let n = self.count();
        vec![Array::new(Shape::new(&[n, 1]), targets), Array::new(Shape::new(&[n]), weights)]
    }
}

fn cases() -> Vec<Case> {
    let case = |rows, first, second, batch_length, reason| {
        let step = Step { batch_length, ..Step::default() };
        Case::new(GanTargets { rows, first, second }, &[], reason).step(step)
    };
    vec![
        case(7, 0.9, Some(0.0), 5, "two batches of 5 in 7 rows, smoothed on one side"),
        case(7, 1.0, None, 7, "one batch"),
        case(70, 1.0, Some(0.25), 67, "more than a workgroup"),
    ]
}
