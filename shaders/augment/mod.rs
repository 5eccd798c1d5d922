//! The images of a batch, augmented: gathered from the data set as bytes, resampled once, recoloured, partly erased,
//! normalised and mixed, with nothing stored in between.
//!
//! Inputs: the data set `[images, h, w, c]` (u8), image numbers `[batch]` (u32), labels `[batch]` (u32), means and deviations
//! `[2, c]`, the policy's table ([`Policy::table`], u32), and what else there is of the data set ([`data_set`]). Output 0: the images `[batch, h, w, c]`. A policy that mixes has
//! three more: label `[batch]` (u32), other label `[batch]` (u32), and the first label's share `[batch]`, never below a half.
//!
//! What an image undergoes is a pure function of `step.augment_key` (seed and epoch) and its own number. How rows are mixed
//! is a matter of the step: `step.mix_other` and the box of `step.mix_rows` and `step.mix_columns`. Where the data set is a window,
//! images are read at their places `[batch]` (u32), one more input, and still draw by their numbers.

use crate::data_set;
use crate::dispatch::{Elementwise, Operand, WORKGROUP, read, update, write};
use crate::dtype::{Dtype, Precision};
use crate::target::Target;
use crate::{Array, Binding, Entry, Lowered, Mode, Op, Shape, ShapeError, Step};

mod cases;
pub mod draw;
mod policy;
mod twin;

pub use policy::{
    Boxes, Erase, Flip, Jitter, LARGEST, MOST_OPERATIONS, ONE, Outside, Policy, RandAugment, STEPS, TABLE,
};

/// This op in `OPS`.
pub const ENTRY: Entry = Entry {
    name: "augment",
    summary: "gathers bytes from the data set and augments them: geometry, colour, erasing, normalisation, mixing",
    cases: cases::cases,
};

const SOURCE: &str = include_str!("source.wgsl");
const COLOUR: &str = include_str!("colour.wgsl");
const SEEN_TEXT: &str = include_str!("seen.wgsl");
const UNSEEN_TEXT: &str = include_str!("unseen.wgsl");
const DRAW: Elementwise = Elementwise {
    name: "augment/draw",
    source: include_str!("draw.wgsl"),
    per_step: true,
    includes: &[crate::source::RANDOM, include_str!("numbers.wgsl"), include_str!("place_number.wgsl")],
};
const PLACED_DRAW: Elementwise = Elementwise {
    includes: &[crate::source::RANDOM, include_str!("numbers.wgsl"), include_str!("place_window.wgsl")],
    ..DRAW
};
const STATISTICS: Elementwise =
    Elementwise { name: "augment/statistics", source: include_str!("statistics.wgsl"), per_step: false, includes: &[] };
const PIXELS: Elementwise =
    Elementwise { name: "augment", source: include_str!("pixels.wgsl"), per_step: true, includes: &[] };
const SEEN_PIXELS: Elementwise = Elementwise { name: "augment/coloured", ..PIXELS };
const MIX: Elementwise =
    Elementwise { name: "augment/mix", source: include_str!("mix.wgsl"), per_step: true, includes: &[] };

/// The number of the input that says where images lie in a window.
const PLACES: usize = 5;
/// Words of what is drawn for a row.
const DRAWN: usize = 16;
/// Words of a slot of statistics.
const SEEN: usize = 4;

/// Gathers, augments and normalises a batch `[batch, h, w, c]`, as `torchvision.transforms.v2` would image by image.
#[derive(Clone, Debug)]
pub struct Augment {
    /// What may happen to an image, and how often.
    pub policy: Policy,
    /// Whether the data set is a window of it, so that there is a place for each image: an input before the rest of the data set.
    pub windowed: bool,
}

impl Augment {
    /// From the bytes of the whole data set.
    pub fn new(policy: Policy) -> Self {
        Augment { policy, windowed: false }
    }

    /// The number of the first input that is more of the data set.
    fn more_data(&self) -> usize {
        if self.windowed { PLACES + 1 } else { PLACES }
    }

    /// Slots of statistics for images of `channels`: one for each operation, and one for jitter.
    fn slots(&self, channels: usize) -> usize {
        self.policy.operations() + usize::from(self.policy.jitter_of(channels).is_some())
    }
}

impl Op for Augment {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        let [_, h, w, c] = inputs[0].nhwc()?;
        if h > LARGEST || w > LARGEST {
            let message =
                format!("augmentation takes images of up to {LARGEST}x{LARGEST} pixels, but these are {h}x{w}");
            return Err(ShapeError::new(message).hint("smaller images, or no augmentation"));
        }
        let colours = self.policy.changes_colours();
        if c > 4 || (colours && c != 1 && c != 3) {
            let most = if colours { "1 or 3 channels where colours change" } else { "up to 4 channels" };
            let message = format!("augmentation takes images of {most}, but these have {c}");
            return Err(ShapeError::new(message).hint("transforms without colours, or images of 1 or 3 channels"));
        }
        let rows = Shape::new(&[inputs[1].count()]);
        let mut outputs = vec![Shape::new(&[inputs[1].count(), h, w, c])];
        if self.policy.mixes() {
            outputs.extend([rows.clone(), rows.clone(), rows]);
        }
        Ok(outputs)
    }

    fn input_dtype(&self, input: usize) -> Dtype {
        match input {
            1 | 2 | 4 => Dtype::U32,
            PLACES if self.windowed => Dtype::U32,
            3 => Dtype::F32,
            _ => Dtype::U8,
        }
    }

    fn output_dtype(&self, output: usize) -> Dtype {
        [Dtype::Real, Dtype::U32, Dtype::U32, Dtype::F32][output]
    }

    fn differentiable(&self, _input: usize) -> bool {
        false
    }

    fn forward(&self, inputs: &[Shape], _mode: Mode, target: &Target) -> Lowered {
        let [_, h, w, c] = inputs[0].nhwc().expect("shapes were checked");
        let rows = inputs[1].count();
        let (x, y) = (Operand::X, Operand::Y);
        let (drawn, seen) = (Operand::Scratch(0), Operand::Scratch(1));
        let draws = self.policy.draw_constants([h, w, c]);
        let mut bindings = vec![read(x(1)), read(x(4)), write(drawn)];
        if self.windowed {
            bindings.push(read(x(PLACES)));
        }
        let draw = if self.windowed { PLACED_DRAW } else { DRAW };
        let more = self.more_data();
        // two boxes of ten attempts, operations, the order of jitter
        let mut dispatches = vec![draw.launch(Precision::F32, rows, 2 * 10 + MOST_OPERATIONS + 4, &draws, &bindings)];
        let slots = self.slots(c);
        let (data, part) = data_set::text(&inputs[0], &inputs[more..]);
        let mut constants = self.policy.pixel_constants([h, w, c]);
        constants.extend(part);
        for slot in 0..slots {
            let mut own = constants.clone();
            own.push(("SLOT", slot.into()));
            let iterations = (h * w).div_ceil(64) * (1 + c + slot + 4) + 64;
            // later slots add to what earlier ones left
            let mut bindings = vec![read(x(0)), read(drawn), update(seen)];
            bindings.extend(data_set::more(more, &inputs[more..]));
            let kernel = Elementwise { includes: &[data, SOURCE, COLOUR], ..STATISTICS };
            dispatches.push(kernel.launch(Precision::F32, rows * WORKGROUP as usize, iterations, &own, &bindings));
        }
        constants.push(("MIXES", self.policy.mixes().into()));
        constants.push(("ERASES", (self.policy.erase.is_some() || self.policy.cutout > 0).into()));
        let mut bindings: Vec<Binding> = vec![read(x(0)), read(drawn), read(x(3)), write(y(0))];
        let kernel = if slots > 0 { SEEN_PIXELS } else { PIXELS };
        if slots > 0 {
            bindings.push(read(seen));
        }
        bindings.extend(data_set::more(more, &inputs[more..]));
        let includes = [data, SOURCE, COLOUR, if slots > 0 { SEEN_TEXT } else { UNSEEN_TEXT }];
        let kernel = Elementwise { includes: &includes, ..kernel };
        let iterations = c + 4 * (2 * (c + slots + 4) + c);
        dispatches.push(kernel.launch(target.precision, rows * (h * w).div_ceil(4), iterations, &constants, &bindings));
        if self.policy.mixes() {
            let bindings = [read(x(2)), write(y(1)), write(y(2)), write(y(3))];
            dispatches.push(MIX.launch(Precision::F32, rows, 0, &[], &bindings));
        }
        let mut scratch = vec![rows * DRAWN];
        if slots > 0 {
            scratch.push(rows * SEEN * slots);
        }
        Lowered { scratch, dispatches, ..Lowered::default() }
    }

    fn tolerance(&self) -> f64 {
        // jitter rounds values up to 1 some eight times, and a small deviation enlarges that; all else is whole numbers
        if self.policy.jitter.is_some() { 5e-6 } else { 2e-6 }
    }

    fn twin(&self, inputs: &[Array], step: &Step) -> Vec<Array> {
        twin::twin(self, inputs, step)
    }
}
