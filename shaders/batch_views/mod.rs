//! The images of a batch as evaluation looks at them: as they are, mirrored, shifted.
//!
//! Inputs: the data set `[images, h, w, c]` (u8), image numbers `[batch]` (u32), mean and standard deviation of each channel
//! `[2, c]`, and what else there is of the data set ([`data_set`]). Output `[batch, h, w, c]`, as that of [`batch_images`](crate::batch_images), of the view `step.view`.

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
    Entry { name: "batch_views", summary: "gathers bytes and normalises them, mirrored and shifted by a view", cases };

const KERNEL: Elementwise =
    Elementwise { name: "batch_views", source: include_str!("views.wgsl"), per_step: true, includes: &[] };

/// A way to look at an image: moved, with what lies outside mirrored at the border, then mirrored left to right.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    /// Left to right.
    pub mirror: bool,
    /// Before that, pixel `[i, j]` is pixel `[i + shift[0], j + shift[1]]` of the image; -127..=127.
    pub shift: [i32; 2],
    /// Its weight in the average.
    pub weight: f32,
}

impl View {
    /// The word of [`Step::view`].
    pub fn word(&self) -> u32 {
        let [rows, columns] = self.shift.map(|pixels| (pixels + 128) as u32 & 255);
        u32::from(self.mirror) | rows << 8 | columns << 16
    }
}

/// [`BatchImages`](crate::batch_images::BatchImages) in the view `step.view`: as they are, mirrored or shifted.
#[derive(Clone, Debug)]
pub struct BatchViews;

impl Op for BatchViews {
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
        let (text, part) = data_set::text(&inputs[DATA], &inputs[MORE_DATA..]);
        let mut constants = vec![("H", h.into()), ("W", w.into()), ("C", c.into())];
        constants.extend(part);
        let x = Operand::X;
        let mut bindings = vec![read(x(DATA)), read(x(IMAGE_NUMBERS)), read(x(NORM)), write(Operand::Y(0))];
        bindings.extend(data_set::more(MORE_DATA, &inputs[MORE_DATA..]));
        let kernel = Elementwise { includes: &[text], ..KERNEL };
        kernel.launch(target.precision, inputs[IMAGE_NUMBERS].count() * h * w * c, 0, &constants, &bindings).into()
    }

    fn twin(&self, inputs: &[Array], step: &Step) -> Vec<Array> {
        let [_, h, w, c] = inputs[DATA].shape.nhwc().expect("shapes were checked");
        let data = data_set::whole(&inputs[DATA], &inputs[MORE_DATA..]);
        let mut y = Array::zeros(Shape::new(&[inputs[IMAGE_NUMBERS].data.len(), h, w, c]));
        let decode = |byte: u32| if step.view == 0 { 0 } else { i64::from(byte & 255) - 128 };
        let shift = [decode(step.view >> 8), decode(step.view >> 16)];
        let mirrored = |mut i: i64, n: usize| {
            let last = n as i64 - 1;
            while last > 0 && !(0..=last).contains(&i) {
                i = if i < 0 { -i } else { 2 * last - i };
            }
            i.clamp(0, last) as usize
        };
        for i in 0..y.data.len() {
            let number = inputs[IMAGE_NUMBERS].data[i / (h * w * c)];
            if number == f64::from(NOBODY) {
                continue;
            }
            let row = mirrored((i / c / w % h) as i64 + shift[0], h);
            let column = if step.view & 1 == 1 { w - 1 - i / c % w } else { i / c % w };
            let column = mirrored(column as i64 + shift[1], w);
            let byte = data.data[data.at4(number as usize, row, column, i % c)];
            y.data[i] = (byte / 255.0 - inputs[NORM].data[i % c]) / inputs[NORM].data[c + i % c];
        }
        vec![y]
    }
}

fn cases() -> Vec<Case> {
    let rows = Fill::Exactly(vec![4.0, 0.0, 2.0, 2.0, f64::from(NOBODY)]);
    let case = |h, w, view: Option<(bool, [i32; 2])>, reason| {
        let word = |(mirror, shift)| View { mirror, shift, weight: 1.0 }.word();
        Case::new(BatchViews, &[&[5, h, w, 3], &[5], &[2, 3]], reason)
            .fill(0, Fill::Below(256))
            .fill(1, rows.clone())
            .fill(2, Fill::Exactly(vec![0.5, 0.45, 0.4, 0.25, 0.2, 0.3]))
            .step(Step { view: view.map_or(0, word), ..Step::default() })
    };
    vec![
        case(3, 5, None, "as it is"),
        case(3, 5, Some((true, [0, 0])), "mirrored"),
        case(4, 7, Some((false, [-1, 2])), "shifted, a mirror at the border"),
        case(6, 3, Some((true, [1, -1])), "shifted, then mirrored"),
        case(2, 1, Some((false, [5, 3])), "a shift past the image, a single column"),
        case(4, 3, Some((true, [-1, 0])), "a data set in four parts").in_parts(),
    ]
}
