//! Lookahead (Zhang et al. 2019, arXiv:1907.08610, algorithm 1): every few updates the slow weights take a step towards the
//! fast ones, which then start again from there. Running averages of norms are among them.
//!
//! Inputs: all parameters (the fast weights), the slow ones, in f16 also the copies of both; all are updated in place. The
//! step's length is `alpha = 1 - ` [`Step::ema_decay`]; where the decay is 1 nothing changes.

use crate::dispatch::{Elementwise, Operand, update, write};
use crate::dtype::{Dtype, Precision};
use crate::target::Target;
use crate::{Array, Case, Entry, Lowered, Mode, Op, Shape, ShapeError, Step};

// numbers of the inputs
const FAST: usize = 0;
const SLOW: usize = 1;
const FAST_COPY: usize = 2;
const SLOW_COPY: usize = 3;

/// This op in `OPS`.
pub const ENTRY: Entry = Entry { name: "lookahead", summary: "slow weights that the others return to", cases };

const ALONE: Elementwise = Elementwise {
    name: "lookahead",
    source: include_str!("update.wgsl"),
    per_step: true,
    includes: &[include_str!("alone.wgsl")],
};
const COPIED: Elementwise = Elementwise { name: "lookahead/copied", includes: &[include_str!("copied.wgsl")], ..ALONE };

/// `slow += alpha · (fast - slow); fast = slow` over all parameters (Zhang et al. 2019).
#[derive(Clone, Debug, Default)]
pub struct Lookahead {
    /// In f16 products read copies.
    pub precision: Precision,
}

impl Op for Lookahead {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        Ok(inputs.to_vec())
    }

    fn input_dtype(&self, input: usize) -> Dtype {
        if input < 2 { Dtype::F32 } else { Dtype::Real }
    }

    fn output_dtype(&self, output: usize) -> Dtype {
        self.input_dtype(output)
    }

    fn alias(&self, output: usize) -> Option<usize> {
        Some(output)
    }

    fn differentiable(&self, _input: usize) -> bool {
        false
    }

    fn forward(&self, inputs: &[Shape], _mode: Mode, _target: &Target) -> Lowered {
        let mut bindings = vec![update(Operand::X(FAST)), update(Operand::X(SLOW))];
        let kernel = match self.precision {
            Precision::F32 => ALONE,
            Precision::F16 => {
                bindings.extend([write(Operand::X(FAST_COPY)), write(Operand::X(SLOW_COPY))]);
                COPIED
            }
        };
        kernel.launch(self.precision, inputs[FAST].count().div_ceil(4), 0, &[], &bindings).into()
    }

    fn twin(&self, inputs: &[Array], step: &Step) -> Vec<Array> {
        if step.ema_decay == 1.0 {
            return inputs.to_vec();
        }
        let alpha = 1.0 - f64::from(step.ema_decay);
        let slow = inputs[SLOW].zip(&inputs[FAST], |slow, fast| slow + alpha * (fast - slow));
        vec![slow; inputs.len()]
    }
}

fn cases() -> Vec<Case> {
    let step = Step { ema_decay: 0.5, ..Step::default() };
    let between = Step { ema_decay: 1.0, ..Step::default() };
    let half = |step, what| Case {
        only: Some(Precision::F16),
        ..Case::new(Lookahead { precision: Precision::F16 }, &[&[260], &[260], &[260], &[260]], what).step(step)
    };
    vec![
        Case::new(Lookahead::default(), &[&[517], &[517]], "over several workgroups, a last run that is not full")
            .step(step),
        Case::new(Lookahead::default(), &[&[64], &[64]], "between its steps").step(between),
        half(step, "f16: copies of both"),
        half(between, "f16: between its steps"),
    ]
}
