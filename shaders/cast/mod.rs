//! f32 rounded to the width of activations: how the f16 copy of the parameters begins.

use crate::dispatch::{Elementwise, Operand, read, write};
use crate::dtype::Dtype;
use crate::target::Target;
use crate::{Array, Case, Entry, Lowered, Mode, Op, Shape, ShapeError, Step};

/// This op in `OPS`.
pub const ENTRY: Entry = Entry { name: "cast", summary: "f32 to the width of activations", cases };

const KERNEL: Elementwise =
    Elementwise { name: "cast", source: include_str!("round.wgsl"), per_step: false, includes: &[] };

/// Copies f32 values to [`Dtype::Real`], any shape; `tensor.half()` in f16, a plain copy in f32.
#[derive(Clone, Debug)]
pub struct Cast;

impl Op for Cast {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        Ok(vec![inputs[0].clone()])
    }

    fn input_dtype(&self, _input: usize) -> Dtype {
        Dtype::F32
    }

    fn differentiable(&self, _input: usize) -> bool {
        false
    }

    fn forward(&self, inputs: &[Shape], _mode: Mode, target: &Target) -> Lowered {
        let bindings = [read(Operand::X(0)), write(Operand::Y(0))];
        KERNEL.launch(target.precision, inputs[0].count().div_ceil(4), 0, &[], &bindings).into()
    }

    fn twin(&self, inputs: &[Array], _step: &Step) -> Vec<Array> {
        vec![inputs[0].clone()]
    }
}

fn cases() -> Vec<Case> {
    vec![Case::new(Cast, &[&[261]], "over several workgroups")]
}
