//! Some images without their colours (`RandomGrayscale`).

use super::{Augmentation, any_size, number, unless_zero};

/// This transform in `AUGMENTATIONS`.
pub const ENTRY: Augmentation = Augmentation {
    name: "grayscale",
    about: "turn grey, after other colour changes: grayscale or grayscale=P",
    options: &[number("grayscale", 0.0, 1.0, "0.1", "Probability that an image turns grey.")],
    typed: &[0, 1],
    words: &[],
    ordered: &[],
    set: |policy, numbers| policy.grayscale = numbers[0],
    get: |policy| unless_zero(policy.grayscale),
    fits: any_size,
};
