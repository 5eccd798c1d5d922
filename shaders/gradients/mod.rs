//! Gradients in one piece: the slabs of each are added, and with them the batches of one update.
//!
//! Inputs: blocks (u32) as [`parameters`] says, the slabs of all gradients, and the sums, laid out as the parameters and
//! updated in place. [`Step::part`] says whether a batch adds to the sums or begins them. Who needs a whole gradient reads
//! the sums: clipping, LAMB, Muon, an update over several batches.

use crate::dispatch::Elementwise;
use crate::dtype::{Dtype, Precision};
use crate::parameters::{self, View};
use crate::target::Target;
use crate::{Array, Case, Entry, Lowered, Mode, Op, Shape, ShapeError, Step};

/// This op in `OPS`.
pub const ENTRY: Entry =
    Entry { name: "sum_gradients", summary: "slabs of all gradients added, over one or several batches", cases };

const KERNEL: Elementwise =
    Elementwise { name: "sum_gradients", source: include_str!("sum.wgsl"), per_step: true, includes: &[] };

/// Adds the slabs of every gradient into sums laid out as the parameters.
#[derive(Clone, Debug)]
pub struct SumGradients;

impl Op for SumGradients {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        Ok(vec![inputs[2].clone()])
    }

    fn input_dtype(&self, input: usize) -> Dtype {
        parameters::input_dtype(input, Precision::F32)
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

    fn forward(&self, inputs: &[Shape], _mode: Mode, target: &Target) -> Lowered {
        // sums stay scaled: whoever reads them knows the scale
        parameters::launch(&KERNEL, Precision::F32, target, inputs, 0, &[])
    }

    fn twin(&self, inputs: &[Array], step: &Step) -> Vec<Array> {
        let view = View::new(inputs, Precision::F32);
        let mut sums = view.parameters().clone();
        for (sum, word) in sums.data.iter_mut().zip(view.words()) {
            if let Some(word) = word {
                *sum = word.gradient + if step.part & Step::ADDS != 0 { *sum } else { 0.0 };
            }
        }
        vec![sums]
    }
}

fn cases() -> Vec<Case> {
    let part = |part| Step { part, ..Step::default() };
    vec![
        parameters::case(SumGradients, 0, part(0), "the only batch of an update"),
        parameters::case(SumGradients, 0, part(Step::MORE), "the first of several"),
        parameters::case(SumGradients, 0, part(Step::ADDS), "the last of several"),
        parameters::case(SumGradients, 0, part(Step::ADDS | Step::MORE), "one in the middle"),
    ]
}
