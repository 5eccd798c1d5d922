//! The images of a batch: gathered from the data set as bytes, normalised to f32.
//!
//! Inputs: the data set `[images, h, w, c]` (u8), image numbers `[batch]` (u32), mean and standard deviation of each channel
//! `[2, c]` in units of 0..1; where one binding does not hold the data set, three more parts of it. Output
//! `[batch, h, w, c]`: `(byte / 255 - mean) / std`, and 0 for rows that hold nobody.

use crate::dispatch::{Constant, Elementwise, Operand, read, write};
use crate::op::{Dtype, Target};
use crate::{Array, Case, Entry, Lowered, Mode, Op, Shape, ShapeError, Step, batch_index::NOBODY, case::Fill};

/// This op in `OPS`.
pub const ENTRY: Entry =
    Entry { name: "batch_images", summary: "gathers bytes from the data set and normalises them", cases };

const KERNEL: Elementwise =
    Elementwise { name: "batch_images", source: include_str!("gather.wgsl"), per_step: false, includes: &[] };

/// Buffers that a data set is cut into where one does not hold it.
pub const PARTS: usize = 4;

/// The shared text that reads images out of so many inputs that are parts of the data set, and its constants.
pub fn images_text(parts: &[&Shape]) -> (&'static str, Vec<(&'static str, Constant)>) {
    match parts.len() {
        1 => (include_str!("../common/images1.wgsl"), vec![]),
        _ => (include_str!("../common/images4.wgsl"), vec![("PART", parts[0].sizes()[0].into())]),
    }
}

/// The op.
#[derive(Clone, Debug)]
pub struct BatchImages;

impl Op for BatchImages {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        let [_, h, w, c] = inputs[0].nhwc()?;
        Ok(vec![Shape::new(&[inputs[1].count(), h, w, c])])
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
        let [_, h, w, c] = inputs[0].nhwc().expect("shapes were checked");
        let mut constants = vec![("PIXELS", (h * w * c).into()), ("C", c.into()), ("ROWS", inputs[1].count().into())];
        let parts: Vec<&Shape> = std::iter::once(&inputs[0]).chain(&inputs[3..]).collect();
        let (text, part) = images_text(&parts);
        constants.extend(part);
        let x = Operand::X;
        let mut bindings = vec![read(x(0)), read(x(1)), read(x(2)), write(Operand::Y(0))];
        bindings.extend((3..inputs.len()).map(|i| read(x(i))));
        let elements = inputs[1].count() * h * w * c;
        let kernel = Elementwise { includes: &[text], ..KERNEL };
        kernel.launch(target.precision, elements.div_ceil(4), 4, &constants, &bindings).into()
    }

    fn twin(&self, inputs: &[Array], _step: &Step) -> Vec<Array> {
        let [_, h, w, c] = inputs[0].shape.nhwc().expect("shapes were checked");
        let size = h * w * c;
        let shape = Shape::new(&[inputs[1].data.len(), h, w, c]);
        let value = |i: usize| {
            let image = inputs[1].data[i / size];
            if image == f64::from(NOBODY) {
                return 0.0;
            }
            let byte = byte_of(inputs, image as usize * size + i % size);
            (byte / 255.0 - inputs[2].data[i % c]) / inputs[2].data[c + i % c]
        };
        vec![Array::new(shape.clone(), (0..shape.count()).map(value).collect())]
    }
}

/// A byte of the data set, whose parts follow each other.
fn byte_of(inputs: &[Array], mut at: usize) -> f64 {
    for part in std::iter::once(&inputs[0]).chain(&inputs[3..]) {
        match at.checked_sub(part.data.len()) {
            None => return part.data[at],
            Some(left) => at = left,
        }
    }
    unreachable!("images are in the data set")
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
        in_parts([2, 3, 5, 3], "a data set in four parts, images that straddle words"),
        in_parts([2, 3, 2, 2], "a data set in four parts, images of whole words"),
    ]
}

/// Four parts of two images, the last one of one.
fn in_parts([part, h, w, c]: [usize; 4], reason: &'static str) -> Case {
    let (whole, last) = ([part, h, w, c], [1, h, w, c]);
    let shapes: [&[usize]; 6] = [&whole, &[6], &[2, c], &whole, &whole, &last];
    let nobody = f64::from(NOBODY);
    let mut case = Case::new(BatchImages, &shapes, reason)
        .fill(1, Fill::Exactly(vec![6.0, 1.0, 2.0, nobody, 5.0, 3.0]))
        .fill(2, Fill::Positive);
    for input in [0, 3, 4, 5] {
        case = case.fill(input, Fill::Below(256));
    }
    case
}
