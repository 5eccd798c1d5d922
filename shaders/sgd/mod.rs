//! Stochastic gradient descent with momentum, as `torch.optim.SGD` defines it (dampening 0).
//!
//! Inputs as [`Scope::All`] says; state, with momentum: the momentum buffer. `d = g + weight_decay · p`; `m = momentum · m + d`; `p -= lr · m`, or with Nesterov's form
//! `p -= lr · (d + momentum · m)`.

use crate::dispatch::Elementwise;
use crate::dtype::Precision;
use crate::optimizer::{CASE_SLABS, Contract, Input, Optimizer, Scope, View, all_case, overflowed};
use crate::target::Target;
use crate::{Array, Case, Entry, Lowered, Shape, Step, case::Fill};

/// This op in `OPS`.
pub const ENTRY: Entry =
    Entry { name: "sgd", summary: "SGD with momentum, Nesterov and weight decay; all parameters at once", cases };

const PLAIN: Elementwise =
    Elementwise { name: "sgd/plain", source: include_str!("plain.wgsl"), per_step: true, includes: &[] };
const MOMENTUM: Elementwise =
    Elementwise { name: "sgd/momentum", source: include_str!("momentum.wgsl"), per_step: true, includes: &[] };

/// SGD over all parameters at once, as `torch.optim.SGD`.
#[derive(Clone, Debug)]
pub struct Sgd {
    /// Momentum; 0 keeps no buffer.
    pub momentum: f32,
    /// Nesterov's form of momentum.
    pub nesterov: bool,
    /// L2 penalty added to the gradient.
    pub weight_decay: f32,
    /// In f16 gradients are scaled and products read a copy of the parameters.
    pub precision: Precision,
    /// Slabs of a gradient, at the most.
    pub slabs: usize,
}

impl Default for Sgd {
    fn default() -> Self {
        Sgd { momentum: 0.0, nesterov: false, weight_decay: 0.0, precision: Precision::F32, slabs: 1 }
    }
}

impl Sgd {
    /// Buffers that it keeps of each parameter.
    pub fn states(&self) -> usize {
        usize::from(self.momentum != 0.0)
    }
}

impl Optimizer for Sgd {
    fn entry(&self) -> &'static Entry {
        &ENTRY
    }

    fn contract(&self) -> Contract {
        let scope = Scope::All { slabs: self.slabs };
        Contract { scope, precision: self.precision, states: self.states() }
    }

    fn launches(&self, inputs: &[Shape], target: &Target) -> Lowered {
        let decay = ("WEIGHT_DECAY", self.weight_decay.into());
        if self.momentum == 0.0 {
            return self.contract().launch_all(&PLAIN, target, inputs, &[decay]);
        }
        let constants = [decay, ("MOMENTUM", self.momentum.into()), ("NESTEROV", self.nesterov.into())];
        self.contract().launch_all(&MOMENTUM, target, inputs, &constants)
    }

    fn updated(&self, view: &View, step: &Step) -> Vec<Array> {
        let [momentum, decay, lr] = [self.momentum, self.weight_decay, step.learning_rate].map(f64::from);
        let mut p = view.parameter().clone();
        let mut states = view.states();
        for (i, word) in view.words().into_iter().enumerate() {
            let Some(word) = word else { continue };
            let d = word.gradient + decay * word.decay * p.data[i];
            let velocity = states.first().map_or(0.0, |m| momentum * m.data[i]) + d;
            if let Some(m) = states.first_mut() {
                m.data[i] = velocity;
            }
            p.data[i] -= lr * word.rate * if self.nesterov { d + momentum * velocity } else { velocity };
        }
        view.outputs(p, states)
    }
}

fn cases() -> Vec<Case> {
    let step = Step { learning_rate: 0.1, ..Step::default() };
    let plain = Sgd { slabs: CASE_SLABS, ..Sgd::default() };
    let decay = Sgd { weight_decay: 0.01, ..plain.clone() };
    let momentum = Sgd { momentum: 0.9, ..plain.clone() };
    let nesterov = Sgd { nesterov: true, weight_decay: 5e-4, ..momentum.clone() };
    let half = |sgd: &Sgd| Sgd { precision: Precision::F16, ..sgd.clone() };
    let small = (Input::State(0), Fill::Normal(0.3));
    vec![
        all_case(plain, step, "plain", []),
        all_case(decay.clone(), step, "weight decay alone", []),
        all_case(momentum, step, "momentum", [small]),
        all_case(nesterov.clone(), step, "Nesterov and weight decay", []),
        all_case(half(&decay), step, "f16: a scaled gradient, a copy of the parameters", []),
        all_case(half(&nesterov), step, "f16, with momentum", []),
        all_case(half(&nesterov), step, "f16: a step that overflowed changes nothing", [overflowed()]),
    ]
}
