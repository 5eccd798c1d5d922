//! Softmax cross entropy, as `torch.nn.CrossEntropyLoss`.

use serde::{Deserialize, Serialize};

use super::{CLASS_WEIGHTS, Field, Form, Loss, Member, Takes, TargetKind, is_zero, read};

/// This loss in `LOSSES`.
pub const ENTRY: Member<dyn Loss> = Member {
    name: "cross_entropy",
    summary: "softmax cross entropy",
    options: &[
        Field {
            key: "label_smoothing",
            flag: Some("label-smoothing"),
            takes: Takes::Number { min: 0.0, max: 1.0 },
            default: "0.0",
            doc: "Label smoothing: fraction of each target that is spread over all classes.",
        },
        CLASS_WEIGHTS,
        Field {
            key: "distribution",
            flag: None,
            takes: Takes::Switch,
            default: "false",
            doc: "Whether the targets are distributions over the classes instead of labels.",
        },
    ],
    read: read::<CrossEntropy>,
};

/// Softmax cross entropy, as `torch.nn.CrossEntropyLoss`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CrossEntropy {
    /// Share of every target that is spread over all classes.
    #[serde(skip_serializing_if = "is_zero")]
    pub label_smoothing: f32,
    /// A weight for each class; none if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub class_weights: Vec<f32>,
    /// Whether the data's values are a distribution over the classes, instead of a label.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub distribution: bool,
}

impl Default for CrossEntropy {
    fn default() -> Self {
        ENTRY.with_defaults()
    }
}

impl Loss for CrossEntropy {
    fn entry(&self) -> &'static Member<dyn Loss> {
        &ENTRY
    }

    fn target_kind(&self) -> TargetKind {
        if self.distribution { TargetKind::Distribution } else { TargetKind::Label }
    }

    fn form(&self) -> Form {
        Form::Classes { label_smoothing: self.label_smoothing, gamma: 0.0 }
    }

    fn weights(&self) -> &[f32] {
        &self.class_weights
    }

    // torch divides by the weights of labels, and by the number of images where targets are distributions
    fn mean_weights(&self) -> &[f32] {
        if self.distribution { &[] } else { &self.class_weights }
    }
}
