//! Squares that are erased around a random pixel (DeVries 2017).

use super::{Augmentation, any_size, unless_zero, whole};

/// This transform in `AUGMENTATIONS`.
pub const ENTRY: Augmentation = Augmentation {
    name: "cutout",
    about: "erase a square of NxN pixels: cutout=8, 1..4096",
    options: &[whole("cutout", 1, 4096, "Side of the square in pixels.")],
    typed: &[1],
    words: &[],
    ordered: &[],
    set: |policy, numbers| policy.cutout = numbers[0] as u32,
    get: |policy| unless_zero(policy.cutout as f32),
    fits: any_size,
};
