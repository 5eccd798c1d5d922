//! Presets: model files that are part of the program. A new one is a file in `models/` and a line here.

/// A model file with its name.
pub struct Preset {
    /// What `--model` calls it.
    pub name: &'static str,
    /// What it is for.
    pub summary: &'static str,
    /// The model file.
    pub text: &'static str,
}

/// Every preset.
pub const PRESETS: &[Preset] = &[
    Preset {
        name: "seed-mnist",
        summary: "three 3x3 convolutions and two linear layers for 28x28 grey images",
        text: include_str!("../../models/seed-mnist.toml"),
    },
    Preset {
        name: "seed-cifar",
        summary: "the same for 32x32 colour images",
        text: include_str!("../../models/seed-cifar.toml"),
    },
    Preset {
        name: "seed-functional",
        summary: "one convolution and one linear layer for 28x28 grey images",
        text: include_str!("../../models/seed-functional.toml"),
    },
    Preset {
        name: "resnet20",
        summary: "ResNet-20 for 32x32 colour images: nine residual blocks with batch normalisation",
        text: include_str!("../../models/resnet20.toml"),
    },
    Preset {
        name: "resnet20-no-norm",
        summary: "nine residual blocks for 32x32 colour images, without batch normalisation",
        text: include_str!("../../models/resnet20-no-norm.toml"),
    },
    Preset {
        name: "photo-small",
        summary: "four 3x3 convolutions and two linear layers for 64x64 colour photos of any number of classes",
        text: include_str!("../../models/photo-small.toml"),
    },
    Preset {
        name: "linear",
        summary: "logistic regression on 28x28 grey images",
        text: include_str!("../../models/linear.toml"),
    },
    Preset {
        name: "text-small",
        summary: "an embedding, a convolution over three words, a mean and a linear layer for texts of any number of classes",
        text: include_str!("../../models/text-small.toml"),
    },
];
