//! Presets: model files that are part of the program. A new one is a file in `models/` and a line here.

/// A model file with its name.
pub struct Preset {
    /// What `--model` calls it.
    pub name: &'static str,
    /// What it is for.
    pub summary: &'static str,
    /// The model file's content.
    pub text: &'static str,
}

/// The preset of this name.
pub fn preset(name: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|preset| preset.name == name)
}

/// Every preset. The larger ones are written by `scripts/make_models.py`.
pub const PRESETS: &[Preset] = &[
    Preset {
        name: "seed-mnist",
        summary: "three 3x3 convolutions and two linear layers for 28x28 greyscale images",
        text: include_str!("../../models/seed-mnist.toml"),
    },
    Preset {
        name: "seed-cifar",
        summary: "three 3x3 convolutions and two linear layers for 32x32 colour images",
        text: include_str!("../../models/seed-cifar.toml"),
    },
    Preset {
        name: "seed-functional",
        summary: "one convolution and one linear layer for 28x28 greyscale images",
        text: include_str!("../../models/seed-functional.toml"),
    },
    Preset {
        name: "linear",
        summary: "logistic regression on 28x28 greyscale images",
        text: include_str!("../../models/linear.toml"),
    },
    Preset {
        name: "autoencoder",
        summary: "autoencoder for 28x28 greyscale images with a code of 16 numbers: two 3x3 convolutions and two transposed ones",
        text: include_str!("../../models/autoencoder.toml"),
    },
    Preset {
        name: "photo-small",
        summary: "four 3x3 convolutions and two linear layers for 64x64 colour photos of any number of classes",
        text: include_str!("../../models/photo-small.toml"),
    },
    Preset {
        name: "photo-norm",
        summary: "six 3x3 convolutions with batch norm for 64x64 colour photos of any number of classes",
        text: include_str!("../../models/photo-norm.toml"),
    },
    Preset {
        name: "text-small",
        summary: "an embedding, a convolution over three words, mean pooling and a linear layer, for texts of any number of classes",
        text: include_str!("../../models/text-small.toml"),
    },
    Preset {
        name: "lenet5",
        summary: "LeNet-5 (LeCun et al. 1998) for 28x28 greyscale images",
        text: include_str!("../../models/lenet5.toml"),
    },
    Preset {
        name: "resnet20",
        summary: "ResNet-20 (He et al. 2016, CIFAR form) for 32x32 colour images: three blocks per stage",
        text: include_str!("../../models/resnet20.toml"),
    },
    Preset {
        name: "resnet32",
        summary: "ResNet-32 (CIFAR form) for 32x32 colour images: five blocks per stage",
        text: include_str!("../../models/resnet32.toml"),
    },
    Preset {
        name: "resnet44",
        summary: "ResNet-44 (CIFAR form) for 32x32 colour images: seven blocks per stage",
        text: include_str!("../../models/resnet44.toml"),
    },
    Preset {
        name: "resnet56",
        summary: "ResNet-56 (CIFAR form) for 32x32 colour images: nine blocks per stage",
        text: include_str!("../../models/resnet56.toml"),
    },
    Preset {
        name: "resnet110",
        summary: "ResNet-110 (CIFAR form) for 32x32 colour images: 18 blocks per stage",
        text: include_str!("../../models/resnet110.toml"),
    },
    Preset {
        name: "resnet20-projection",
        summary: "ResNet-20 (CIFAR form) for 32x32 colour images, with projections as shortcuts (option B)",
        text: include_str!("../../models/resnet20-projection.toml"),
    },
    Preset {
        name: "resnet32-projection",
        summary: "ResNet-32 (CIFAR form) for 32x32 colour images, with projections as shortcuts (option B)",
        text: include_str!("../../models/resnet32-projection.toml"),
    },
    Preset {
        name: "resnet44-projection",
        summary: "ResNet-44 (CIFAR form) for 32x32 colour images, with projections as shortcuts (option B)",
        text: include_str!("../../models/resnet44-projection.toml"),
    },
    Preset {
        name: "resnet56-projection",
        summary: "ResNet-56 (CIFAR form) for 32x32 colour images, with projections as shortcuts (option B)",
        text: include_str!("../../models/resnet56-projection.toml"),
    },
    Preset {
        name: "resnet20-no-norm",
        summary: "nine residual blocks for 32x32 colour images, without batch normalisation",
        text: include_str!("../../models/resnet20-no-norm.toml"),
    },
    Preset {
        name: "resnet18-cifar",
        summary: "ResNet-18 with a 3x3 stem for 32x32 colour images",
        text: include_str!("../../models/resnet18-cifar.toml"),
    },
    Preset {
        name: "resnet34-cifar",
        summary: "ResNet-34 with a 3x3 stem for 32x32 colour images",
        text: include_str!("../../models/resnet34-cifar.toml"),
    },
    Preset {
        name: "resnet50-cifar",
        summary: "ResNet-50 with a 3x3 stem for 32x32 colour images",
        text: include_str!("../../models/resnet50-cifar.toml"),
    },
    Preset {
        name: "wide-resnet-28-10",
        summary: "Wide ResNet 28-10 (Zagoruyko and Komodakis 2016) for 32x32 colour images",
        text: include_str!("../../models/wide-resnet-28-10.toml"),
    },
    Preset {
        name: "speednet",
        summary: "the network of the CIFAR-10 speed records (airbench94, Jordan 2024) for 32x32 colour images",
        text: include_str!("../../models/speednet.toml"),
    },
    Preset {
        name: "resnet18",
        summary: "ResNet-18 (He et al. 2016) for 224x224 colour images",
        text: include_str!("../../models/resnet18.toml"),
    },
    Preset {
        name: "resnet34",
        summary: "ResNet-34 for 224x224 colour images",
        text: include_str!("../../models/resnet34.toml"),
    },
    Preset {
        name: "resnet50",
        summary: "ResNet-50 for 224x224 colour images",
        text: include_str!("../../models/resnet50.toml"),
    },
    Preset {
        name: "vgg11",
        summary: "VGG-11 (Simonyan and Zisserman 2015) with batch norm for 224x224 colour images",
        text: include_str!("../../models/vgg11.toml"),
    },
    Preset {
        name: "vgg16",
        summary: "VGG-16 with batch norm for 224x224 colour images",
        text: include_str!("../../models/vgg16.toml"),
    },
    Preset {
        name: "vgg11-no-norm",
        summary: "VGG-11 without batch norm for 224x224 colour images",
        text: include_str!("../../models/vgg11-no-norm.toml"),
    },
    Preset {
        name: "vgg16-no-norm",
        summary: "VGG-16 without batch norm for 224x224 colour images",
        text: include_str!("../../models/vgg16-no-norm.toml"),
    },
    Preset {
        name: "mobilenet-v2",
        summary: "MobileNetV2 (Sandler et al. 2018) for 224x224 colour images",
        text: include_str!("../../models/mobilenet-v2.toml"),
    },
    Preset {
        name: "efficientnet-lite0",
        summary: "EfficientNet-Lite0 (after Tan and Le 2019) for 224x224 colour images, with weights learned on ImageNet",
        text: include_str!("../../models/efficientnet-lite0.toml"),
    },
    Preset {
        name: "photo-lite0",
        summary: "a small network on features of EfficientNet-Lite0 at six depths for 160x160 colour photos of any number of classes",
        text: include_str!("../../models/photo-lite0.toml"),
    },
    Preset {
        name: "efficientnet-lite0-symmetric",
        summary: "EfficientNet-Lite0 padded alike on all sides, as timm's own, for 224x224 colour images",
        text: include_str!("../../models/efficientnet-lite0-symmetric.toml"),
    },
    Preset {
        name: "convnext-atto",
        summary: "ConvNeXt-Atto (after Liu et al. 2022) for 224x224 colour images",
        text: include_str!("../../models/convnext-atto.toml"),
    },
    Preset {
        name: "convnext-tiny",
        summary: "ConvNeXt-Tiny (Liu et al. 2022) for 224x224 colour images",
        text: include_str!("../../models/convnext-tiny.toml"),
    },
    Preset {
        name: "dcgan",
        summary: "generator and discriminator (DCGAN, Radford et al. 2016) for 28x28 greyscale images",
        text: include_str!("../../models/dcgan.toml"),
    },
    Preset {
        name: "text-cnn",
        summary: "convolutions over three, four and five words (Kim 2014) for texts",
        text: include_str!("../../models/text-cnn.toml"),
    },
];
