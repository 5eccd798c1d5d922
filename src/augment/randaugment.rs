//! Operations out of a list, drawn for every image (Cubuk 2019).

use lepton_kernels::augment::{MOST_OPERATIONS, RandAugment};

use super::{Augmentation, any_size, whole};

/// This transform in `AUGMENTATIONS`.
pub const ENTRY: Augmentation = Augmentation {
    name: "randaugment",
    about: "OPERATIONS:MAGNITUDE: randaugment=2:9, 1..4 and 0..30",
    options: &[
        whole("randaugment.operations", 1, MOST_OPERATIONS as u64, "Number of operations per image."),
        whole("randaugment.magnitude", 0, 30, "Strength of the operations."),
    ],
    typed: &[2],
    words: &[],
    ordered: &[],
    set: |policy, numbers| {
        policy.randaugment = Some(RandAugment { operations: numbers[0] as u32, magnitude: numbers[1] as u32 });
    },
    get: |policy| policy.randaugment.map(|list| vec![list.operations as f32, list.magnitude as f32]),
    fits: any_size,
};
