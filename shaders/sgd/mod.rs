//! Stochastic gradient descent with momentum, as `torch.optim.SGD` defines it (dampening 0).
//!
//! Inputs, all `[count]`: parameters, gradients and, with momentum, the momentum buffer. Parameters and buffer are updated
//! in place. `d = g + weight_decay · p`; `m = momentum · m + d`; `p -= lr · m`, or with Nesterov's form
//! `p -= lr · (d + momentum · m)`.

use crate::dispatch::{Elementwise, Operand, read, update};
use crate::op::Target;
use crate::{Array, Case, Entry, Lowered, Mode, Op, Shape, ShapeError, Step, case::Fill};

/// This op in `OPS`.
pub const ENTRY: Entry =
    Entry { name: "sgd", summary: "SGD with momentum, Nesterov and weight decay; all parameters at once", cases };

const PLAIN: Elementwise =
    Elementwise { name: "sgd/plain", source: include_str!("plain.wgsl"), per_step: true, includes: &[] };
const MOMENTUM: Elementwise =
    Elementwise { name: "sgd/momentum", source: include_str!("momentum.wgsl"), per_step: true, includes: &[] };

/// The op.
#[derive(Clone, Debug, Default)]
pub struct Sgd {
    /// Momentum; 0 keeps no buffer.
    pub momentum: f32,
    /// Nesterov's form of momentum.
    pub nesterov: bool,
    /// L2 penalty added to the gradient.
    pub weight_decay: f32,
}

impl Op for Sgd {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        Ok(vec![inputs[0].clone(); inputs.len() - 1])
    }

    fn alias(&self, output: usize) -> Option<usize> {
        Some([0, 2][output])
    }

    fn differentiable(&self, _input: usize) -> bool {
        false
    }

    fn forward(&self, inputs: &[Shape], _mode: Mode, _target: &Target) -> Lowered {
        let count = inputs[0].count();
        let decay = ("WEIGHT_DECAY", self.weight_decay.into());
        let (p, g) = (update(Operand::X(0)), read(Operand::X(1)));
        if self.momentum == 0.0 {
            return PLAIN.launch(count, 0, &[decay], &[p, g]).into();
        }
        let constants = [decay, ("MOMENTUM", self.momentum.into()), ("NESTEROV", self.nesterov.into())];
        MOMENTUM.launch(count, 0, &constants, &[p, g, update(Operand::X(2))]).into()
    }

    fn twin(&self, inputs: &[Array], step: &Step) -> Vec<Array> {
        let (momentum, decay) = (f64::from(self.momentum), f64::from(self.weight_decay));
        let d = inputs[1].zip(&inputs[0], |g, p| g + decay * p);
        let m = match inputs.get(2) {
            Some(m) => m.zip(&d, |m, d| momentum * m + d),
            None => d.clone(),
        };
        let direction = if self.nesterov { d.zip(&m, |d, m| d + momentum * m) } else { m.clone() };
        let p = inputs[0].zip(&direction, |p, d| p - f64::from(step.learning_rate) * d);
        [p, m].into_iter().take(inputs.len() - 1).collect()
    }
}

fn cases() -> Vec<Case> {
    let step = Step { learning_rate: 0.1, ..Step::default() };
    let with = |momentum, nesterov, weight_decay| Sgd { momentum, nesterov, weight_decay };
    vec![
        Case::new(with(0.0, false, 0.0), &[&[131], &[131]], "plain").step(step),
        Case::new(with(0.0, false, 0.01), &[&[67], &[67]], "weight decay alone").step(step),
        Case::new(with(0.9, false, 0.0), &[&[131], &[131], &[131]], "momentum").step(step).fill(2, Fill::Normal(0.3)),
        Case::new(with(0.9, true, 5e-4), &[&[129], &[129], &[129]], "Nesterov and weight decay").step(step),
    ]
}
