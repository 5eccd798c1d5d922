//! Networks of inverted residual blocks: MobileNetV2 and EfficientNet-Lite0.

use super::architecture::{Architecture, Rule, name};

const MOBILENET: Architecture = Architecture {
    source: "torchvision",
    models: &[("mobilenet-v2", &["mobilenet_v2"])],
    stages: &[],
    rules: &[],
    normalize: "imagenet",
    python: "torchvision.models.{name}(num_classes={classes})",
};

/// MobileNetV2 with torchvision's names.
const MOBILENET_TORCHVISION: Architecture = Architecture {
    rules: &[&[
        name("stem_conv", "features.0.0"),
        name("stem_norm", "features.0.1"),
        // the first block does not expand, so its parts have other numbers
        name("block1_depthwise_conv", "features.1.conv.0.0"),
        name("block1_depthwise_norm", "features.1.conv.0.1"),
        name("block1_project_conv", "features.1.conv.1"),
        name("block1_project_norm", "features.1.conv.2"),
        name("block{}_expand_conv", "features.{1}.conv.0.0"),
        name("block{}_expand_norm", "features.{1}.conv.0.1"),
        name("block{}_depthwise_conv", "features.{1}.conv.1.0"),
        name("block{}_depthwise_norm", "features.{1}.conv.1.1"),
        name("block{}_project_conv", "features.{1}.conv.2"),
        name("block{}_project_norm", "features.{1}.conv.3"),
        name("last_conv", "features.18.0"),
        name("last_norm", "features.18.1"),
        name("classes", "classifier.1"),
    ]],
    ..MOBILENET
};

/// timm's names of a network of such blocks.
const BLOCKS_TIMM: &[Rule] = &[
    name("stem_conv", "conv_stem"),
    name("stem_norm", "bn1"),
    name("block1_depthwise_conv", "blocks.0.0.conv_dw"),
    name("block1_depthwise_norm", "blocks.0.0.bn1"),
    name("block1_project_conv", "blocks.0.0.conv_pw"),
    name("block1_project_norm", "blocks.0.0.bn2"),
    name("block{}_expand_conv", "blocks.{1.stage}.{1.block}.conv_pw"),
    name("block{}_expand_norm", "blocks.{1.stage}.{1.block}.bn1"),
    name("block{}_depthwise_conv", "blocks.{1.stage}.{1.block}.conv_dw"),
    name("block{}_depthwise_norm", "blocks.{1.stage}.{1.block}.bn2"),
    name("block{}_project_conv", "blocks.{1.stage}.{1.block}.conv_pwl"),
    name("block{}_project_norm", "blocks.{1.stage}.{1.block}.bn3"),
    name("last_conv", "conv_head"),
    name("last_norm", "bn2"),
    name("classes", "classifier"),
];

/// MobileNetV2 with timm's names.
const MOBILENET_TIMM: Architecture = Architecture {
    source: "timm",
    models: &[("mobilenet-v2", &["mobilenetv2_100"])],
    stages: &[1, 2, 3, 4, 3, 3, 1],
    rules: &[BLOCKS_TIMM],
    python: "timm.create_model('{name}', num_classes={classes})",
    ..MOBILENET
};

const LITE0: Architecture = Architecture { stages: &[1, 2, 2, 3, 3, 4, 1], ..MOBILENET_TIMM };

/// timm's own EfficientNet-Lite0, which pads alike on all sides.
const LITE0_TIMM: Architecture =
    Architecture { models: &[("efficientnet-lite0-symmetric", &["efficientnet_lite0"])], ..LITE0 };

/// The same names with Google's weights, which TensorFlow padded.
const LITE0_TENSORFLOW: Architecture = Architecture {
    models: &[("efficientnet-lite0", &["tf_efficientnet_lite0"])],
    normalize: "0.5,0.5,0.5:0.5,0.5,0.5",
    ..LITE0
};

/// Google's weights under the names of another conversion. Pixels are `(pixel - 127) / 128`.
const LITE0_CONVERTED: Architecture = Architecture {
    source: "efficientnet-lite-pytorch",
    models: &[("efficientnet-lite0", &["efficientnet_lite0"])],
    rules: &[&[
        name("stem_conv", "_conv_stem"),
        name("stem_norm", "_bn0"),
        name("block{}_expand_conv", "_blocks.{1-1}._expand_conv"),
        name("block{}_expand_norm", "_blocks.{1-1}._bn0"),
        name("block{}_depthwise_conv", "_blocks.{1-1}._depthwise_conv"),
        name("block{}_depthwise_norm", "_blocks.{1-1}._bn1"),
        name("block{}_project_conv", "_blocks.{1-1}._project_conv"),
        name("block{}_project_norm", "_blocks.{1-1}._bn2"),
        name("last_conv", "_conv_head"),
        name("last_norm", "_bn1"),
        name("classes", "_fc"),
    ]],
    normalize: "0.49803922,0.49803922,0.49803922:0.5019608,0.5019608,0.5019608",
    python: "",
    ..LITE0
};

/// Every row.
pub(super) const ALL: &[Architecture] =
    &[MOBILENET_TORCHVISION, MOBILENET_TIMM, LITE0_TIMM, LITE0_TENSORFLOW, LITE0_CONVERTED];
