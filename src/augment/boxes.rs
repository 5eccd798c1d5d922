//! Boxes of a random size and shape, of which two transforms draw.

use lepton_kernels::augment::Boxes;

use super::number;
use crate::table::Field;

/// The rows of a box: least and most share of the area, least and most ratio of width to height.
pub(super) const fn rows(keys: [&'static str; 2], defaults: [&'static str; 4]) -> [Field; 4] {
    [
        number(keys[0], 0.01, 1.0, defaults[0], "Smallest fraction of the area."),
        number(keys[0], 0.01, 1.0, defaults[1], "Largest fraction of the area."),
        number(keys[1], 0.01, 100.0, defaults[2], "Smallest ratio of width to height."),
        number(keys[1], 0.01, 100.0, defaults[3], "Largest ratio of width to height."),
    ]
}

/// The box of these numbers.
pub(super) fn of(numbers: &[f32]) -> Boxes {
    Boxes { scale: [numbers[0], numbers[1]], ratio: [numbers[2], numbers[3]] }
}

/// The numbers of a box.
pub(super) fn values(boxes: &Boxes) -> Vec<f32> {
    [boxes.scale, boxes.ratio].concat()
}
