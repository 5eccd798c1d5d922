//! Keeps what a model answers for each image, so that answers can be counted when all have been seen.
//!
//! Inputs: logits `[n, classes]`, labels `[n]` (u32), image numbers `[n]` (u32), answers `[images, 2]` (u32), scores
//! `[images, 2]` (f32). Of the images of the batch, answers become the class with the largest logit and the number of classes
//! that come before the label (0: it is right), scores the probability of the answer and, of two classes, the second
//! logit minus the first.

use crate::dispatch::{Elementwise, Operand, read, update};
use crate::dtype::Dtype;
use crate::target::Target;
use crate::{Array, Case, Entry, Lowered, Mode, Op, Shape, ShapeError, Step, case::Fill, data_set::NOBODY};

// numbers of the inputs
const LOGITS: usize = 0;
const LABELS: usize = 1;
const IMAGE_NUMBERS: usize = 2;
const ANSWERS: usize = 3;
const SCORES: usize = 4;

/// This op in `OPS`.
pub const ENTRY: Entry =
    Entry { name: "keep_answers", summary: "keeps each image's answer, rank of its label and confidence", cases };

const KERNEL: Elementwise =
    Elementwise { name: "keep_answers", source: include_str!("rows.wgsl"), per_step: false, includes: &[] };

/// Writes each image's answer `[images, 2]` and scores `[images, 2]` from logits `[n, classes]` and labels `[n]`.
#[derive(Clone, Debug)]
pub struct KeepAnswers;

impl Op for KeepAnswers {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        inputs[LOGITS].matrix()?;
        Ok(inputs[3..5].to_vec())
    }

    fn input_dtype(&self, input: usize) -> Dtype {
        [Dtype::Real, Dtype::U32, Dtype::U32, Dtype::U32, Dtype::F32][input]
    }

    fn output_dtype(&self, output: usize) -> Dtype {
        [Dtype::U32, Dtype::F32][output]
    }

    fn alias(&self, output: usize) -> Option<usize> {
        Some(3 + output)
    }

    fn differentiable(&self, _input: usize) -> bool {
        false
    }

    fn forward(&self, inputs: &[Shape], _mode: Mode, target: &Target) -> Lowered {
        let [n, classes] = inputs[LOGITS].matrix().expect("shapes were checked");
        let x = Operand::X;
        let bindings =
            [read(x(LOGITS)), read(x(LABELS)), read(x(IMAGE_NUMBERS)), update(x(ANSWERS)), update(x(SCORES))];
        KERNEL.launch(target.precision, n, 2 * classes, &[("CLASSES", classes.into())], &bindings).into()
    }

    fn twin(&self, inputs: &[Array], _step: &Step) -> Vec<Array> {
        let [_, classes] = inputs[LOGITS].shape.matrix().expect("shapes were checked");
        let (mut answers, mut scores) = (inputs[ANSWERS].clone(), inputs[SCORES].clone());
        for (row, logits) in inputs[LOGITS].data.chunks_exact(classes).enumerate() {
            let (label, image) = (inputs[LABELS].data[row] as usize, inputs[IMAGE_NUMBERS].data[row]);
            if image == f64::from(NOBODY) {
                continue;
            }
            let mut ranked: Vec<usize> = (0..classes).collect();
            ranked.sort_by(|&a, &b| logits[b].total_cmp(&logits[a]).then(a.cmp(&b)));
            let total: f64 = logits.iter().map(|v| (v - logits[ranked[0]]).exp()).sum();
            let at = 2 * image as usize;
            answers.data[at] = ranked[0] as f64;
            answers.data[at + 1] = ranked.iter().position(|&c| c == label).expect("a label is a class") as f64;
            scores.data[at] = 1.0 / total;
            scores.data[at + 1] = if classes == 2 { logits[1] - logits[0] } else { 0.0 };
        }
        vec![answers, scores]
    }

    fn tolerance(&self) -> f64 {
        1e-5
    }
}

fn cases() -> Vec<Case> {
    let case = |images: Vec<f64>, classes: usize, reason| {
        let n = images.len();
        Case::new(KeepAnswers, &[&[n, classes], &[n], &[n], &[80, 2], &[80, 2]], reason)
            .fill(1, Fill::Below(classes))
            .fill(2, Fill::Exactly(images))
            .fill(3, Fill::Below(9))
    };
    let nobody = f64::from(NOBODY);
    let many: Vec<f64> = (0..70).map(|i| f64::from((i * 27 + 5) % 80)).collect();
    vec![
        case(vec![4.0, 0.0, 2.0, nobody], 7, "seven classes, a row that holds nobody"),
        case(many.clone(), 2, "two classes, more rows than a workgroup"),
        case(many, 5, "logits that tie").fill(0, Fill::Ties),
        case(vec![3.0, 1.0], 1, "one class"),
    ]
}
