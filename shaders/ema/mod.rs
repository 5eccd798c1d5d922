//! The exponential moving average of all parameters, running averages of norms included, which evaluation reads.
//!
//! Inputs: all parameters, their average, in f16 also the average's copy; average and copy are updated in place. The decay
//! of a step is [`Step::ema_decay`]: [`decay`] lets the average follow quickly at first.

use crate::dispatch::{Elementwise, Operand, read, update, write};
use crate::dtype::{Dtype, Precision};
use crate::target::Target;
use crate::{Array, Case, Entry, Lowered, Mode, Op, Shape, ShapeError, Step};

// numbers of the inputs
const PARAMETERS: usize = 0;
const AVERAGE: usize = 1;
const COPY: usize = 2;

/// This op in `OPS`.
pub const ENTRY: Entry = Entry { name: "ema", summary: "moving average of all parameters", cases };

const ALONE: Elementwise = Elementwise {
    name: "ema",
    source: include_str!("update.wgsl"),
    per_step: true,
    includes: &[include_str!("alone.wgsl")],
};
const COPIED: Elementwise = Elementwise { name: "ema/copied", includes: &[include_str!("copied.wgsl")], ..ALONE };

/// The decay of update `t` (from 1) on the way to `decay`: `min(decay, (1 + t) / (10 + t))`, as
/// `tf.train.ExponentialMovingAverage` with `num_updates`.
pub fn decay(decay: f32, t: u64) -> f32 {
    decay.min(((1 + t) as f64 / (10 + t) as f64) as f32)
}

/// `average = decay · average + (1 - decay) · p` over all parameters, as `torch.optim.swa_utils.AveragedModel` with an EMA.
#[derive(Clone, Debug, Default)]
pub struct Ema {
    /// In f16 products read a copy.
    pub precision: Precision,
}

impl Op for Ema {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        Ok(inputs[1..].to_vec())
    }

    fn input_dtype(&self, input: usize) -> Dtype {
        if input == 2 { Dtype::Real } else { Dtype::F32 }
    }

    fn output_dtype(&self, output: usize) -> Dtype {
        if output == 1 { Dtype::Real } else { Dtype::F32 }
    }

    fn alias(&self, output: usize) -> Option<usize> {
        Some(output + 1)
    }

    fn differentiable(&self, _input: usize) -> bool {
        false
    }

    fn forward(&self, inputs: &[Shape], _mode: Mode, _target: &Target) -> Lowered {
        let mut bindings = vec![read(Operand::X(PARAMETERS)), update(Operand::X(AVERAGE))];
        let kernel = match self.precision {
            Precision::F32 => ALONE,
            Precision::F16 => {
                bindings.push(write(Operand::X(COPY)));
                COPIED
            }
        };
        kernel.launch(self.precision, inputs[PARAMETERS].count().div_ceil(4), 0, &[], &bindings).into()
    }

    fn twin(&self, inputs: &[Array], step: &Step) -> Vec<Array> {
        let decay = f64::from(step.ema_decay);
        let average = inputs[AVERAGE].zip(&inputs[PARAMETERS], |average, p| decay * average + (1.0 - decay) * p);
        vec![average; inputs.len() - 1]
    }
}

fn cases() -> Vec<Case> {
    let step = Step { ema_decay: 0.9, ..Step::default() };
    let slow = Step { ema_decay: 0.9999, ..Step::default() };
    let half = Case {
        only: Some(Precision::F16),
        ..Case::new(Ema { precision: Precision::F16 }, &[&[260], &[260], &[260]], "f16: a copy of the average")
            .step(step)
    };
    vec![
        Case::new(Ema::default(), &[&[517], &[517]], "over several workgroups, a last run that is not full").step(step),
        Case::new(Ema::default(), &[&[64], &[64]], "a slow average").step(slow),
        half,
    ]
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_decay_warms_up_and_stays_below_its_limit() {
        assert_eq!(super::decay(0.999, 1), 2.0 / 11.0);
        assert_eq!(super::decay(0.999, 1_000_000), 0.999);
        assert!((1..1000).all(|t| super::decay(0.9, t) <= super::decay(0.9, t + 1)));
    }
}
