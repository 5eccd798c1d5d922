//! Enlargements.

use super::{Augmentation, any_size, number};

/// This transform in `AUGMENTATIONS`. Enlargements are at most 3.5 apart: fractions of 2^-14 are drawn from 16 bits.
pub const ENTRY: Augmentation = Augmentation {
    name: "zoom",
    about: "zoom by a factor from LEAST to MOST: zoom=0.8:1.25, 0.5..4",
    options: &[
        number("zoom", 0.5, 4.0, "", "Smallest zoom factor."),
        number("zoom", 0.5, 4.0, "", "Largest zoom factor."),
    ],
    typed: &[2],
    words: &[],
    ordered: &[[0, 1]],
    set: |policy, numbers| policy.zoom = Some([numbers[0], numbers[1]]),
    get: |policy| policy.zoom.map(Vec::from),
    fits: any_size,
};
