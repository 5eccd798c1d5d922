//! The images of a batch: gathered from the data set as bytes, normalised to f32.
//!
//! Inputs: the data set `[images, h, w, c]` (u8), image numbers `[batch]` (u32), mean and standard deviation of each channel
//! `[2, c]` in units of 0..1; where one binding does not hold the data set, three more parts of it. Output
//! `[batch, h, w, c]`: `(byte / 255 - mean) / std`, and 0 for rows that hold nobody.

use crate::data_set;
use crate::dispatch::{Elementwise, Operand, read, write};
use crate::dtype::Dtype;
use crate::target::Target;
use crate::{Array, Case, Entry, Lowered, Mode, Op, Shape, ShapeError, Step, case::Fill, data_set::NOBODY};

// numbers of the inputs
const DATA: usize = 0;
const IMAGE_NUMBERS: usize = 1;
const NORM: usize = 2;
const MORE_DATA: usize = 3;

/// This op in `OPS`.
pub const ENTRY: Entry =
    Entry { name: "batch_images", summary: "gathers bytes from the data set and normalises them", cases };

const KERNEL: Elementwise =
    Elementwise { name: "batch_images", source: include_str!("gather.wgsl"), per_step: false, includes: &[] };

/// Gathers `[batch, h, w, c]` from the bytes of a data set and normalises it: `(byte / 255 - mean) / std`.
#[derive(Clone, Debug)]
pub struct BatchImages;

impl Op for BatchImages {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        let [_, h, w, c] = inputs[DATA].nhwc()?;
        Ok(vec![Shape::new(&[inputs[IMAGE_NUMBERS].count(), h, w, c])])
    }

    fn input_dtype(&self, input: usize) -> Dtype {
        match input {
            1 => Dtype::U32,
            2 => Dtype::F32,
            _ => Dtype::U8,
        }
    }

    fn differentiable(&self, _input: usize) -> bool {
        false
    }

    fn forward(&self, inputs: &[Shape], _mode: Mode, target: &Target) -> Lowered {
        let [_, h, w, c] = inputs[DATA].nhwc().expect("shapes were checked");
        let mut constants =
            vec![("PIXELS", (h * w * c).into()), ("C", c.into()), ("ROWS", inputs[IMAGE_NUMBERS].count().into())];
        let (text, part) = data_set::text(&inputs[DATA], &inputs[MORE_DATA..]);
        constants.extend(part);
        let x = Operand::X;
        let mut bindings = vec![read(x(DATA)), read(x(IMAGE_NUMBERS)), read(x(NORM)), write(Operand::Y(0))];
        bindings.extend(data_set::more(MORE_DATA, &inputs[MORE_DATA..]));
        let elements = inputs[IMAGE_NUMBERS].count() * h * w * c;
        let kernel = Elementwise { includes: &[text], ..KERNEL };
        kernel.launch(target.precision, elements.div_ceil(4), 4, &constants, &bindings).into()
    }

    fn twin(&self, inputs: &[Array], _step: &Step) -> Vec<Array> {
        let [_, h, w, c] = inputs[DATA].shape.nhwc().expect("shapes were checked");
        let size = h * w * c;
        let shape = Shape::new(&[inputs[IMAGE_NUMBERS].data.len(), h, w, c]);
        let data = data_set::whole(&inputs[DATA], &inputs[MORE_DATA..]);
        let value = |i: usize| {
            let image = inputs[IMAGE_NUMBERS].data[i / size];
            if image == f64::from(NOBODY) {
                return 0.0;
            }
            let byte = data.data[image as usize * size + i % size];
            (byte / 255.0 - inputs[NORM].data[i % c]) / inputs[NORM].data[c + i % c]
        };
        vec![Array::new(shape.clone(), (0..shape.count()).map(value).collect())]
    }
}

fn cases() -> Vec<Case> {
    let nobody = f64::from(NOBODY);
    let rows = Fill::Exactly(vec![4.0, 0.0, 2.0, 2.0, nobody]);
    let norm = Fill::Exactly(vec![0.5, 0.45, 0.4, 0.25, 0.2, 0.3]);
    vec![
        Case::new(BatchImages, &[&[5, 3, 5, 3], &[5], &[2, 3]], "images that straddle words; a row that holds nobody")
            .fill(0, Fill::Below(256))
            .fill(1, rows.clone())
            .fill(2, norm),
        Case::new(BatchImages, &[&[5, 6, 2, 1], &[5], &[2, 1]], "images of whole words")
            .fill(0, Fill::Below(256))
            .fill(1, rows)
            .fill(2, Fill::Exactly(vec![0.5, 0.25])),
        in_parts([7, 3, 5, 3], "a data set in four parts, images that straddle words"),
        in_parts([7, 3, 2, 2], "a data set in four parts, images of whole words"),
    ]
}

fn in_parts(data: [usize; 4], reason: &'static str) -> Case {
    let numbers = Fill::Exactly(vec![6.0, 1.0, 2.0, f64::from(NOBODY), 5.0, 3.0]);
    let case = Case::new(BatchImages, &[&data, &[6], &[2, data[3]]], reason).fill(0, Fill::Below(256));
    case.fill(1, numbers).fill(2, Fill::Positive).in_parts()
}
