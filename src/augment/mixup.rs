//! Mixup (Zhang 2017).

use super::{Augmentation, any_size, number, unless_zero};

/// This transform in `AUGMENTATIONS`.
pub const ENTRY: Augmentation = Augmentation {
    name: "mixup",
    about: "blend two images: mixup=ALPHA, 0.01..100",
    options: &[number("mixup", 0.01, 100.0, "", "Mixup's alpha.")],
    typed: &[1],
    words: &[],
    ordered: &[],
    set: |policy, numbers| policy.mixup = numbers[0],
    get: |policy| unless_zero(policy.mixup),
    fits: any_size,
};
