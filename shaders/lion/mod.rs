//! Lion (Chen et al. 2023, "Symbolic discovery of optimization algorithms", algorithm 2), with decoupled weight decay.
//!
//! Inputs as [`parameters`] says; state: the momentum. Every element moves by the learning rate in the direction of a sign.

use crate::dispatch::Elementwise;
use crate::dtype::{Dtype, Precision};
use crate::parameters::{self, View};
use crate::target::Target;
use crate::{Array, Case, Entry, Lowered, Mode, Op, Shape, ShapeError, Step, case::Fill};

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
}

impl Default for Lion {
    fn default() -> Self {
        Lion { beta1: 0.9, beta2: 0.99, weight_decay: 0.0, precision: Precision::F32 }
    }
}

impl Op for Lion {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        let copies = usize::from(self.precision == Precision::F16);
        Ok(vec![inputs[2].clone(); 2 + copies])
    }

    fn input_dtype(&self, input: usize) -> Dtype {
        parameters::input_dtype(input, self.precision)
    }

    fn output_dtype(&self, output: usize) -> Dtype {
        parameters::output_dtype(output, 1)
    }

    fn alias(&self, output: usize) -> Option<usize> {
        Some(parameters::alias(output, self.precision, 1))
    }

    fn differentiable(&self, _input: usize) -> bool {
        false
    }

    fn forward(&self, inputs: &[Shape], _mode: Mode, target: &Target) -> Lowered {
        let constants =
            [("BETA1", self.beta1.into()), ("BETA2", self.beta2.into()), ("WEIGHT_DECAY", self.weight_decay.into())];
        parameters::launch(&KERNEL, self.precision, target, inputs, 1, &constants)
    }

    fn twin(&self, inputs: &[Array], step: &Step) -> Vec<Array> {
        let [beta1, beta2, decay, lr] = [self.beta1, self.beta2, self.weight_decay, step.learning_rate].map(f64::from);
        let view = View::new(inputs, self.precision);
        let (mut p, mut m) = (view.parameters().clone(), view.state(0).clone());
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
    let (plain, decay) = (Lion::default(), Lion { beta1: 0.8, weight_decay: 0.5, ..Lion::default() });
    let half = Lion { precision: Precision::F16, ..decay.clone() };
    let scaled = |overflow, reason| parameters::scaled_case(half.clone(), 1, step, overflow, reason);
    vec![
        parameters::case(plain, 1, step, "the first step").fill(3, Fill::Normal(0.0)),
        parameters::case(decay.clone(), 1, step, "momentum, another beta1, weight decay").fill(3, Fill::Normal(0.3)),
        parameters::case(decay, 1, step, "no gradient and no momentum: only decay")
            .fill(1, Fill::Normal(0.0))
            .fill(3, Fill::Normal(0.0)),
        scaled(false, "f16: a scaled gradient, a copy of the parameters"),
        scaled(true, "f16: a step that overflowed changes nothing"),
    ]
}
