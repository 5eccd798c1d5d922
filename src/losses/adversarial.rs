//! The loss of a generator and a discriminator that are trained in turn (Goodfellow et al. 2014): binary cross entropy of what
//! the discriminator says, and of the opposite for the generator, as `torch.nn.BCEWithLogitsLoss`.

use serde::{Deserialize, Serialize};

use super::{Field, Form, Loss, Member, Takes, TargetKind, is_zero, read};

/// This loss in `LOSSES`.
pub const ENTRY: Member<dyn Loss> = Member {
    name: "adversarial",
    summary: "adversarial loss of a generator and a discriminator, trained alternately",
    options: &[Field {
        key: "label_smoothing",
        flag: Some("label-smoothing"),
        takes: Takes::Below { min: 0.0, below: 0.5 },
        default: "0.0",
        doc: "Subtracted from the target 1 of real images in the discriminator's loss.",
    }],
    read: read::<Adversarial>,
};

/// The loss of a generator and a discriminator that are trained in turn (Goodfellow et al. 2014): binary cross entropy of what
/// the discriminator says, and of the opposite for the generator, as `torch.nn.BCEWithLogitsLoss`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Adversarial {
    /// Taken from the target 1 of real images, for the discriminator alone (one-sided, Salimans et al. 2016).
    #[serde(skip_serializing_if = "is_zero")]
    pub label_smoothing: f32,
}

impl Default for Adversarial {
    fn default() -> Self {
        ENTRY.with_defaults()
    }
}

impl Loss for Adversarial {
    fn entry(&self) -> &'static Member<dyn Loss> {
        &ENTRY
    }

    fn target_kind(&self) -> TargetKind {
        TargetKind::Nothing
    }

    fn form(&self) -> Form {
        Form::InTurn { label_smoothing: self.label_smoothing }
    }
}
