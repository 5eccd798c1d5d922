//! Clipping of all gradients, in place, as PyTorch's `clip_grad_value_` and `clip_grad_norm_` do it (L2 norm).
//!
//! Inputs: all gradients in f32; in f16 also the loss scale `[4]`, since the bounds are those of the true gradient. After an
//! overflow nothing happens: the step is skipped.

use crate::dispatch::{Binding, Elementwise, Operand, read, update};
use crate::dtype::{Dtype, Precision};
use crate::square_sum::{parts, square_sum};
use crate::target::Target;
use crate::{Array, Case, Entry, Lowered, Mode, Op, Shape, ShapeError, Step, case::Fill, loss_scale, source};

// numbers of the inputs
const GRADIENTS: usize = 0;
const LOSS_SCALE: usize = 1;

/// Clipping by value in `OPS`.
pub const VALUE: Entry = Entry { name: "clip_value", summary: "all gradients cut off at a value", cases: value_cases };
/// Clipping by norm in `OPS`.
pub const NORM: Entry = Entry { name: "clip_norm", summary: "all gradients scaled down to a norm", cases: norm_cases };

const CUT: Elementwise =
    Elementwise { name: "clip_value", source: include_str!("value.wgsl"), per_step: false, includes: &[] };
const SCALE: Elementwise =
    Elementwise { name: "clip_norm", source: include_str!("norm.wgsl"), per_step: false, includes: &[] };

/// What is clipped.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Clip {
    /// Every element to ± this.
    Value(f32),
    /// The norm over all elements to this.
    Norm(f32),
}

fn precision(scaled: bool) -> Precision {
    if scaled { Precision::F16 } else { Precision::F32 }
}

impl Op for Clip {
    fn name(&self) -> &'static str {
        match self {
            Clip::Value(_) => VALUE.name,
            Clip::Norm(_) => NORM.name,
        }
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        Ok(vec![inputs[GRADIENTS].clone()])
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

    fn forward(&self, inputs: &[Shape], _mode: Mode, _target: &Target) -> Lowered {
        let (count, gradients) = (inputs[GRADIENTS].count(), Operand::X(GRADIENTS));
        let (scaled, totals) = (inputs.len() == 2, Operand::Scratch(1));
        let includes = [source::gradients(precision(scaled))];
        let launch = |kernel: Elementwise, constant, mut bindings: Vec<Binding>| {
            bindings.extend(scaled.then(|| read(Operand::X(LOSS_SCALE))));
            Elementwise { includes: &includes, ..kernel }.launch(Precision::F32, count, 0, &[constant], &bindings)
        };
        match *self {
            Clip::Value(value) => launch(CUT, ("VALUE", value.into()), vec![update(gradients)]).into(),
            Clip::Norm(norm) => {
                let mut dispatches = square_sum(count, gradients, Operand::Scratch(0), totals, 0).to_vec();
                dispatches.push(launch(SCALE, ("NORM", norm.into()), vec![update(gradients), read(totals)]));
                Lowered { dispatches, scratch: vec![parts(count), 1], ..Lowered::default() }
            }
        }
    }

    fn twin(&self, inputs: &[Array], _step: &Step) -> Vec<Array> {
        let (scale, overflow) =
            inputs.get(1).map_or((1.0, false), |s| (s.data[loss_scale::SCALE], s.data[loss_scale::OVERFLOWED] != 0.0));
        if overflow {
            return vec![inputs[GRADIENTS].clone()];
        }
        let clipped = match *self {
            Clip::Value(value) => {
                let value = f64::from(value);
                inputs[GRADIENTS].map(|g| (g / scale).clamp(-value, value) * scale)
            }
            Clip::Norm(largest) => {
                let norm = (inputs[GRADIENTS].dot(&inputs[GRADIENTS])).sqrt() / scale;
                let factor = (f64::from(largest) / (norm + 1e-6)).min(1.0);
                inputs[GRADIENTS].map(|g| g * factor)
            }
        };
        vec![clipped]
    }
}

fn scaled(op: Clip, count: usize, overflow: f64, reason: &'static str) -> Case {
    let scale = Fill::Exactly(vec![8.0, 0.125, 3.0, overflow]);
    Case::new(op, &[&[count], &[4]], reason).fill(0, Fill::Normal(6.0)).fill(1, scale)
}

fn value_cases() -> Vec<Case> {
    vec![
        Case::new(Clip::Value(0.7), &[&[517]], "some are cut off, of both signs"),
        Case::new(Clip::Value(100.0), &[&[67]], "none is cut off"),
        scaled(Clip::Value(0.7), 130, 0.0, "scaled gradients, the bound is of the true ones"),
        scaled(Clip::Value(0.7), 130, 1.0, "after an overflow nothing happens"),
    ]
}

fn norm_cases() -> Vec<Case> {
    vec![
        Case::new(Clip::Norm(1.0), &[&[517]], "a long gradient is scaled down"),
        Case::new(Clip::Norm(1000.0), &[&[517]], "a short gradient stays"),
        Case::new(Clip::Norm(0.5), &[&[70_003]], "several elements a thread, partial sums over several turns"),
        Case::new(Clip::Norm(1.0), &[&[12]], "no gradient at all").fill(0, Fill::Normal(0.0)),
        scaled(Clip::Norm(3.0), 130, 0.0, "scaled gradients, the norm is of the true ones"),
        scaled(Clip::Norm(3.0), 130, 1.0, "after an overflow nothing happens"),
    ]
}
