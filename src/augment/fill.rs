//! What is seen outside of an image.

use lepton_kernels::augment::Outside;

use super::{Augmentation, any_size};

/// This transform in `AUGMENTATIONS`.
pub const ENTRY: Augmentation = Augmentation {
    name: "fill",
    about: "padding outside the image: fill=zero, fill=reflect or fill=edge",
    options: &[],
    typed: &[],
    words: &[
        ("zero", |policy| policy.outside = Outside::Zero),
        ("reflect", |policy| policy.outside = Outside::Reflect),
        ("edge", |policy| policy.outside = Outside::Edge),
    ],
    ordered: &[],
    set: |_, _| {},
    get: |_| None,
    fits: any_size,
};
