//! One of two losses of a step, into one record of the history: where two networks are trained in turn, a record is
//! `[discriminator's loss, generator's loss]`.
//!
//! Inputs: loss of each row `[n]`, history `[records, 2]`, of whose record `step.record` one number is replaced.

use crate::dispatch::{Operand, WORKGROUP, one_workgroup, read, update};
use crate::dtype::Dtype;
use crate::target::Target;
use crate::{Array, Case, Entry, Lowered, Mode, Op, Shape, ShapeError, Step, source};

// numbers of the inputs
const LOSS: usize = 0;
const HISTORY: usize = 1;

/// This op in `OPS`.
pub const ENTRY: Entry =
    Entry { name: "record_loss", summary: "one of two losses of a batch, kept for the host", cases };

/// Writes the sum of the losses `[n]` into one number of record `step.record` of the history `[records, 2]`.
#[derive(Clone, Debug)]
pub struct RecordLoss {
    /// Which number of the record: 0 or 1.
    pub column: usize,
}

impl Op for RecordLoss {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        Ok(vec![inputs[HISTORY].clone()])
    }

    fn input_dtype(&self, _input: usize) -> Dtype {
        Dtype::F32
    }

    fn output_dtype(&self, _output: usize) -> Dtype {
        Dtype::F32
    }

    fn alias(&self, _output: usize) -> Option<usize> {
        Some(1)
    }

    fn differentiable(&self, _input: usize) -> bool {
        false
    }

    fn forward(&self, inputs: &[Shape], _mode: Mode, _target: &Target) -> Lowered {
        let rows = inputs[LOSS].count();
        let texts = [source::STEP, include_str!("rows.wgsl")];
        let constants = vec![("ROWS", rows.into()), ("COLUMN", self.column.into())];
        let bindings = vec![read(Operand::X(LOSS)), update(Operand::X(HISTORY))];
        let iterations = rows.div_ceil(WORKGROUP as usize) + WORKGROUP as usize;
        one_workgroup(ENTRY.name, &texts, iterations, constants, bindings).into()
    }

    fn twin(&self, inputs: &[Array], step: &Step) -> Vec<Array> {
        let mut history = inputs[HISTORY].clone();
        history.data[step.record as usize * 2 + self.column] = inputs[LOSS].data.iter().sum();
        vec![history]
    }
}

fn cases() -> Vec<Case> {
    let step = Step { record: 2, ..Step::default() };
    vec![
        Case::new(RecordLoss { column: 0 }, &[&[5], &[3, 2]], "fewer rows than a workgroup").step(step),
        Case::new(RecordLoss { column: 1 }, &[&[1000], &[4, 2]], "many rows, the second number").step(step),
    ]
}
