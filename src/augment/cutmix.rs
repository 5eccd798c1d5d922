//! CutMix (Yun 2019).

use super::{Augmentation, any_size, number, unless_zero};

/// This transform in `AUGMENTATIONS`.
pub const ENTRY: Augmentation = Augmentation {
    name: "cutmix",
    about: "paste a box of another image: cutmix=ALPHA, 0.01..100",
    options: &[number("cutmix", 0.01, 100.0, "", "CutMix's alpha.")],
    typed: &[1],
    words: &[],
    ordered: &[],
    set: |policy, numbers| policy.cutmix = numbers[0],
    get: |policy| unless_zero(policy.cutmix),
    fits: any_size,
};
