//! Crops of a random size, scaled to the image's size (`RandomResizedCrop`).

use super::{Augmentation, any_size, boxes};

/// `torchvision.transforms.RandomResizedCrop`'s defaults: areas, and ratios of 3/4 to 4/3.
const DEFAULTS: [&str; 4] = ["0.08", "1", "0.75", "1.3333334"];

/// This transform in `AUGMENTATIONS`.
pub const ENTRY: Augmentation = Augmentation {
    name: "resized-crop",
    about: "random crop, resized: resized-crop, or resized-crop=LEAST with the smallest fraction of the area, 0.01..1",
    options: &boxes::rows(["resized_crop.scale", "resized_crop.ratio"], DEFAULTS),
    typed: &[0, 1],
    words: &[],
    ordered: &[[0, 1], [2, 3]],
    set: |policy, numbers| policy.resized_crop = Some(boxes::of(numbers)),
    get: |policy| policy.resized_crop.as_ref().map(boxes::values),
    fits: any_size,
};
