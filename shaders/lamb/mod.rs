//! LAMB (You et al. 2020, "Large batch optimization for deep learning", algorithm 2 with phi the identity) on one tensor.
//!
//! Inputs as [`Scope::One`] says; states: first and second moment. Adam's direction with bias corrections, plus the decoupled
//! weight decay, is scaled by the tensor's norm over its own: the trust ratio. What the paper's code and `timm.optim.Lamb`
//! call `grad_averaging` is on, `max_grad_norm` is left to clipping, and the ratio is not clipped. Tensors that do not decay
//! have no ratio, as in both: they are AdamW's.

use crate::dispatch::{Elementwise, Operand, read, update, write};
use crate::dtype::Precision;
use crate::optimizer::{CASE_FACTORS, Contract, Input, Optimizer, Scope, View, one_case, overflowed};
use crate::parameters::Factors;
use crate::square_sum::{parts, square_sum};
use crate::target::Target;
use crate::{Array, Case, Entry, Lowered, Shape, Step, case::Fill};

/// This op in `OPS`.
pub const ENTRY: Entry = Entry { name: "lamb", summary: "LAMB on one tensor", cases };

const DIRECTION: Elementwise =
    Elementwise { name: "lamb/direction", source: include_str!("direction.wgsl"), per_step: true, includes: &[] };
const APPLY: Elementwise =
    Elementwise { name: "lamb/apply", source: include_str!("apply.wgsl"), per_step: true, includes: &[] };

/// LAMB on one tensor, as `timm.optim.Lamb` (You et al. 2020).
#[derive(Clone, Debug)]
pub struct Lamb {
    /// Decay of the first moment.
    pub beta1: f32,
    /// Decay of the second moment.
    pub beta2: f32,
    /// Added to the root of the second moment.
    pub epsilon: f32,
    /// The share of the tensor that joins the direction.
    pub weight_decay: f32,
    /// The tensor's own factors.
    pub factors: Factors,
    /// In f16 gradients are scaled and products read a copy of the tensor.
    pub precision: Precision,
}

impl Default for Lamb {
    fn default() -> Self {
        let (factors, precision) = (Factors::ONE, Precision::F32);
        Lamb { beta1: 0.9, beta2: 0.999, epsilon: 1e-6, weight_decay: 0.0, factors, precision }
    }
}

const STATES: usize = 2;

impl Optimizer for Lamb {
    fn entry(&self) -> &'static Entry {
        &ENTRY
    }

    fn contract(&self) -> Contract {
        Contract { scope: Scope::One, precision: self.precision, states: STATES }
    }

    fn launches(&self, inputs: &[Shape], _target: &Target) -> Lowered {
        let contract = self.contract();
        let count = inputs[contract.number(Input::Parameter)].count();
        let [g, p] = [Input::Gradient, Input::Parameter].map(|input| contract.operand(input));
        let [m, v] = [0, 1].map(|moment| contract.operand(Input::State(moment)));
        let [u, partial, totals] = [0, 1, 2].map(Operand::Scratch);
        let constants = [
            ("BETA1", self.beta1.into()),
            ("BETA2", self.beta2.into()),
            ("EPSILON", self.epsilon.into()),
            ("WEIGHT_DECAY", (self.weight_decay * self.factors.decay).into()),
        ];
        let bindings = [read(g), read(p), update(m), update(v), write(u)];
        let mut dispatches = vec![contract.launch_gradient(&DIRECTION, count, &constants, &bindings)];
        dispatches.extend(square_sum(count, p, partial, totals, 0));
        dispatches.extend(square_sum(count, u, partial, totals, 1));
        let rate = [("RATE", self.factors.rate.into())];
        dispatches.push(contract.launch_apply(&APPLY, count, &rate, [u, totals]));
        Lowered { dispatches, scratch: vec![count, parts(count), 2], ..Lowered::default() }
    }

    fn updated(&self, view: &View, step: &Step) -> Vec<Array> {
        let [beta1, beta2, epsilon] = [self.beta1, self.beta2, self.epsilon].map(f64::from);
        let [lr, correction1, correction2] =
            [step.learning_rate, step.bias_correction1, step.bias_correction2].map(f64::from);
        let decay = f64::from(self.weight_decay) * f64::from(self.factors.decay);
        let Some(g) = view.gradient() else { return view.unchanged() };
        let p = view.parameter();
        let m = view.state(0).zip(&g, |m, g| beta1 * m + (1.0 - beta1) * g);
        let v = view.state(1).zip(&g, |v, g| beta2 * v + (1.0 - beta2) * g * g);
        let adam = m.zip(&v, |m, v| m * correction1 / (v.sqrt() * correction2 + epsilon));
        let u = adam.zip(p, |a, p| a + decay * p);
        let norm = |a: &Array| a.dot(a).sqrt();
        let ratio = if norm(p) > 0.0 && norm(&u) > 0.0 { norm(p) / norm(&u) } else { 1.0 };
        let rate = lr * f64::from(self.factors.rate) * ratio;
        view.outputs(p.zip(&u, |p, u| p - rate * u), vec![m, v])
    }

    fn largest_error(&self) -> f64 {
        1e-5
    }
}

fn cases() -> Vec<Case> {
    let adam = crate::adam::Adam::default();
    let step = |t| {
        let [bias_correction1, bias_correction2] = adam.bias_corrections(t);
        Step { learning_rate: 0.1, bias_correction1, bias_correction2, ..Step::default() }
    };
    let plain = Lamb::default();
    let decay = Lamb { weight_decay: 0.3, factors: CASE_FACTORS, ..Lamb::default() };
    let half = Lamb { precision: Precision::F16, ..decay.clone() };
    let zero = |input| (input, Fill::Normal(0.0));
    let [m, v] = [0, 1].map(Input::State);
    let squares = || (v, Fill::Positive);
    vec![
        one_case(plain.clone(), &[3, 3, 5, 7], step(1), "the first step", [m, v].map(zero)),
        one_case(decay, &[67, 31], step(37), "a later step, decay, several elements a thread", [squares()]),
        one_case(plain, &[5, 13], step(1), "a tensor of zeros has no ratio", [Input::Parameter, m, v].map(zero)),
        one_case(half.clone(), &[3, 5, 7], step(37), "f16: a scaled gradient, a copy of the tensor", [squares()]),
        one_case(half, &[3, 5, 7], step(37), "f16: a step that overflowed changes nothing", [squares(), overflowed()]),
    ]
}
