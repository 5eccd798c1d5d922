//! Stochastic gradient descent with momentum, as `torch.optim.SGD` defines it (dampening 0).
//!
//! Inputs as [`parameters`] says; state, with momentum: the momentum buffer. `d = g + weight_decay · p`; `m = momentum · m + d`; `p -= lr · m`, or with Nesterov's form
//! `p -= lr · (d + momentum · m)`.

use crate::dispatch::Elementwise;
use crate::dtype::{Dtype, Precision};
use crate::parameters::{self, View};
use crate::target::Target;
use crate::{Array, Case, Entry, Lowered, Mode, Op, Shape, ShapeError, Step, case::Fill};

/// This op in `OPS`.
pub const ENTRY: Entry =
    Entry { name: "sgd", summary: "SGD with momentum, Nesterov and weight decay; all parameters at once", cases };

const PLAIN: Elementwise =
    Elementwise { name: "sgd/plain", source: include_str!("plain.wgsl"), per_step: true, includes: &[] };
const MOMENTUM: Elementwise =
    Elementwise { name: "sgd/momentum", source: include_str!("momentum.wgsl"), per_step: true, includes: &[] };

/// SGD over all parameters at once, as `torch.optim.SGD`.
#[derive(Clone, Debug, Default)]
pub struct Sgd {
    /// Momentum; 0 keeps no buffer.
    pub momentum: f32,
    /// Nesterov's form of momentum.
    pub nesterov: bool,
    /// L2 penalty added to the gradient.
    pub weight_decay: f32,
    /// In f16 gradients are scaled and products read a copy of the parameters.
    pub precision: Precision,
}

impl Sgd {
    /// Buffers that it keeps of each parameter.
    pub fn states(&self) -> usize {
        usize::from(self.momentum != 0.0)
    }
}

impl Op for Sgd {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        let copies = usize::from(self.precision == Precision::F16);
        Ok(vec![inputs[2].clone(); 1 + self.states() + copies])
    }

    fn input_dtype(&self, input: usize) -> Dtype {
        parameters::input_dtype(input, self.precision)
    }

    fn output_dtype(&self, output: usize) -> Dtype {
        parameters::output_dtype(output, self.states())
    }

    fn alias(&self, output: usize) -> Option<usize> {
        Some(parameters::alias(output, self.precision, self.states()))
    }

    fn differentiable(&self, _input: usize) -> bool {
        false
    }

    fn forward(&self, inputs: &[Shape], _mode: Mode, target: &Target) -> Lowered {
        let decay = ("WEIGHT_DECAY", self.weight_decay.into());
        if self.momentum == 0.0 {
            return parameters::launch(&PLAIN, self.precision, target, inputs, 0, &[decay]);
        }
        let constants = [decay, ("MOMENTUM", self.momentum.into()), ("NESTEROV", self.nesterov.into())];
        parameters::launch(&MOMENTUM, self.precision, target, inputs, 1, &constants)
    }

    fn twin(&self, inputs: &[Array], step: &Step) -> Vec<Array> {
        let [momentum, decay, lr] = [self.momentum, self.weight_decay, step.learning_rate].map(f64::from);
        let view = View::new(inputs, self.precision);
        let mut p = view.parameters().clone();
        let mut states: Vec<Array> = (0..self.states()).map(|i| view.state(i).clone()).collect();
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
    let with = |momentum, nesterov, weight_decay| Sgd { momentum, nesterov, weight_decay, ..Sgd::default() };
    let half = |sgd: Sgd| Sgd { precision: Precision::F16, ..sgd };
    let scaled = |sgd, states, overflow, reason| parameters::scaled_case(half(sgd), states, step, overflow, reason);
    vec![
        parameters::case(with(0.0, false, 0.0), 0, step, "plain"),
        parameters::case(with(0.0, false, 0.01), 0, step, "weight decay alone"),
        parameters::case(with(0.9, false, 0.0), 1, step, "momentum").fill(3, Fill::Normal(0.3)),
        parameters::case(with(0.9, true, 5e-4), 1, step, "Nesterov and weight decay"),
        scaled(with(0.0, false, 0.01), 0, false, "f16: a scaled gradient, a copy of the parameters"),
        scaled(with(0.9, true, 5e-4), 1, false, "f16, with momentum"),
        scaled(with(0.9, true, 5e-4), 1, true, "f16: a step that overflowed changes nothing"),
    ]
}
