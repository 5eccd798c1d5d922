//! Rectified linear unit: `y = max(x, 0)`; the gradient at exactly 0 is 0.

use crate::dispatch::{Elementwise, Operand, read, write};
use crate::mask::mask;
use crate::rectifier::Rectifier;
use crate::target::Target;
use crate::{Array, Case, Entry, Lowered, Mode, Op, Shape, ShapeError, Step, case::Fill};

/// This op in `OPS`.
pub const ENTRY: Entry = Entry { name: "relu", summary: "y = max(x, 0)", cases };

const FORWARD: Elementwise =
    Elementwise { name: "relu/forward", source: include_str!("forward.wgsl"), per_step: false, includes: &[] };

/// `max(x, 0)` elementwise, any shape, as `torch.nn.ReLU`.
#[derive(Clone, Debug)]
pub struct Relu;

impl Op for Relu {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        Ok(vec![inputs[0].clone()])
    }

    fn forward(&self, inputs: &[Shape], _mode: Mode, target: &Target) -> Lowered {
        let bindings = [read(Operand::X(0)), write(Operand::Y(0))];
        FORWARD.launch(target.precision, inputs[0].count().div_ceil(4), 0, &[], &bindings).into()
    }

    fn backward(&self, inputs: &[Shape], wanted: &[bool], target: &Target) -> Lowered {
        if !wanted[0] {
            return Lowered::default();
        }
        mask(Rectifier::Relu, target, inputs[0].count(), 1, Operand::Dx(0)).into()
    }

    fn twin(&self, inputs: &[Array], _step: &Step) -> Vec<Array> {
        vec![inputs[0].map(|x| if x > 0.0 { x } else { 0.0 })]
    }

    fn twin_backward(&self, inputs: &[Array], _outputs: &[Array], dy: &Array, _step: &Step) -> Vec<Option<Array>> {
        vec![Some(inputs[0].zip(dy, |x, dy| if x > 0.0 { dy } else { 0.0 }))]
    }
}

fn cases() -> Vec<Case> {
    vec![
        Case::new(Relu, &[&[3, 5, 7, 2]], "uneven images").fill(0, Fill::AwayFromZero),
        Case::new(Relu, &[&[1, 67]], "one more than a workgroup").fill(0, Fill::AwayFromZero),
    ]
}
