//! Dynamic loss scaling (Micikevicius et al. 2018) on the device, with the rules of `torch.amp.GradScaler`: the loss's
//! gradient is multiplied by a scale so that small gradients survive in f16; a step whose gradients overflow changes
//! nothing and halves the scale; after many good steps in a row it doubles. Powers of two change no digit.
//!
//! The state is `[scale, 1 / scale, good steps, overflow]`, and the host never reads it during a step.

use crate::dispatch::{Elementwise, Operand, read, update};
use crate::dtype::{Dtype, Precision};
use crate::target::Target;
use crate::{Array, Case, Entry, Lowered, Mode, Op, Shape, ShapeError, Step, case::Fill, source};

/// The check in `OPS`.
pub const OVERFLOW: Entry =
    Entry { name: "overflow", summary: "whether any gradient is not finite", cases: overflow_cases };
/// The adjustment in `OPS`.
pub const ENTRY: Entry = Entry { name: "loss_scale", summary: "adjusts the loss scale after a step", cases };

const CHECK: Elementwise = Elementwise {
    name: "overflow",
    source: include_str!("check.wgsl"),
    per_step: false,
    includes: &[source::LOSS_SCALE],
};
const ADJUST: Elementwise = Elementwise {
    name: "loss_scale",
    source: include_str!("adjust.wgsl"),
    per_step: false,
    includes: &[source::LOSS_SCALE],
};

/// Numbers of the loss scale, `[scale, 1 / scale, good steps, overflow]`: those of `common/loss_scale.wgsl`.
pub const WORDS: usize = 4;
/// Where the loss scale holds what the loss's gradient is multiplied by.
pub const SCALE: usize = 0;
/// Where the loss scale holds what gradients are multiplied by to be true.
pub const INVERSE: usize = 1;
/// Where it counts good steps since the scale changed.
pub const GOOD_STEPS: usize = 2;
/// Where it says, by a number that is not 0, that the gradients of this step overflowed.
pub const OVERFLOWED: usize = 3;

/// Good steps after which the scale doubles.
pub const INTERVAL: f32 = 2000.0;
const SMALLEST: f32 = 1.0;
const LARGEST: f32 = 16_777_216.0;
/// The state of a run that begins.
pub const START: [f32; 4] = [65_536.0, 1.0 / 65_536.0, 0.0, 0.0];

/// Quads of words that one thread looks at.
const QUADS_A_THREAD: usize = 8;

// numbers of the inputs of `overflow`
const GRADIENTS: usize = 0;
const STATE: usize = 1;

/// Looks for gradients that are not finite. Inputs: all gradients (a multiple of four words), the loss scale, in place.
#[derive(Clone, Debug)]
pub struct Overflow;

impl Op for Overflow {
    fn name(&self) -> &'static str {
        OVERFLOW.name
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        Ok(vec![inputs[STATE].clone()])
    }

    fn input_dtype(&self, _input: usize) -> Dtype {
        Dtype::F32
    }

    fn output_dtype(&self, _output: usize) -> Dtype {
        Dtype::F32
    }

    fn alias(&self, _output: usize) -> Option<usize> {
        Some(STATE)
    }

    fn differentiable(&self, _input: usize) -> bool {
        false
    }

    fn forward(&self, inputs: &[Shape], _mode: Mode, _target: &Target) -> Lowered {
        let quads = inputs[GRADIENTS].count() / 4;
        let bindings = [read(Operand::X(GRADIENTS)), update(Operand::X(STATE))];
        let threads = quads.div_ceil(QUADS_A_THREAD);
        CHECK.launch(Precision::F32, threads, QUADS_A_THREAD, &[("QUADS", quads.into())], &bindings).into()
    }

    fn twin(&self, inputs: &[Array], _step: &Step) -> Vec<Array> {
        let mut state = inputs[STATE].clone();
        if !inputs[GRADIENTS].data.iter().all(|g| g.is_finite()) {
            state.data[OVERFLOWED] = 1.0;
        }
        vec![state]
    }
}

/// Adjusts the scale after a step. Input: the loss scale, in place.
#[derive(Clone, Debug)]
pub struct LossScale;

impl Op for LossScale {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        Ok(vec![inputs[0].clone()])
    }

    fn input_dtype(&self, _input: usize) -> Dtype {
        Dtype::F32
    }

    fn output_dtype(&self, _output: usize) -> Dtype {
        Dtype::F32
    }

    fn alias(&self, _output: usize) -> Option<usize> {
        Some(0)
    }

    fn differentiable(&self, _input: usize) -> bool {
        false
    }

    fn forward(&self, _inputs: &[Shape], _mode: Mode, _target: &Target) -> Lowered {
        let constants = [("INTERVAL", INTERVAL.into()), ("SMALLEST", SMALLEST.into()), ("LARGEST", LARGEST.into())];
        ADJUST.launch(Precision::F32, 1, 0, &constants, &[update(Operand::X(0))]).into()
    }

    fn twin(&self, inputs: &[Array], _step: &Step) -> Vec<Array> {
        let [scale, _, good, overflow] = std::array::from_fn(|i| inputs[0].data[i]);
        let (scale, good) = match (overflow != 0.0, good + 1.0 >= f64::from(INTERVAL)) {
            (true, _) => ((scale / 2.0).max(f64::from(SMALLEST)), 0.0),
            (false, true) => ((scale * 2.0).min(f64::from(LARGEST)), 0.0),
            (false, false) => (scale, good + 1.0),
        };
        vec![Array::new(inputs[0].shape.clone(), vec![scale, 1.0 / scale, good, 0.0])]
    }
}

fn overflow_cases() -> Vec<Case> {
    let state = || Fill::Exactly(vec![8.0, 0.125, 5.0, 0.0]);
    let with = |at: Option<(usize, f64)>, reason| {
        let mut gradients: Vec<f64> = (0..2052).map(|i| f64::from(i) - 700.0).collect();
        if let Some((at, value)) = at {
            gradients[at] = value;
        }
        Case::new(Overflow, &[&[2052], &[4]], reason).fill(0, Fill::Exactly(gradients)).fill(1, state())
    };
    vec![
        with(None, "all finite"),
        with(Some((2051, f64::INFINITY)), "an infinity in the last word"),
        with(Some((1030, f64::NAN)), "a NaN in the middle"),
        with(Some((3, f64::NEG_INFINITY)), "a negative infinity in the first quad"),
    ]
}

fn cases() -> Vec<Case> {
    let with = |state: [f64; 4], reason| Case::new(LossScale, &[&[4]], reason).fill(0, Fill::Exactly(state.to_vec()));
    vec![
        with([8.0, 0.125, 5.0, 0.0], "a good step"),
        with([8.0, 0.125, 5.0, 1.0], "an overflow"),
        with([8.0, 0.125, 1999.0, 0.0], "the last good step before it doubles"),
        with([1.0, 1.0, 0.0, 1.0], "an overflow at the smallest scale"),
        with([16_777_216.0, 1.0 / 16_777_216.0, 1999.0, 0.0], "it stops at the largest"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernels_and_twins_agree_where_the_numbers_stand() {
        let numbers = [("FACTOR", SCALE), ("INVERSE", INVERSE), ("GOOD_STEPS", GOOD_STEPS), ("OVERFLOWED", OVERFLOWED)];
        for (name, at) in numbers {
            let line = format!("const LOSS_SCALE_{name} = {at}u;");
            assert!(source::LOSS_SCALE.contains(&line), "common/loss_scale.wgsl has no `{line}`");
        }
        assert_eq!(numbers.len(), WORDS);
    }
}
