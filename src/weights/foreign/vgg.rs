//! VGG: a row of layers, so that names there are numbers.

use super::architecture::{Architecture, Rule, formed, name};
use super::layout::Form;

const FEATURES11_NORM: &[Rule] = &[
    name("conv1_1", "features.0"),
    name("norm1_1", "features.1"),
    name("conv2_1", "features.4"),
    name("norm2_1", "features.5"),
    name("conv3_1", "features.8"),
    name("norm3_1", "features.9"),
    name("conv3_2", "features.11"),
    name("norm3_2", "features.12"),
    name("conv4_1", "features.15"),
    name("norm4_1", "features.16"),
    name("conv4_2", "features.18"),
    name("norm4_2", "features.19"),
    name("conv5_1", "features.22"),
    name("norm5_1", "features.23"),
    name("conv5_2", "features.25"),
    name("norm5_2", "features.26"),
];

const FEATURES11: &[Rule] = &[
    name("conv1_1", "features.0"),
    name("conv2_1", "features.3"),
    name("conv3_1", "features.6"),
    name("conv3_2", "features.8"),
    name("conv4_1", "features.11"),
    name("conv4_2", "features.13"),
    name("conv5_1", "features.16"),
    name("conv5_2", "features.18"),
];

const FEATURES16_NORM: &[Rule] = &[
    name("conv1_1", "features.0"),
    name("norm1_1", "features.1"),
    name("conv1_2", "features.3"),
    name("norm1_2", "features.4"),
    name("conv2_1", "features.7"),
    name("norm2_1", "features.8"),
    name("conv2_2", "features.10"),
    name("norm2_2", "features.11"),
    name("conv3_1", "features.14"),
    name("norm3_1", "features.15"),
    name("conv3_2", "features.17"),
    name("norm3_2", "features.18"),
    name("conv3_3", "features.20"),
    name("norm3_3", "features.21"),
    name("conv4_1", "features.24"),
    name("norm4_1", "features.25"),
    name("conv4_2", "features.27"),
    name("norm4_2", "features.28"),
    name("conv4_3", "features.30"),
    name("norm4_3", "features.31"),
    name("conv5_1", "features.34"),
    name("norm5_1", "features.35"),
    name("conv5_2", "features.37"),
    name("norm5_2", "features.38"),
    name("conv5_3", "features.40"),
    name("norm5_3", "features.41"),
];

const FEATURES16: &[Rule] = &[
    name("conv1_1", "features.0"),
    name("conv1_2", "features.2"),
    name("conv2_1", "features.5"),
    name("conv2_2", "features.7"),
    name("conv3_1", "features.10"),
    name("conv3_2", "features.12"),
    name("conv3_3", "features.14"),
    name("conv4_1", "features.17"),
    name("conv4_2", "features.19"),
    name("conv4_3", "features.21"),
    name("conv5_1", "features.24"),
    name("conv5_2", "features.26"),
    name("conv5_3", "features.28"),
];

/// The last image, which the first linear layer reads whole.
const SIDES: [usize; 2] = [7, 7];

const HEAD: &[Rule] = &[
    formed("hidden1", "classifier.0", Form::Flattened(SIDES)),
    name("hidden2", "classifier.3"),
    name("classes", "classifier.6"),
];

/// The first linear layers are convolutions over the whole image there.
const HEAD_TIMM: &[Rule] = &[
    formed("hidden1", "pre_logits.fc1", Form::Convolution(SIDES)),
    formed("hidden2", "pre_logits.fc2", Form::Convolution([1, 1])),
    name("classes", "head.fc"),
];

const TORCHVISION: Architecture = Architecture {
    source: "torchvision",
    models: &[],
    stages: &[],
    rules: &[],
    normalize: "imagenet",
    python: "torchvision.models.{name}(num_classes={classes})",
};

const TIMM: Architecture =
    Architecture { source: "timm", python: "timm.create_model('{name}', num_classes={classes})", ..TORCHVISION };

/// Every VGG, with torchvision's names and with timm's.
pub(super) const ALL: &[Architecture] = &[
    Architecture { models: &[("vgg11", &["vgg11_bn"])], rules: &[FEATURES11_NORM, HEAD], ..TORCHVISION },
    Architecture { models: &[("vgg11-no-norm", &["vgg11"])], rules: &[FEATURES11, HEAD], ..TORCHVISION },
    Architecture { models: &[("vgg16", &["vgg16_bn"])], rules: &[FEATURES16_NORM, HEAD], ..TORCHVISION },
    Architecture { models: &[("vgg16-no-norm", &["vgg16"])], rules: &[FEATURES16, HEAD], ..TORCHVISION },
    Architecture { models: &[("vgg11", &["vgg11_bn"])], rules: &[FEATURES11_NORM, HEAD_TIMM], ..TIMM },
    Architecture { models: &[("vgg11-no-norm", &["vgg11"])], rules: &[FEATURES11, HEAD_TIMM], ..TIMM },
    Architecture { models: &[("vgg16", &["vgg16_bn"])], rules: &[FEATURES16_NORM, HEAD_TIMM], ..TIMM },
    Architecture { models: &[("vgg16-no-norm", &["vgg16"])], rules: &[FEATURES16, HEAD_TIMM], ..TIMM },
];
