//! Which images a batch holds: shuffled, split, and filled up where the last batch is smaller.
//!
//! Input: labels of the whole data set `[images]` (u32). Outputs: the image number of each row `[batch]` (u32;
//! [`NOBODY`] fills up), its label `[batch]` (u32) and its weight `[batch]`: 1 / (images of the update), or 0. Which row gets
//! which image is a pure function of the step uniform: position → shuffle within the range → split of the data set.

use crate::dispatch::{Elementwise, Operand, read, write};
use crate::dtype::{Dtype, Precision};
use crate::target::Target;
use crate::{Array, Case, Entry, Lowered, Mode, Op, Shape, ShapeError, Step, case::Fill, data_set::NOBODY, random};

/// This op in `OPS`.
pub const ENTRY: Entry =
    Entry { name: "batch_index", summary: "which images a batch holds, shuffled by a counter", cases };

const KERNEL: Elementwise = Elementwise {
    name: "batch_index",
    source: include_str!("rows.wgsl"),
    per_step: true,
    includes: &[crate::source::RANDOM],
};

/// Image numbers, labels and weights `[batch]` of a batch, from the step uniform and the labels of the data set.
#[derive(Clone, Debug)]
pub struct BatchIndex {
    /// Rows of the plan's batch.
    pub batch: usize,
}

/// The image that row `row` of a batch holds, if any.
pub fn image_of_row(step: &Step, row: u32) -> Option<u32> {
    (row < step.batch_length).then(|| {
        let within = random::permute(step.batch_start + row, step.range_length, step.shuffle_key);
        random::permute(step.range_start + within, step.data_length, step.split_key)
    })
}

impl Op for BatchIndex {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn outputs(&self, _inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        Ok(vec![Shape::new(&[self.batch]); 3])
    }

    fn input_dtype(&self, _input: usize) -> Dtype {
        Dtype::U32
    }

    fn output_dtype(&self, output: usize) -> Dtype {
        if output < 2 { Dtype::U32 } else { Dtype::F32 }
    }

    fn differentiable(&self, _input: usize) -> bool {
        false
    }

    fn forward(&self, _inputs: &[Shape], _mode: Mode, _target: &Target) -> Lowered {
        let y = Operand::Y;
        let bindings = [read(Operand::X(0)), write(y(0)), write(y(1)), write(y(2))];
        // Cycle walking takes under four turns on average; a few hundred never happen.
        KERNEL.launch(Precision::F32, self.batch, 2 * 7 * 200, &[], &bindings).into()
    }

    fn twin(&self, inputs: &[Array], step: &Step) -> Vec<Array> {
        let mut outputs = vec![Array::zeros(Shape::new(&[self.batch])); 3];
        let images = if step.update_images == 0 { step.batch_length } else { step.update_images };
        for row in 0..self.batch {
            let image = image_of_row(step, row as u32);
            outputs[0].data[row] = f64::from(image.unwrap_or(NOBODY));
            outputs[1].data[row] = image.map_or(0.0, |i| inputs[0].data[i as usize]);
            outputs[2].data[row] = image.map_or(0.0, |_| 1.0 / f64::from(images));
        }
        outputs
    }
}

fn cases() -> Vec<Case> {
    let step = Step { batch_start: 8, batch_length: 4, range_length: 12, data_length: 17, ..Step::default() };
    let shuffled = Step {
        batch_start: 64,
        batch_length: 70,
        range_start: 13,
        range_length: 140,
        data_length: 160,
        shuffle_key: random::key(1, 2, 3),
        split_key: random::key(4, 5, 6),
        ..Step::default()
    };
    let case =
        |batch, images: usize, reason| Case::new(BatchIndex { batch }, &[&[images]], reason).fill(0, Fill::Below(10));
    vec![
        case(6, 17, "in order, a last batch of 4 in 6 rows").step(step),
        case(6, 17, "a batch of an update over 16 images").step(Step { update_images: 16, ..step }),
        case(70, 160, "shuffled and split, more rows than a workgroup").step(shuffled),
    ]
}
