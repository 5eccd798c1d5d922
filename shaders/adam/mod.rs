//! Adam (Kingma and Ba 2015) as `torch.optim.Adam` defines it, weight decay added to the gradient; decoupled from it
//! (Loshchilov and Hutter 2019) as `torch.optim.AdamW` does.
//!
//! Inputs as [`Scope::All`] says; states: first and second moment. The bias corrections of step `t` come from the host, in
//! f64, with the step uniform.

use crate::dispatch::Elementwise;
use crate::dtype::Precision;
use crate::optimizer::{CASE_SLABS, Contract, Input, Optimizer, Scope, View, Word, all_case, overflowed};
use crate::target::Target;
use crate::{Array, Case, Entry, Lowered, Shape, Step, case::Fill};

/// This op in `OPS`.
pub const ENTRY: Entry =
    Entry { name: "adam", summary: "Adam and AdamW with weight decay; all parameters at once", cases };

const KERNEL: Elementwise =
    Elementwise { name: "adam", source: include_str!("update.wgsl"), per_step: true, includes: &[] };

/// Adam or, `decoupled`, AdamW over all parameters at once, as `torch.optim.Adam` and `torch.optim.AdamW`.
#[derive(Clone, Debug)]
pub struct Adam {
    /// Decay of the first moment.
    pub beta1: f32,
    /// Decay of the second moment.
    pub beta2: f32,
    /// Added to the root of the second moment.
    pub epsilon: f32,
    /// L2 penalty added to the gradient, or the share that is taken off a parameter.
    pub weight_decay: f32,
    /// AdamW: the decay does not pass through the moments.
    pub decoupled: bool,
    /// In f16 gradients are scaled and products read a copy of the parameters.
    pub precision: Precision,
    /// Slabs of a gradient, at the most.
    pub slabs: usize,
}

impl Default for Adam {
    fn default() -> Self {
        Adam {
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
            weight_decay: 0.0,
            decoupled: false,
            precision: Precision::F32,
            slabs: 1,
        }
    }
}

impl Adam {
    /// Moments that it keeps of each parameter.
    pub const STATES: usize = 2;

    /// The corrections of step `t` (from 1): `1 / (1 - beta1^t)` and `1 / sqrt(1 - beta2^t)`.
    pub fn bias_corrections(&self, t: u64) -> [f32; 2] {
        let left = |beta: f32| 1.0 - f64::from(beta).powf(t as f64);
        [(1.0 / left(self.beta1)) as f32, (1.0 / left(self.beta2).sqrt()) as f32]
    }
}

impl Optimizer for Adam {
    fn entry(&self) -> &'static Entry {
        &ENTRY
    }

    fn contract(&self) -> Contract {
        let scope = Scope::All { slabs: self.slabs };
        Contract { scope, precision: self.precision, states: Self::STATES }
    }

    fn launches(&self, inputs: &[Shape], target: &Target) -> Lowered {
        let constants = [
            ("BETA1", self.beta1.into()),
            ("BETA2", self.beta2.into()),
            ("EPSILON", self.epsilon.into()),
            ("WEIGHT_DECAY", self.weight_decay.into()),
            ("DECOUPLED", self.decoupled.into()),
        ];
        self.contract().launch_all(&KERNEL, target, inputs, &constants)
    }

    fn updated(&self, view: &View, step: &Step) -> Vec<Array> {
        let [beta1, beta2, epsilon, decay] = [self.beta1, self.beta2, self.epsilon, self.weight_decay].map(f64::from);
        let [lr, correction1, correction2] =
            [step.learning_rate, step.bias_correction1, step.bias_correction2].map(f64::from);
        let (mut p, mut m, mut v) = (view.parameter().clone(), view.state(0).clone(), view.state(1).clone());
        for (i, word) in view.words().into_iter().enumerate() {
            let Some(Word { gradient, rate, decay: factor }) = word else { continue };
            let (lr, decay) = (lr * rate, decay * factor);
            let d = if self.decoupled { gradient } else { gradient + decay * p.data[i] };
            if self.decoupled {
                p.data[i] *= 1.0 - lr * decay;
            }
            m.data[i] = beta1 * m.data[i] + (1.0 - beta1) * d;
            v.data[i] = beta2 * v.data[i] + (1.0 - beta2) * d * d;
            p.data[i] -= lr * (m.data[i] * correction1 / (v.data[i].sqrt() * correction2 + epsilon));
        }
        view.outputs(p, vec![m, v])
    }

    fn largest_error(&self) -> f64 {
        1e-5
    }
}

fn cases() -> Vec<Case> {
    let step = |adam: &Adam, t| {
        let [bias_correction1, bias_correction2] = adam.bias_corrections(t);
        Step { learning_rate: 0.01, bias_correction1, bias_correction2, ..Step::default() }
    };
    let plain = Adam { slabs: CASE_SLABS, ..Adam::default() };
    let decay = Adam { weight_decay: 0.01, ..plain.clone() };
    let decoupled = Adam { weight_decay: 0.3, decoupled: true, ..plain.clone() };
    let half = Adam { precision: Precision::F16, ..decay.clone() };
    let (first, later) = (step(&plain, 1), step(&decay, 37));
    let zeros = [0, 1].map(|moment| (Input::State(moment), Fill::Normal(0.0)));
    let squares = || (Input::State(1), Fill::Positive);
    vec![
        all_case(plain, first, "the first step", zeros),
        all_case(decay, later, "a later step, with weight decay", [squares()]),
        all_case(decoupled, later, "decay that does not pass through the moments", [squares()]),
        all_case(half.clone(), later, "f16: a scaled gradient, a copy of the parameters", [squares()]),
        all_case(half, later, "f16: a step that overflowed changes nothing", [squares(), overflowed()]),
    ]
}
