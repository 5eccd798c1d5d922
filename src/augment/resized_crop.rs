//! Crops of a random size, scaled to the image's size (`RandomResizedCrop`).

use lepton_kernels::augment::Boxes;

use super::{Augmentation, any_size, boxes};

/// `torchvision.transforms.RandomResizedCrop`'s defaults.
pub(super) const DEFAULT: Boxes = Boxes { scale: [0.08, 1.0], ratio: [0.75, 4.0 / 3.0] };

/// This transform in `AUGMENTATIONS`.
pub const ENTRY: Augmentation = Augmentation {
    name: "resized-crop",
    about: "a crop of random size, scaled: resized-crop or resized-crop=LEAST share of the area, 0.01..1",
    options: &boxes::rows(["resized_crop.scale", "resized_crop.ratio"], ["0.08", "1", "0.75", "4/3"]),
    typed: &[0, 1],
    words: &[],
    ordered: &[[0, 1], [2, 3]],
    set: |policy, typed| {
        let least = typed.first().copied().unwrap_or(DEFAULT.scale[0]);
        policy.resized_crop = Some(Boxes { scale: [least, 1.0], ..DEFAULT });
    },
    get: |policy| policy.resized_crop.as_ref().map(boxes::values),
    fits: any_size,
};
