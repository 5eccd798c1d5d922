//! The focal loss of several labels, as `torchvision.ops.sigmoid_focal_loss`.

use serde::{Deserialize, Serialize};

use super::{Field, Form, GAMMA, Kind, Loss, Member, Takes, TargetKind, read};

/// This loss in `LOSSES`.
pub const ENTRY: Member<dyn Loss> = Member {
    name: "sigmoid_focal",
    summary: "focal loss for several labels per image",
    options: &[
        GAMMA,
        Field {
            key: "alpha",
            flag: Some("focal-alpha"),
            takes: Takes::Number { min: -1.0, max: 1.0 },
            default: "0.25",
            doc: "Weight of positives, where negatives have 1 - alpha; a negative number disables both.",
        },
    ],
    read: read::<SigmoidFocal>,
};

/// The focal loss of several labels, as `torchvision.ops.sigmoid_focal_loss`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SigmoidFocal {
    /// Losses are multiplied by `(1 - p)^gamma`.
    pub gamma: f32,
    /// Weight of positives, where negatives have `1 - alpha`; none if negative.
    pub alpha: f32,
}

impl Default for SigmoidFocal {
    fn default() -> Self {
        ENTRY.with_defaults()
    }
}

impl Loss for SigmoidFocal {
    fn entry(&self) -> &'static Member<dyn Loss> {
        &ENTRY
    }

    fn target_kind(&self) -> TargetKind {
        TargetKind::Labels
    }

    fn form(&self) -> Form {
        Form::Elements(Kind::Focal { gamma: self.gamma, alpha: self.alpha })
    }
}
