//! Vertical flips.

use super::{Augmentation, any_size, number, unless_zero};

/// This transform in `AUGMENTATIONS`.
pub const ENTRY: Augmentation = Augmentation {
    name: "vflip",
    about: "flip top to bottom: vflip or vflip=P",
    options: &[number("flip_vertical", 0.0, 1.0, "0.5", "Probability of a vertical flip.")],
    typed: &[0, 1],
    words: &[],
    ordered: &[],
    set: |policy, numbers| policy.flip_vertical = numbers[0],
    get: |policy| unless_zero(policy.flip_vertical),
    fits: any_size,
};
