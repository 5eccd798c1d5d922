//! Gradients in one piece: the slabs of each are added, and with them the batches of one update.
//!
//! Inputs as [`Scope::All`] says, with the sums, laid out as the parameters, in their place. [`Step::part`] says whether a batch adds to the sums or begins them. Who needs a whole gradient reads
//! the sums: clipping, LAMB, Muon, an update over several batches.

use crate::dispatch::Elementwise;
use crate::dtype::Precision;
use crate::optimizer::{CASE_SLABS, Contract, Optimizer, Scope, View, all_case};
use crate::target::Target;
use crate::{Array, Case, Entry, Lowered, Shape, Step};

/// This op in `OPS`.
pub const ENTRY: Entry =
    Entry { name: "sum_gradients", summary: "slabs of all gradients added, over one or several batches", cases };

const KERNEL: Elementwise =
    Elementwise { name: "sum_gradients", source: include_str!("sum.wgsl"), per_step: true, includes: &[] };

/// Adds the slabs of every gradient into sums laid out as the parameters.
#[derive(Clone, Debug)]
pub struct SumGradients {
    /// Slabs of a gradient, at the most.
    pub slabs: usize,
}

impl Optimizer for SumGradients {
    fn entry(&self) -> &'static Entry {
        &ENTRY
    }

    fn contract(&self) -> Contract {
        // sums stay scaled: whoever reads them knows the scale
        Contract { scope: Scope::All { slabs: self.slabs }, precision: Precision::F32, states: 0 }
    }

    fn launches(&self, inputs: &[Shape], target: &Target) -> Lowered {
        self.contract().launch_all(&KERNEL, target, inputs, &[])
    }

    fn updated(&self, view: &View, step: &Step) -> Vec<Array> {
        let mut sums = view.parameter().clone();
        for (sum, word) in sums.data.iter_mut().zip(view.words()) {
            if let Some(word) = word {
                *sum = word.gradient + if step.part & Step::ADDS != 0 { *sum } else { 0.0 };
            }
        }
        vec![sums]
    }
}

fn cases() -> Vec<Case> {
    let case =
        |part, reason| all_case(SumGradients { slabs: CASE_SLABS }, Step { part, ..Step::default() }, reason, []);
    vec![
        case(0, "the only batch of an update"),
        case(Step::MORE, "the first of several"),
        case(Step::ADDS, "the last of several"),
        case(Step::ADDS | Step::MORE, "one in the middle"),
    ]
}
