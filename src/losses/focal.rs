//! The focal loss of Lin et al. 2017 in its softmax form: the mean of `-alpha (1 - p)^gamma log p` over the images, with `p` and `alpha`
//! of the right class. The sum is divided by the number of images, weighted or not.

use serde::{Deserialize, Serialize};

use super::{CLASS_WEIGHTS, Field, Form, GAMMA, Loss, Member, TargetKind, read};

/// This loss in `LOSSES`.
pub const ENTRY: Member<dyn Loss> = Member {
    name: "focal",
    summary: "focal loss: softmax cross entropy in which easy examples count less",
    options: &[GAMMA, Field { doc: "Weight of each class (the paper's alpha; none if empty).", ..CLASS_WEIGHTS }],
    read: read::<Focal>,
};

/// The focal loss of Lin et al. 2017 in its softmax form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Focal {
    /// Losses are multiplied by `(1 - p)^gamma`.
    pub gamma: f32,
    /// A weight for each class (the paper's alpha); none if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub class_weights: Vec<f32>,
}

impl Default for Focal {
    fn default() -> Self {
        ENTRY.with_defaults()
    }
}

impl Loss for Focal {
    fn entry(&self) -> &'static Member<dyn Loss> {
        &ENTRY
    }

    fn target_kind(&self) -> TargetKind {
        TargetKind::Label
    }

    fn form(&self) -> Form {
        Form::Classes { label_smoothing: 0.0, gamma: self.gamma }
    }

    fn weights(&self) -> &[f32] {
        &self.class_weights
    }
}
