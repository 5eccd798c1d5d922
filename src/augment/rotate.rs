//! Rotations around the centre.

use super::{Augmentation, any_size, number, unless_zero};

/// This transform in `AUGMENTATIONS`.
pub const ENTRY: Augmentation = Augmentation {
    name: "rotate",
    about: "rotate by up to DEGREES: rotate=15, 0..180",
    options: &[number("rotate", 0.0, 180.0, "", "Largest angle in degrees, in either direction.")],
    typed: &[1],
    words: &[],
    ordered: &[],
    set: |policy, numbers| policy.rotate = numbers[0],
    get: |policy| unless_zero(policy.rotate),
    fits: any_size,
};
