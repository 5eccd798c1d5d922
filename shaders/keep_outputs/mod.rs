//! Keeps what a model gives for each image, so that it can be measured when all have been seen.
//!
//! Inputs: outputs of the model `[n, k]`, image numbers `[n]` (u32), what is kept `[images, k]` (f32), whose rows of these
//! images are replaced.

use crate::dispatch::{Elementwise, Operand, read, update};
use crate::dtype::Dtype;
use crate::target::Target;
use crate::{Array, Case, Entry, Lowered, Mode, Op, Shape, ShapeError, Step, case::Fill, data_set::NOBODY};

// numbers of the inputs
const VALUES: usize = 0;
const IMAGE_NUMBERS: usize = 1;
const KEPT: usize = 2;

/// This op in `OPS`.
pub const ENTRY: Entry = Entry { name: "keep_outputs", summary: "keeps a model's outputs for each image", cases };

const KERNEL: Elementwise =
    Elementwise { name: "keep_outputs", source: include_str!("rows.wgsl"), per_step: false, includes: &[] };

/// Writes each image's outputs `[n, k]` into row `image` of `[images, k]`.
#[derive(Clone, Debug)]
pub struct KeepOutputs;

impl Op for KeepOutputs {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        Ok(vec![inputs[KEPT].clone()])
    }

    fn input_dtype(&self, input: usize) -> Dtype {
        [Dtype::Real, Dtype::U32, Dtype::F32][input]
    }

    fn output_dtype(&self, _output: usize) -> Dtype {
        Dtype::F32
    }

    fn alias(&self, _output: usize) -> Option<usize> {
        Some(2)
    }

    fn differentiable(&self, _input: usize) -> bool {
        false
    }

    fn forward(&self, inputs: &[Shape], _mode: Mode, target: &Target) -> Lowered {
        let [n, k] = inputs[VALUES].matrix().expect("shapes were checked");
        let bindings = [read(Operand::X(VALUES)), read(Operand::X(IMAGE_NUMBERS)), update(Operand::X(KEPT))];
        KERNEL.launch(target.precision, n * k, 0, &[("K", k.into())], &bindings).into()
    }

    fn twin(&self, inputs: &[Array], _step: &Step) -> Vec<Array> {
        let [_, k] = inputs[VALUES].shape.matrix().expect("shapes were checked");
        let mut kept = inputs[KEPT].clone();
        for (row, &image) in
            inputs[IMAGE_NUMBERS].data.iter().enumerate().filter(|(_, image)| **image != f64::from(NOBODY))
        {
            kept.data[image as usize * k..][..k].copy_from_slice(&inputs[VALUES].data[row * k..][..k]);
        }
        vec![kept]
    }
}

fn cases() -> Vec<Case> {
    let rows = |rows: &[f64]| Fill::Exactly([rows, &[f64::from(NOBODY)]].concat());
    vec![
        Case::new(KeepOutputs, &[&[4, 3], &[4], &[5, 3]], "three images of five; a row that holds nobody")
            .fill(1, rows(&[4.0, 0.0, 2.0])),
        Case::new(KeepOutputs, &[&[3, 67], &[3], &[2, 67]], "rows longer than a workgroup").fill(1, rows(&[1.0, 0.0])),
    ]
}
