//! Images as vectors: `[n, h, w, c]` to `[n, h·w·c]`, channels fastest as in Keras. A view: nothing runs.

use crate::target::Target;
use crate::{Array, Case, Entry, Lowered, Mode, Op, Operand, Shape, ShapeError, Step};

/// This op in `OPS`.
pub const ENTRY: Entry = Entry { name: "flatten", summary: "images as vectors; a view", cases };

/// `[n, h, w, c]` to `[n, h·w·c]`, as `torch.nn.Flatten`.
#[derive(Clone, Debug)]
pub struct Flatten;

impl Op for Flatten {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        let sizes = inputs[0].sizes();
        Ok(vec![Shape::new(&[sizes[0], sizes[1..].iter().product()])])
    }

    fn alias(&self, _output: usize) -> Option<usize> {
        Some(0)
    }

    fn gradient_is(&self, _input: usize) -> Option<Operand> {
        Some(Operand::Dy(0))
    }

    fn forward(&self, _inputs: &[Shape], _mode: Mode, _target: &Target) -> Lowered {
        Lowered::default()
    }

    fn twin(&self, inputs: &[Array], _step: &Step) -> Vec<Array> {
        let sizes = inputs[0].shape.sizes();
        vec![inputs[0].reshape(Shape::new(&[sizes[0], sizes[1..].iter().product()]))]
    }

    fn twin_backward(&self, inputs: &[Array], _outputs: &[Array], dy: &Array, _step: &Step) -> Vec<Option<Array>> {
        vec![Some(dy.reshape(inputs[0].shape.clone()))]
    }
}

fn cases() -> Vec<Case> {
    vec![Case::new(Flatten, &[&[2, 3, 4, 5]], "uneven images")]
}
