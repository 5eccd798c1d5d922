//! Adam (Kingma and Ba 2015) as `torch.optim.Adam` defines it, weight decay added to the gradient.
//!
//! Inputs, all `[count]`: parameters, gradients, first and second moment; all but the gradients are updated in place. The
//! bias corrections of step `t` come from the host, in f64, with the step uniform.

use crate::dispatch::{Elementwise, Operand, read, update};
use crate::op::Target;
use crate::{Array, Case, Entry, Lowered, Mode, Op, Shape, ShapeError, Step, case::Fill};

/// This op in `OPS`.
pub const ENTRY: Entry = Entry { name: "adam", summary: "Adam with weight decay; all parameters at once", cases };

const KERNEL: Elementwise =
    Elementwise { name: "adam", source: include_str!("update.wgsl"), per_step: true, includes: &[] };

/// The op.
#[derive(Clone, Debug)]
pub struct Adam {
    /// Decay of the first moment.
    pub beta1: f32,
    /// Decay of the second moment.
    pub beta2: f32,
    /// Added to the root of the second moment.
    pub epsilon: f32,
    /// L2 penalty added to the gradient.
    pub weight_decay: f32,
}

impl Default for Adam {
    fn default() -> Self {
        Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0.0 }
    }
}

impl Adam {
    /// The corrections of step `t` (from 1): `1 / (1 - beta1^t)` and `1 / sqrt(1 - beta2^t)`.
    pub fn bias_corrections(&self, t: u64) -> [f32; 2] {
        let left = |beta: f32| 1.0 - f64::from(beta).powf(t as f64);
        [(1.0 / left(self.beta1)) as f32, (1.0 / left(self.beta2).sqrt()) as f32]
    }
}

impl Op for Adam {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        Ok(vec![inputs[0].clone(); 3])
    }

    fn alias(&self, output: usize) -> Option<usize> {
        Some([0, 2, 3][output])
    }

    fn differentiable(&self, _input: usize) -> bool {
        false
    }

    fn forward(&self, inputs: &[Shape], _mode: Mode, _target: &Target) -> Lowered {
        let constants = [
            ("BETA1", self.beta1.into()),
            ("BETA2", self.beta2.into()),
            ("EPSILON", self.epsilon.into()),
            ("WEIGHT_DECAY", self.weight_decay.into()),
        ];
        let x = Operand::X;
        let bindings = [update(x(0)), read(x(1)), update(x(2)), update(x(3))];
        KERNEL.launch(inputs[0].count(), 0, &constants, &bindings).into()
    }

    fn twin(&self, inputs: &[Array], step: &Step) -> Vec<Array> {
        let [beta1, beta2, epsilon, decay] = [self.beta1, self.beta2, self.epsilon, self.weight_decay].map(f64::from);
        let [lr, correction1, correction2] =
            [step.learning_rate, step.bias_correction1, step.bias_correction2].map(f64::from);
        let g = inputs[1].zip(&inputs[0], |g, p| g + decay * p);
        let m = inputs[2].zip(&g, |m, g| beta1 * m + (1.0 - beta1) * g);
        let v = inputs[3].zip(&g, |v, g| beta2 * v + (1.0 - beta2) * g * g);
        let direction = m.zip(&v, |m, v| m * correction1 / (v.sqrt() * correction2 + epsilon));
        let p = inputs[0].zip(&direction, |p, d| p - lr * d);
        vec![p, m, v]
    }

    fn tolerance(&self) -> f64 {
        1e-5
    }
}

fn cases() -> Vec<Case> {
    let shapes: [&[usize]; 4] = [&[131]; 4];
    let step = |adam: &Adam, t| {
        let [bias_correction1, bias_correction2] = adam.bias_corrections(t);
        Step { learning_rate: 0.01, bias_correction1, bias_correction2, ..Step::default() }
    };
    let (plain, decay) = (Adam::default(), Adam { weight_decay: 0.01, ..Adam::default() });
    let (first, later) = (step(&plain, 1), step(&decay, 37));
    let zero = || Fill::Exactly(vec![0.0; 131]);
    vec![
        Case::new(plain, &shapes, "the first step").step(first).fill(2, zero()).fill(3, zero()),
        Case::new(decay, &shapes, "a later step, with weight decay").step(later).fill(3, Fill::Positive),
    ]
}
