//! Horizontal flips.

use lepton_kernels::augment::Flip;

use super::{Augmentation, any_size, number};

/// This transform in `AUGMENTATIONS`.
pub const ENTRY: Augmentation = Augmentation {
    name: "flip",
    about: "flip left to right: flip, flip=P with a probability of 0..1, or flip=alternate",
    options: &[number("flip.random", 0.0, 1.0, "0.5", "Probability of a horizontal flip.")],
    typed: &[0, 1],
    words: &[("alternate", |policy| policy.flip = Some(Flip::Alternating))],
    ordered: &[],
    set: |policy, numbers| policy.flip = Some(Flip::Random(numbers[0])),
    get: |policy| match policy.flip {
        Some(Flip::Random(probability)) => Some(vec![probability]),
        Some(Flip::Alternating) | None => None,
    },
    fits: any_size,
};
