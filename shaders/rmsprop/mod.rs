//! RMSprop (Hinton, lecture 6e, 2012) as `torch.optim.RMSprop` defines it, not centred.
//!
//! Inputs as [`Scope::All`] says; states: the mean of squares, and with momentum its buffer. The root is taken before
//! `epsilon` is added.

use crate::dispatch::{Constant, Elementwise};
use crate::dtype::Precision;
use crate::optimizer::{CASE_SLABS, Contract, Input, Optimizer, Scope, View, all_case, overflowed};
use crate::target::Target;
use crate::{Array, Case, Entry, Lowered, Shape, Step, case::Fill};

/// This op in `OPS`.
pub const ENTRY: Entry =
    Entry { name: "rmsprop", summary: "RMSprop with momentum and weight decay; all parameters at once", cases };

const PLAIN: Elementwise =
    Elementwise { name: "rmsprop", source: include_str!("update.wgsl"), per_step: true, includes: &[] };
const MOMENTUM: Elementwise =
    Elementwise { name: "rmsprop/momentum", source: include_str!("momentum.wgsl"), per_step: true, includes: &[] };

/// RMSprop over all parameters at once, as `torch.optim.RMSprop`.
#[derive(Clone, Debug)]
pub struct RmsProp {
    /// Decay of the mean of squares.
    pub alpha: f32,
    /// Added to the root of the mean of squares.
    pub epsilon: f32,
    /// Momentum; 0 keeps no buffer.
    pub momentum: f32,
    /// L2 penalty added to the gradient.
    pub weight_decay: f32,
    /// In f16 gradients are scaled and products read a copy of the parameters.
    pub precision: Precision,
    /// Slabs of a gradient, at the most.
    pub slabs: usize,
}

impl Default for RmsProp {
    fn default() -> Self {
        let (precision, slabs) = (Precision::F32, 1);
        RmsProp { alpha: 0.99, epsilon: 1e-8, momentum: 0.0, weight_decay: 0.0, precision, slabs }
    }
}

impl RmsProp {
    /// Buffers that it keeps of each parameter.
    pub fn states(&self) -> usize {
        1 + usize::from(self.momentum != 0.0)
    }
}

impl Optimizer for RmsProp {
    fn entry(&self) -> &'static Entry {
        &ENTRY
    }

    fn contract(&self) -> Contract {
        let scope = Scope::All { slabs: self.slabs };
        Contract { scope, precision: self.precision, states: self.states() }
    }

    fn launches(&self, inputs: &[Shape], target: &Target) -> Lowered {
        let mut constants: Vec<(&'static str, Constant)> = vec![
            ("ALPHA", self.alpha.into()),
            ("EPSILON", self.epsilon.into()),
            ("WEIGHT_DECAY", self.weight_decay.into()),
        ];
        let kernel = if self.momentum == 0.0 { PLAIN } else { MOMENTUM };
        if self.momentum != 0.0 {
            constants.push(("MOMENTUM", self.momentum.into()));
        }
        self.contract().launch_all(&kernel, target, inputs, &constants)
    }

    fn updated(&self, view: &View, step: &Step) -> Vec<Array> {
        let [alpha, epsilon, momentum, decay, lr] =
            [self.alpha, self.epsilon, self.momentum, self.weight_decay, step.learning_rate].map(f64::from);
        let mut p = view.parameter().clone();
        let mut states = view.states();
        for (i, word) in view.words().into_iter().enumerate() {
            let Some(word) = word else { continue };
            let d = word.gradient + decay * word.decay * p.data[i];
            let v = alpha * states[0].data[i] + (1.0 - alpha) * d * d;
            states[0].data[i] = v;
            let mut step = d / (v.sqrt() + epsilon);
            if let Some(m) = states.get_mut(1) {
                step += momentum * m.data[i];
                m.data[i] = step;
            }
            p.data[i] -= lr * word.rate * step;
        }
        view.outputs(p, states)
    }

    fn largest_error(&self) -> f64 {
        1e-5
    }
}

fn cases() -> Vec<Case> {
    let step = Step { learning_rate: 0.01, ..Step::default() };
    let plain = RmsProp { slabs: CASE_SLABS, ..RmsProp::default() };
    let decay = RmsProp { alpha: 0.9, weight_decay: 0.1, ..plain.clone() };
    let momentum = RmsProp { momentum: 0.9, weight_decay: 0.01, epsilon: 1e-3, ..plain.clone() };
    let half = |op: &RmsProp| RmsProp { precision: Precision::F16, ..op.clone() };
    let squares = || (Input::State(0), Fill::Positive);
    vec![
        all_case(plain.clone(), step, "the first step", [(Input::State(0), Fill::Normal(0.0))]),
        all_case(decay, step, "another alpha, weight decay", [squares()]),
        all_case(momentum.clone(), step, "momentum", [squares()]),
        all_case(half(&plain), step, "f16: a scaled gradient, a copy of the parameters", [squares()]),
        all_case(half(&momentum), step, "f16, with momentum", [squares()]),
        all_case(half(&momentum), step, "f16: a step that overflowed changes nothing", [squares(), overflowed()]),
    ]
}
