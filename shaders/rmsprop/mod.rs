//! RMSprop (Hinton, lecture 6e, 2012) as `torch.optim.RMSprop` defines it, not centred.
//!
//! Inputs as [`parameters`] says; states: the mean of squares, and with momentum its buffer. The root is taken before
//! `epsilon` is added.

use crate::dispatch::{Constant, Elementwise};
use crate::dtype::{Dtype, Precision};
use crate::parameters::{self, View};
use crate::target::Target;
use crate::{Array, Case, Entry, Lowered, Mode, Op, Shape, ShapeError, Step, case::Fill};

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
}

impl Default for RmsProp {
    fn default() -> Self {
        RmsProp { alpha: 0.99, epsilon: 1e-8, momentum: 0.0, weight_decay: 0.0, precision: Precision::F32 }
    }
}

impl RmsProp {
    /// Buffers that it keeps of each parameter.
    pub fn states(&self) -> usize {
        1 + usize::from(self.momentum != 0.0)
    }
}

impl Op for RmsProp {
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
        let mut constants: Vec<(&'static str, Constant)> = vec![
            ("ALPHA", self.alpha.into()),
            ("EPSILON", self.epsilon.into()),
            ("WEIGHT_DECAY", self.weight_decay.into()),
        ];
        let kernel = if self.momentum == 0.0 { PLAIN } else { MOMENTUM };
        if self.momentum != 0.0 {
            constants.push(("MOMENTUM", self.momentum.into()));
        }
        parameters::launch(&kernel, self.precision, target, inputs, self.states(), &constants)
    }

    fn twin(&self, inputs: &[Array], step: &Step) -> Vec<Array> {
        let [alpha, epsilon, momentum, decay, lr] =
            [self.alpha, self.epsilon, self.momentum, self.weight_decay, step.learning_rate].map(f64::from);
        let view = View::new(inputs, self.precision);
        let mut p = view.parameters().clone();
        let mut states: Vec<Array> = (0..self.states()).map(|i| view.state(i).clone()).collect();
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

    fn tolerance(&self) -> f64 {
        1e-5
    }
}

fn cases() -> Vec<Case> {
    let step = Step { learning_rate: 0.01, ..Step::default() };
    let plain = RmsProp::default();
    let decay = RmsProp { alpha: 0.9, weight_decay: 0.1, ..RmsProp::default() };
    let momentum = RmsProp { momentum: 0.9, weight_decay: 0.01, epsilon: 1e-3, ..RmsProp::default() };
    let half = |op: &RmsProp| RmsProp { precision: Precision::F16, ..op.clone() };
    let scaled =
        |op: &RmsProp, overflow, reason| parameters::scaled_case(half(op), op.states(), step, overflow, reason);
    vec![
        parameters::case(plain.clone(), 1, step, "the first step").fill(3, Fill::Normal(0.0)),
        parameters::case(decay, 1, step, "another alpha, weight decay").fill(3, Fill::Positive),
        parameters::case(momentum.clone(), 2, step, "momentum").fill(3, Fill::Positive),
        scaled(&plain, false, "f16: a scaled gradient, a copy of the parameters").fill(5, Fill::Positive),
        scaled(&momentum, false, "f16, with momentum").fill(5, Fill::Positive),
        scaled(&momentum, true, "f16: a step that overflowed changes nothing").fill(5, Fill::Positive),
    ]
}
