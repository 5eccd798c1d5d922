//! The values of a batch: what is to be learned about each image, gathered from the data set.
//!
//! Inputs: values of the whole data set `[images, k]` (f32), image numbers `[batch]` (u32). Output `[batch, k]` (f32); 0 for
//! rows that hold nobody.

use crate::dispatch::{Elementwise, Operand, read, write};
use crate::dtype::{Dtype, Precision};
use crate::target::Target;
use crate::{Array, Case, Entry, Lowered, Mode, Op, Shape, ShapeError, Step, case::Fill, data_set::NOBODY};

// numbers of the inputs
const DATA: usize = 0;
const IMAGE_NUMBERS: usize = 1;

/// This op in `OPS`.
pub const ENTRY: Entry = Entry { name: "batch_values", summary: "gathers values from the data set", cases };

const KERNEL: Elementwise =
    Elementwise { name: "batch_values", source: include_str!("gather.wgsl"), per_step: false, includes: &[] };

/// Gathers the values `[batch, k]` of a batch from those of the data set, `[images, k]`.
#[derive(Clone, Debug)]
pub struct BatchValues;

impl Op for BatchValues {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        let [_, k] = inputs[DATA].matrix()?;
        Ok(vec![Shape::new(&[inputs[IMAGE_NUMBERS].count(), k])])
    }

    fn input_dtype(&self, input: usize) -> Dtype {
        [Dtype::F32, Dtype::U32][input]
    }

    fn output_dtype(&self, _output: usize) -> Dtype {
        Dtype::F32
    }

    fn differentiable(&self, _input: usize) -> bool {
        false
    }

    fn forward(&self, inputs: &[Shape], _mode: Mode, _target: &Target) -> Lowered {
        let [_, k] = inputs[DATA].matrix().expect("shapes were checked");
        let bindings = [read(Operand::X(DATA)), read(Operand::X(IMAGE_NUMBERS)), write(Operand::Y(0))];
        KERNEL.launch(Precision::F32, inputs[IMAGE_NUMBERS].count() * k, 0, &[("K", k.into())], &bindings).into()
    }

    fn twin(&self, inputs: &[Array], _step: &Step) -> Vec<Array> {
        let [_, k] = inputs[DATA].shape.matrix().expect("shapes were checked");
        let row = |&image: &f64| {
            if image == f64::from(NOBODY) {
                vec![0.0; k]
            } else {
                inputs[DATA].data[image as usize * k..][..k].to_vec()
            }
        };
        let data: Vec<f64> = inputs[IMAGE_NUMBERS].data.iter().flat_map(row).collect();
        vec![Array::new(Shape::new(&[inputs[IMAGE_NUMBERS].data.len(), k]), data)]
    }
}

fn cases() -> Vec<Case> {
    let rows = |rows: &[f64]| Fill::Exactly([rows, &[f64::from(NOBODY)]].concat());
    vec![
        Case::new(BatchValues, &[&[5, 3], &[5]], "an image twice; a row that holds nobody")
            .fill(1, rows(&[4.0, 0.0, 2.0, 2.0])),
        Case::new(BatchValues, &[&[2, 67], &[3]], "rows longer than a workgroup").fill(1, rows(&[1.0, 0.0])),
    ]
}
