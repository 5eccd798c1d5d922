//! ConvNeXt.

use super::architecture::{Architecture, Rule, formed, name};
use super::layout::Form;

/// ConvNeXt with torchvision's names.
const TORCHVISION: Architecture = Architecture {
    source: "torchvision",
    models: &[("convnext-tiny", &["convnext_tiny"])],
    stages: &[],
    rules: &[&[
        name("stem", "features.0.0"),
        name("stem_norm", "features.0.1"),
        name("down{}_norm", "features.{1*2-2}.0"),
        name("down{}", "features.{1*2-2}.1"),
        name("stage{}_{}_depthwise", "features.{1*2-1}.{2-1}.block.0"),
        name("stage{}_{}_norm", "features.{1*2-1}.{2-1}.block.2"),
        formed("stage{}_{}_wide", "features.{1*2-1}.{2-1}.block.3", Form::Matrix),
        formed("stage{}_{}_narrow", "features.{1*2-1}.{2-1}.block.5", Form::Matrix),
        formed("stage{}_{}_scale.weight", "features.{1*2-1}.{2-1}.layer_scale", Form::Channels),
        name("norm", "classifier.0"),
        name("classes", "classifier.2"),
    ]],
    normalize: "imagenet",
    python: "torchvision.models.{name}(num_classes={classes})",
};

const BODY_TIMM: &[Rule] = &[
    name("stem", "stem.0"),
    name("stem_norm", "stem.1"),
    name("down{}_norm", "stages.{1-1}.downsample.0"),
    name("down{}", "stages.{1-1}.downsample.1"),
    name("stage{}_{}_depthwise", "stages.{1-1}.blocks.{2-1}.conv_dw"),
    name("stage{}_{}_norm", "stages.{1-1}.blocks.{2-1}.norm"),
    name("stage{}_{}_scale.weight", "stages.{1-1}.blocks.{2-1}.gamma"),
    name("norm", "head.norm"),
    name("classes", "head.fc"),
];

/// timm's smaller sizes, whose wide layers are convolutions.
const TIMM_SMALL: Architecture = Architecture {
    source: "timm",
    models: &[("convnext-atto", &["convnext_atto"])],
    rules: &[
        BODY_TIMM,
        &[
            name("stage{}_{}_wide", "stages.{1-1}.blocks.{2-1}.mlp.fc1"),
            name("stage{}_{}_narrow", "stages.{1-1}.blocks.{2-1}.mlp.fc2"),
        ],
    ],
    python: "timm.create_model('{name}', num_classes={classes})",
    ..TORCHVISION
};

/// timm's larger sizes, whose wide layers are linear.
const TIMM: Architecture = Architecture {
    models: &[("convnext-tiny", &["convnext_tiny"])],
    rules: &[
        BODY_TIMM,
        &[
            formed("stage{}_{}_wide", "stages.{1-1}.blocks.{2-1}.mlp.fc1", Form::Matrix),
            formed("stage{}_{}_narrow", "stages.{1-1}.blocks.{2-1}.mlp.fc2", Form::Matrix),
        ],
    ],
    ..TIMM_SMALL
};

/// Every row.
pub(super) const ALL: &[Architecture] = &[TORCHVISION, TIMM_SMALL, TIMM];
