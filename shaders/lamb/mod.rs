//! LAMB (You et al. 2020, "Large batch optimization for deep learning", algorithm 2 with phi the identity) on one tensor.
//!
//! Inputs as [`tensors`] says; states: first and second moment. Adam's direction with bias corrections, plus the decoupled
//! weight decay, is scaled by the tensor's norm over its own: the trust ratio. What the paper's code and `timm.optim.Lamb`
//! call `grad_averaging` is on, `max_grad_norm` is left to clipping, and the ratio is not clipped. Tensors that do not decay
//! have no ratio, as in both: they are AdamW's.

use crate::dispatch::{Elementwise, Operand, read, update, write};
use crate::dtype::{Dtype, Precision};
use crate::parameters::Factors;
use crate::square_sum::{parts, square_sum};
use crate::target::Target;
use crate::tensors::{self, View};
use crate::{Array, Case, Entry, Lowered, Mode, Op, Shape, ShapeError, Step, case::Fill};

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

impl Op for Lamb {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        Ok(tensors::outputs(inputs, STATES, self.precision))
    }

    fn input_dtype(&self, input: usize) -> Dtype {
        tensors::input_dtype(input, self.precision)
    }

    fn output_dtype(&self, output: usize) -> Dtype {
        tensors::output_dtype(output, STATES)
    }

    fn alias(&self, output: usize) -> Option<usize> {
        Some(tensors::alias(output, self.precision, STATES))
    }

    fn differentiable(&self, _input: usize) -> bool {
        false
    }

    fn forward(&self, inputs: &[Shape], _mode: Mode, _target: &Target) -> Lowered {
        let count = inputs[1].count();
        let (x, state) = (Operand::X, tensors::first_state(self.precision));
        let [u, partial, totals] = [0, 1, 2].map(Operand::Scratch);
        let constants = [
            ("BETA1", self.beta1.into()),
            ("BETA2", self.beta2.into()),
            ("EPSILON", self.epsilon.into()),
            ("WEIGHT_DECAY", (self.weight_decay * self.factors.decay).into()),
        ];
        let bindings = [read(x(0)), read(x(1)), update(x(state)), update(x(state + 1)), write(u)];
        let mut dispatches = vec![tensors::gradient_launch(&DIRECTION, self.precision, count, &constants, &bindings)];
        dispatches.extend(square_sum(count, x(1), partial, totals, 0));
        dispatches.extend(square_sum(count, u, partial, totals, 1));
        let rate = [("RATE", self.factors.rate.into())];
        dispatches.push(tensors::apply_launch(&APPLY, self.precision, count, &rate, [u, totals]));
        Lowered { dispatches, scratch: vec![count, parts(count), 2], ..Lowered::default() }
    }

    fn twin(&self, inputs: &[Array], step: &Step) -> Vec<Array> {
        let [beta1, beta2, epsilon] = [self.beta1, self.beta2, self.epsilon].map(f64::from);
        let [lr, correction1, correction2] =
            [step.learning_rate, step.bias_correction1, step.bias_correction2].map(f64::from);
        let decay = f64::from(self.weight_decay) * f64::from(self.factors.decay);
        let view = View::new(inputs, self.precision);
        let Some(g) = view.gradient() else { return view.unchanged(STATES) };
        let p = view.tensor();
        let m = view.state(0).zip(&g, |m, g| beta1 * m + (1.0 - beta1) * g);
        let v = view.state(1).zip(&g, |v, g| beta2 * v + (1.0 - beta2) * g * g);
        let adam = m.zip(&v, |m, v| m * correction1 / (v.sqrt() * correction2 + epsilon));
        let u = adam.zip(p, |a, p| a + decay * p);
        let norm = |a: &Array| a.dot(a).sqrt();
        let ratio = if norm(p) > 0.0 && norm(&u) > 0.0 { norm(p) / norm(&u) } else { 1.0 };
        let rate = lr * f64::from(self.factors.rate) * ratio;
        view.outputs(p.zip(&u, |p, u| p - rate * u), vec![m, v])
    }

    fn tolerance(&self) -> f64 {
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
    let decay = Lamb { weight_decay: 0.3, factors: tensors::CASE_FACTORS, ..Lamb::default() };
    let half = |lamb: &Lamb| Lamb { precision: Precision::F16, ..lamb.clone() };
    let zero = || Fill::Normal(0.0);
    let scaled = |overflow, reason| {
        tensors::scaled_case(half(&decay), &[3, 5, 7], STATES, step(37), overflow, reason).fill(5, Fill::Positive)
    };
    vec![
        tensors::case(plain.clone(), &[3, 3, 5, 7], STATES, step(1), "the first step").fill(2, zero()).fill(3, zero()),
        tensors::case(decay.clone(), &[67, 31], STATES, step(37), "a later step, decay, several elements a thread")
            .fill(3, Fill::Positive),
        tensors::case(plain, &[5, 13], STATES, step(1), "a tensor of zeros has no ratio")
            .fill(1, zero())
            .fill(2, zero())
            .fill(3, zero()),
        scaled(false, "f16: a scaled gradient, a copy of the tensor"),
        scaled(true, "f16: a step that overflowed changes nothing"),
    ]
}
