//! Where the images of a batch lie, where the device holds a window of the data set instead of all of it.
//!
//! Input: the image number of each row `[batch]` (u32). Output: the place of its image in the window `[batch]` (u32): the rows of a
//! batch follow each other from `step.window_start` on, in their order. [`NOBODY`] stays what it is. Ops that read pixels take places
//! then where they take image numbers otherwise; everything else about an image, and what is drawn for it, goes by its number.

use crate::dispatch::{Elementwise, Operand, read, write};
use crate::dtype::{Dtype, Precision};
use crate::target::Target;
use crate::{Array, Case, Entry, Lowered, Mode, Op, Shape, ShapeError, Step, case::Fill, data_set::NOBODY};

/// This op in `OPS`.
pub const ENTRY: Entry = Entry { name: "batch_place", summary: "where a batch's images lie in a window", cases };

const KERNEL: Elementwise =
    Elementwise { name: "batch_place", source: include_str!("place.wgsl"), per_step: true, includes: &[] };

/// Places `[batch]` of the images of a batch in the window, from their numbers and the step uniform.
#[derive(Clone, Debug)]
pub struct BatchPlace;

impl Op for BatchPlace {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        Ok(vec![inputs[0].clone()])
    }

    fn input_dtype(&self, _input: usize) -> Dtype {
        Dtype::U32
    }

    fn output_dtype(&self, _output: usize) -> Dtype {
        Dtype::U32
    }

    fn differentiable(&self, _input: usize) -> bool {
        false
    }

    fn forward(&self, inputs: &[Shape], _mode: Mode, _target: &Target) -> Lowered {
        let bindings = [read(Operand::X(0)), write(Operand::Y(0))];
        KERNEL.launch(Precision::F32, inputs[0].count(), 0, &[], &bindings).into()
    }

    fn twin(&self, inputs: &[Array], step: &Step) -> Vec<Array> {
        let nobody = f64::from(NOBODY);
        let place = |(row, &image): (usize, &f64)| {
            if image == nobody { nobody } else { (step.window_start as usize + row) as f64 }
        };
        let places = inputs[0].data.iter().enumerate().map(place).collect();
        vec![Array::new(inputs[0].shape.clone(), places)]
    }
}

fn cases() -> Vec<Case> {
    let nobody = f64::from(NOBODY);
    let case = |batch: usize, there: usize, window_start, reason| {
        let numbers = (0..batch).map(|row| if row < there { (row * 7 % 5) as f64 } else { nobody });
        Case::new(BatchPlace, &[&[batch]], reason).fill(0, Fill::Exactly(numbers.collect())).step(Step {
            window_start,
            batch_length: there as u32,
            ..Step::default()
        })
    };
    vec![
        case(6, 4, 0, "a last batch of 4 in 6 rows, at the start"),
        case(70, 70, 256, "more rows than a workgroup, in the second half of a window"),
    ]
}
