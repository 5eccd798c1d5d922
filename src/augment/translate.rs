//! Shifts by whole pixels.

use super::{Augmentation, any_size, number, unless_zero};

/// This transform in `AUGMENTATIONS`.
pub const ENTRY: Augmentation = Augmentation {
    name: "translate",
    about: "shift by up to this FRACTION of the size: translate=0.1, 0..1",
    options: &[number("translate", 0.0, 1.0, "", "Largest shift, as a fraction of height and width.")],
    typed: &[1],
    words: &[],
    ordered: &[],
    set: |policy, numbers| policy.translate = numbers[0],
    get: |policy| unless_zero(policy.translate),
    fits: any_size,
};
