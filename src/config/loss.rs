//! The loss of a run.

use serde::{Deserialize, Serialize};

/// The loss and its constants; what it is held against is in the data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case", deny_unknown_fields)]
pub enum LossConfig {
    /// Softmax cross entropy, as `torch.nn.CrossEntropyLoss`.
    CrossEntropy {
        /// Share of every target that is spread over all classes.
        #[serde(default, skip_serializing_if = "is_zero")]
        label_smoothing: f32,
        /// A weight for each class; none if empty.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        class_weights: Vec<f32>,
        /// The data's values are a distribution over the classes, instead of a label.
        #[serde(default, skip_serializing_if = "is_false")]
        distribution: bool,
    },
    /// The focal loss of Lin et al. 2017 in its softmax form.
    Focal {
        /// Losses are multiplied by `(1 - p)^gamma`.
        gamma: f32,
        /// A weight for each class (the paper's alpha); none if empty.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        class_weights: Vec<f32>,
    },
    /// Binary cross entropy of several labels, as `torch.nn.BCEWithLogitsLoss`.
    Bce {
        /// A weight for the positives of each label; none if empty.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pos_weight: Vec<f32>,
    },
    /// The focal loss of several labels, as `torchvision.ops.sigmoid_focal_loss`.
    SigmoidFocal {
        /// Losses are multiplied by `(1 - p)^gamma`.
        gamma: f32,
        /// Weight of positives, negatives have `1 - alpha`; none if negative.
        alpha: f32,
    },
    /// Mean squared error, as `torch.nn.MSELoss`.
    Mse {
        /// What is predicted.
        #[serde(default)]
        target: Target,
    },
    /// Mean absolute error, as `torch.nn.L1Loss`.
    Mae {
        /// What is predicted.
        #[serde(default)]
        target: Target,
    },
    /// Squared near 0 and absolute far from it, as `torch.nn.HuberLoss`.
    Huber {
        /// Where the square ends.
        delta: f32,
        /// What is predicted.
        #[serde(default)]
        target: Target,
    },
    /// Huber's loss divided by `beta`, as `torch.nn.SmoothL1Loss`.
    SmoothL1 {
        /// Where the square ends.
        beta: f32,
        /// What is predicted.
        #[serde(default)]
        target: Target,
    },
    /// Of a generator and a discriminator that are trained in turn (Goodfellow et al. 2014): binary cross entropy of what the
    /// discriminator says, and of the opposite for the generator, as `torch.nn.BCEWithLogitsLoss`.
    Adversarial {
        /// Taken from the target 1 of real images, for the discriminator alone (one-sided, Salimans et al. 2016).
        #[serde(default, skip_serializing_if = "is_zero")]
        label_smoothing: f32,
    },
}

/// What numbers a model predicts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// The data's values.
    #[default]
    Values,
    /// The image that it is given.
    Input,
}

/// What a loss is held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetKind {
    /// A class for each image.
    Label,
    /// A distribution over the classes for each image.
    Distribution,
    /// Several labels for each image, 0 or 1.
    Labels,
    /// Numbers for each image.
    Numbers,
    /// The image itself.
    Input,
    /// Nothing that the data says: two networks are held against each other.
    Nothing,
}

impl TargetKind {
    /// Whether an answer is right or wrong, so that there is an accuracy.
    pub fn has_answers(self) -> bool {
        matches!(self, TargetKind::Label | TargetKind::Distribution | TargetKind::Labels)
    }

    /// Whether one class is chosen for an image.
    pub fn is_class(self) -> bool {
        matches!(self, TargetKind::Label | TargetKind::Distribution)
    }

    /// Whether the data's values are needed.
    pub fn needs_values(self) -> bool {
        matches!(self, TargetKind::Distribution | TargetKind::Labels | TargetKind::Numbers)
    }
}

impl Default for LossConfig {
    fn default() -> Self {
        LossConfig::CrossEntropy { label_smoothing: 0.0, class_weights: Vec::new(), distribution: false }
    }
}

impl LossConfig {
    /// That of two networks that are trained in turn.
    ///
    /// # Errors
    /// If the targets of real images would not stay above those of generated ones by more than one half.
    pub fn adversarial(label_smoothing: f32) -> Result<Self, String> {
        match (0.0..0.5).contains(&label_smoothing) {
            true => Ok(LossConfig::Adversarial { label_smoothing }),
            false => Err(format!(
                "--label-smoothing {label_smoothing} must be from 0 to less than 0.5: it is taken from the target 1 of real images\n  try: --label-smoothing 0.1"
            )),
        }
    }

    /// Whether it is that of two networks that are trained in turn.
    pub fn is_adversarial(&self) -> bool {
        self.target_kind() == TargetKind::Nothing
    }

    /// What it is held against.
    pub fn target_kind(&self) -> TargetKind {
        match *self {
            LossConfig::CrossEntropy { distribution: true, .. } => TargetKind::Distribution,
            LossConfig::CrossEntropy { .. } | LossConfig::Focal { .. } => TargetKind::Label,
            LossConfig::Bce { .. } | LossConfig::SigmoidFocal { .. } => TargetKind::Labels,
            LossConfig::Adversarial { .. } => TargetKind::Nothing,
            LossConfig::Mse { target }
            | LossConfig::Mae { target }
            | LossConfig::Huber { target, .. }
            | LossConfig::SmoothL1 { target, .. } => match target {
                Target::Values => TargetKind::Numbers,
                Target::Input => TargetKind::Input,
            },
        }
    }

    /// Weights of classes or of positives; empty if there are none.
    pub fn weights(&self) -> &[f32] {
        match self {
            LossConfig::CrossEntropy { class_weights, .. } | LossConfig::Focal { class_weights, .. } => class_weights,
            LossConfig::Bce { pos_weight } => pos_weight,
            _ => &[],
        }
    }

    /// Its name on the command line.
    pub fn name(&self) -> &'static str {
        match self {
            LossConfig::CrossEntropy { .. } => "cross-entropy",
            LossConfig::Focal { .. } => "focal",
            LossConfig::Bce { .. } => "bce",
            LossConfig::SigmoidFocal { .. } => "sigmoid-focal",
            LossConfig::Mse { .. } => "mse",
            LossConfig::Mae { .. } => "mae",
            LossConfig::Huber { .. } => "huber",
            LossConfig::SmoothL1 { .. } => "smooth-l1",
            LossConfig::Adversarial { .. } => "adversarial",
        }
    }

    /// Whether it is plain softmax cross entropy.
    pub fn is_default(&self) -> bool {
        *self == LossConfig::default()
    }
}

fn is_zero(value: &f32) -> bool {
    *value == 0.0
}

fn is_false(value: &bool) -> bool {
    !value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_survive_being_written_and_read() {
        let losses = [
            LossConfig::default(),
            LossConfig::Focal { gamma: 2.0, class_weights: vec![0.5, 1.5] },
            LossConfig::Bce { pos_weight: vec![3.0] },
            LossConfig::Huber { delta: 0.5, target: Target::Input },
            LossConfig::Adversarial { label_smoothing: 0.1 },
        ];
        for loss in losses {
            assert_eq!(loss, toml::from_str(&toml::to_string(&loss).unwrap()).unwrap());
        }
        assert_eq!(LossConfig::Mse { target: Target::Values }, toml::from_str("name = \"mse\"").unwrap());
        assert!(toml::from_str::<LossConfig>("name = \"mse\"\ndelta = 1.0").is_err());
    }
}
