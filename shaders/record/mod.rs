//! Counts a step: the loss and the right answers of a batch, into one record of the history.
//!
//! Inputs: loss of each row `[n]`, right answers `[n]`, history `[records, 2]`, whose record `step.record` is replaced by
//! `[sum of losses, right answers]`. The host reads the history back every few steps; nothing else leaves the device.

use crate::dispatch::{Operand, WORKGROUP, one_workgroup, read, update};
use crate::dtype::Dtype;
use crate::target::Target;
use crate::{Array, Case, Entry, Lowered, Mode, Op, Shape, ShapeError, Step, source};

// numbers of the inputs
const LOSS: usize = 0;
const CORRECT: usize = 1;
const HISTORY: usize = 2;

/// This op in `OPS`.
pub const ENTRY: Entry =
    Entry { name: "record", summary: "loss and right answers of a batch, kept for the host", cases };

/// Writes `[sum of losses, right answers]` of a batch into record `step.record` of the history `[records, 2]`.
#[derive(Clone, Debug)]
pub struct Record;

impl Op for Record {
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
        Some(2)
    }

    fn differentiable(&self, _input: usize) -> bool {
        false
    }

    fn forward(&self, inputs: &[Shape], _mode: Mode, _target: &Target) -> Lowered {
        let rows = inputs[LOSS].count();
        let texts = [source::STEP, include_str!("rows.wgsl")];
        let constants = vec![("ROWS", rows.into())];
        let bindings = vec![read(Operand::X(LOSS)), read(Operand::X(CORRECT)), update(Operand::X(HISTORY))];
        let iterations = rows.div_ceil(WORKGROUP as usize) + WORKGROUP as usize;
        one_workgroup(ENTRY.name, &texts, iterations, constants, bindings).into()
    }

    fn twin(&self, inputs: &[Array], step: &Step) -> Vec<Array> {
        let mut history = inputs[HISTORY].clone();
        for (i, rows) in inputs[..2].iter().enumerate() {
            history.data[step.record as usize * 2 + i] = rows.data.iter().sum();
        }
        vec![history]
    }
}

fn cases() -> Vec<Case> {
    let step = Step { record: 2, ..Step::default() };
    vec![
        Case::new(Record, &[&[5], &[5], &[3, 2]], "fewer rows than a workgroup").step(step),
        Case::new(Record, &[&[1000], &[1000], &[4, 2]], "many rows").step(step),
    ]
}
