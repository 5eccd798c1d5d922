//! Residual networks: torchvision, timm, and two collections of networks for CIFAR.

use super::architecture::{Architecture, Rule, name};

const BODY: &[Rule] = &[
    name("stem_conv", "conv1"),
    name("stem_norm", "bn1"),
    name("stage{}_{}_{}_conv", "layer{1}.{2-1}.conv{3}"),
    name("stage{}_{}_{}_norm", "layer{1}.{2-1}.bn{3}"),
];

const DOWNSAMPLE: &[Rule] = &[
    name("stage{}_{}_shortcut_conv", "layer{1}.{2-1}.downsample.0"),
    name("stage{}_{}_shortcut_norm", "layer{1}.{2-1}.downsample.1"),
    name("classes", "fc"),
];

/// ResNets for ImageNet; timm has the same names and computes the same.
const TORCHVISION: Architecture = Architecture {
    source: "torchvision",
    models: &[("resnet18", &["resnet18"]), ("resnet34", &["resnet34"]), ("resnet50", &["resnet50"])],
    stages: &[],
    rules: &[BODY, DOWNSAMPLE],
    normalize: "imagenet",
    python: "torchvision.models.{name}(num_classes={classes})",
};

/// ResNets for CIFAR with projections (option B), as chenyaofo/pytorch-cifar-models has them.
const CIFAR_PROJECTION: Architecture = Architecture {
    source: "chenyaofo/pytorch-cifar-models",
    models: &[
        ("resnet20-projection", &["resnet20", "cifar10_resnet20"]),
        ("resnet32-projection", &["resnet32", "cifar10_resnet32"]),
        ("resnet44-projection", &["resnet44", "cifar10_resnet44"]),
        ("resnet56-projection", &["resnet56", "cifar10_resnet56"]),
    ],
    rules: &[BODY, DOWNSAMPLE],
    normalize: "0.4914,0.4822,0.4465:0.2023,0.1994,0.2010",
    python: "",
    ..TORCHVISION
};

/// ResNets for CIFAR without projections (option A), as akamaster/pytorch_resnet_cifar10 has them.
const CIFAR: Architecture = Architecture {
    source: "akamaster/pytorch_resnet_cifar10",
    models: &[
        ("resnet20", &["resnet20"]),
        ("resnet32", &["resnet32"]),
        ("resnet44", &["resnet44"]),
        ("resnet56", &["resnet56"]),
        ("resnet110", &["resnet110"]),
    ],
    rules: &[BODY, &[name("classes", "linear")]],
    python: "",
    ..TORCHVISION
};

/// Wider ResNets for CIFAR, as kuangliu/pytorch-cifar has them.
const CIFAR_WIDE: Architecture = Architecture {
    source: "kuangliu/pytorch-cifar",
    models: &[("resnet18-cifar", &["ResNet18"]), ("resnet34-cifar", &["ResNet34"]), ("resnet50-cifar", &["ResNet50"])],
    rules: &[
        BODY,
        &[
            name("stage{}_{}_shortcut_conv", "layer{1}.{2-1}.shortcut.0"),
            name("stage{}_{}_shortcut_norm", "layer{1}.{2-1}.shortcut.1"),
            name("classes", "linear"),
        ],
    ],
    normalize: "0.4914,0.4822,0.4465:0.2023,0.1994,0.2010",
    python: "",
    ..TORCHVISION
};

/// Every row.
pub(super) const ALL: &[Architecture] = &[TORCHVISION, CIFAR_PROJECTION, CIFAR, CIFAR_WIDE];
