//! Random brightness, contrast, saturation and hue (`ColorJitter`).

use lepton_kernels::augment::Jitter;

use super::{Augmentation, any_size, number};

/// This transform in `AUGMENTATIONS`.
pub const ENTRY: Augmentation = Augmentation {
    name: "jitter",
    about: "colour jitter: jitter=X or jitter=BRIGHTNESS:CONTRAST:SATURATION:HUE, 0..1 and hue 0..0.5",
    options: &[
        number("jitter.brightness", 0.0, 1.0, "", "Brightness: factors from 1 - x to 1 + x."),
        number("jitter.contrast", 0.0, 1.0, "", "Contrast, around the image's mean grey."),
        number("jitter.saturation", 0.0, 1.0, "", "Saturation, around each pixel's grey."),
        number(
            "jitter.hue",
            0.0,
            0.5,
            "",
            "Hue, as a fraction of a turn in either direction; a single number sets a quarter of itself.",
        ),
    ],
    typed: &[1, 4],
    words: &[],
    ordered: &[],
    set: |policy, numbers| {
        let (brightness, contrast, saturation, hue) = match *numbers {
            [all] => (all, all, all, (all / 4.0).min(0.5)),
            _ => (numbers[0], numbers[1], numbers[2], numbers[3]),
        };
        policy.jitter = Some(Jitter { brightness, contrast, saturation, hue });
    },
    get: |policy| policy.jitter.map(|jitter| vec![jitter.brightness, jitter.contrast, jitter.saturation, jitter.hue]),
    fits: any_size,
};
