//! Shears along x.

use super::{Augmentation, any_size, number, unless_zero};

/// This transform in `AUGMENTATIONS`.
pub const ENTRY: Augmentation = Augmentation {
    name: "shear",
    about: "shear by up to DEGREES: shear=10, 0..45",
    options: &[number("shear", 0.0, 45.0, "", "Largest shear along x in degrees, in either direction.")],
    typed: &[1],
    words: &[],
    ordered: &[],
    set: |policy, numbers| policy.shear = numbers[0],
    get: |policy| unless_zero(policy.shear),
    fits: any_size,
};
