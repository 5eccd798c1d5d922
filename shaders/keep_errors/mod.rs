//! Keeps the loss of each image by itself, so that images can be ranked by it when all have been seen.
//!
//! Inputs: weighted losses of the rows `[n]`, their weights `[n]` (0 for a row that holds nobody), image numbers `[n]`
//! (u32), what is kept `[images]` (f32). Of the images of the batch, what is kept becomes loss / weight.

use crate::dispatch::{Elementwise, Operand, read, update};
use crate::dtype::Dtype;
use crate::target::Target;
use crate::{Array, Case, Entry, Lowered, Mode, Op, Shape, ShapeError, Step, case::Fill, data_set::NOBODY};

// numbers of the inputs
const LOSSES: usize = 0;
const WEIGHTS: usize = 1;
const IMAGE_NUMBERS: usize = 2;
const KEPT: usize = 3;

/// This op in `OPS`.
pub const ENTRY: Entry = Entry { name: "keep_errors", summary: "keeps the loss of each image by itself", cases };

const KERNEL: Elementwise =
    Elementwise { name: "keep_errors", source: include_str!("rows.wgsl"), per_step: false, includes: &[] };

/// Writes each image's own loss into `[images]`: the weighted loss of its row divided by the weight.
#[derive(Clone, Debug)]
pub struct KeepErrors;

impl Op for KeepErrors {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        Ok(vec![inputs[KEPT].clone()])
    }

    fn input_dtype(&self, input: usize) -> Dtype {
        [Dtype::F32, Dtype::F32, Dtype::U32, Dtype::F32][input]
    }

    fn output_dtype(&self, _output: usize) -> Dtype {
        Dtype::F32
    }

    fn alias(&self, _output: usize) -> Option<usize> {
        Some(3)
    }

    fn differentiable(&self, _input: usize) -> bool {
        false
    }

    fn forward(&self, inputs: &[Shape], _mode: Mode, target: &Target) -> Lowered {
        let x = Operand::X;
        let bindings = [read(x(LOSSES)), read(x(WEIGHTS)), read(x(IMAGE_NUMBERS)), update(x(KEPT))];
        KERNEL.launch(target.precision, inputs[LOSSES].count(), 0, &[], &bindings).into()
    }

    fn twin(&self, inputs: &[Array], _step: &Step) -> Vec<Array> {
        let mut kept = inputs[KEPT].clone();
        for (row, &image) in
            inputs[IMAGE_NUMBERS].data.iter().enumerate().filter(|(_, image)| **image != f64::from(NOBODY))
        {
            kept.data[image as usize] = inputs[LOSSES].data[row] / inputs[WEIGHTS].data[row];
        }
        vec![kept]
    }
}

fn cases() -> Vec<Case> {
    let case = |images: Vec<f64>, reason| {
        let weight = |(row, &image): (usize, &f64)| {
            if image == f64::from(NOBODY) { 0.0 } else { 0.25 + 0.125 * (row % 3) as f64 }
        };
        let weights = images.iter().enumerate().map(weight).collect();
        Case::new(KeepErrors, &[&[images.len()], &[images.len()], &[images.len()], &[80]], reason)
            .fill(1, Fill::Exactly(weights))
            .fill(2, Fill::Exactly(images))
    };
    let many: Vec<f64> = (0..70).map(|i| f64::from((i * 27 + 5) % 80)).collect();
    vec![
        case(vec![4.0, 0.0, 2.0, f64::from(NOBODY)], "three images of eighty; a row that holds nobody"),
        case(many, "more rows than a workgroup"),
    ]
}
