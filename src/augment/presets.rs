//! Lists of transforms with a name.

/// A list of transforms with a name.
pub struct Preset {
    /// What it is called in a list of augmentations.
    pub name: &'static str,
    /// What it is, in a line.
    pub about: &'static str,
    /// The list, for images of `[h, w]`.
    pub list: fn([usize; 2]) -> String,
}

/// Every named list, from the weakest to the strongest.
pub const PRESETS: [Preset; 3] = [
    Preset {
        name: "light",
        about: "policy: flip, and crop with a padding of a sixteenth of the size",
        list: |size| format!("flip,{}", crop(size, 16)),
    },
    Preset {
        name: "standard",
        about: "policy: flip, and crop with a padding of an eighth (4 for 32x32); resized-crop above 64 pixels",
        list: |size| {
            if size[0].min(size[1]) <= 64 { format!("flip,{}", crop(size, 8)) } else { "flip,resized-crop".into() }
        },
    },
    Preset {
        name: "strong",
        about: "policy: standard, randaugment=2:9 and erase=0.25",
        list: |_| "standard,randaugment=2:9,erase=0.25".into(),
    },
];

/// A crop that may leave the image by a part of its size, with the image mirrored outside.
fn crop([h, w]: [usize; 2], part: usize) -> String {
    format!("crop={},fill=reflect", (h.min(w) / part).clamp(1, 128))
}
