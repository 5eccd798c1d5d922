//! Lion (Chen et al. 2023, "Symbolic discovery of optimization algorithms", algorithm 2), with decoupled weight decay.
//!
//! Inputs as [`Scope::All`] says; state: the momentum. Every element moves by the learning rate in the direction of a sign.

use crate::dispatch::Elementwise;
use crate::dtype::Precision;
use crate::optimizer::{CASE_SLABS, Contract, Input, Optimizer, Scope, View, all_case, overflowed};
use crate::target::Target;
use crate::{Array, Case, Entry, Lowered, Shape, Step, case::Fill};

/// This op in `OPS`.
pub const ENTRY: Entry =
    Entry { name: "lion", summary: "Lion with decoupled weight decay; all parameters at once", cases };

const KERNEL: Elementwise =
    Elementwise { name: "lion", source: include_str!("update.wgsl"), per_step: true, includes: &[] };

/// Lion with decoupled weight decay over all parameters at once (Chen et al. 2023).
#[derive(Clone, Debug)]
pub struct Lion {
    /// Weight of the momentum in the direction.
    pub beta1: f32,
    /// Decay of the momentum.
    pub beta2: f32,
    /// The share that is taken off a parameter, times the learning rate.
    pub weight_decay: f32,
    /// In f16 gradients are scaled and products read a copy of the parameters.
    pub precision: Precision,
    /// Slabs of a gradient, at the most.
    pub slabs: usize,
}

impl Default for Lion {
    fn default() -> Self {
        Lion { beta1: 0.9, beta2: 0.99, weight_decay: 0.0, precision: Precision::F32, slabs: 1 }
    }
}

impl Optimizer for Lion {
    fn entry(&self) -> &'static Entry {
        &ENTRY
    }

    fn contract(&self) -> Contract {
        let scope = Scope::All { slabs: self.slabs };
        Contract { scope, precision: self.precision, states: 1 }
    }

    fn launches(&self, inputs: &[Shape], target: &Target) -> Lowered {
        let constants =
            [("BETA1", self.beta1.into()), ("BETA2", self.beta2.into()), ("WEIGHT_DECAY", self.weight_decay.into())];
        self.contract().launch_all(&KERNEL, target, inputs, &constants)
    }

    fn updated(&self, view: &View, step: &Step) -> Vec<Array> {
        let [beta1, beta2, decay, lr] = [self.beta1, self.beta2, self.weight_decay, step.learning_rate].map(f64::from);
        let (mut p, mut m) = (view.parameter().clone(), view.state(0).clone());
        for (i, word) in view.words().into_iter().enumerate() {
            let Some(word) = word else { continue };
            let between = beta1 * m.data[i] + (1.0 - beta1) * word.gradient;
            let direction = if between == 0.0 { 0.0 } else { between.signum() };
            p.data[i] -= lr * word.rate * (direction + decay * word.decay * p.data[i]);
            m.data[i] = beta2 * m.data[i] + (1.0 - beta2) * word.gradient;
        }
        view.outputs(p, vec![m])
    }
}

fn cases() -> Vec<Case> {
    let step = Step { learning_rate: 0.01, ..Step::default() };
    let plain = Lion { slabs: CASE_SLABS, ..Lion::default() };
    let decay = Lion { beta1: 0.8, weight_decay: 0.5, ..plain.clone() };
    let half = Lion { precision: Precision::F16, ..decay.clone() };
    let momentum = |deviation| (Input::State(0), Fill::Normal(deviation));
    let no_gradient = (Input::Gradient, Fill::Normal(0.0));
    vec![
        all_case(plain, step, "the first step", [momentum(0.0)]),
        all_case(decay.clone(), step, "momentum, another beta1, weight decay", [momentum(0.3)]),
        all_case(decay, step, "no gradient and no momentum: only decay", [no_gradient, momentum(0.0)]),
        all_case(half.clone(), step, "f16: a scaled gradient, a copy of the parameters", []),
        all_case(half, step, "f16: a step that overflowed changes nothing", [overflowed()]),
    ]
}
