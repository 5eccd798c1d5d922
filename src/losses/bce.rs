//! Binary cross entropy of several labels, as `torch.nn.BCEWithLogitsLoss`.

use serde::{Deserialize, Serialize};

use super::{CLASS_WEIGHTS, Field, Form, Kind, Loss, Member, TargetKind, Weighs, read};

/// This loss in `LOSSES`.
pub const ENTRY: Member<dyn Loss> = Member {
    name: "bce",
    summary: "sigmoid binary cross entropy, for several labels per image",
    options: &[Field { key: "pos_weight", doc: "Weight of each label's positives (none if empty).", ..CLASS_WEIGHTS }],
    read: read::<Bce>,
};

/// Binary cross entropy of several labels, as `torch.nn.BCEWithLogitsLoss`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bce {
    /// A weight for the positives of each label; none if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pos_weight: Vec<f32>,
}

impl Default for Bce {
    fn default() -> Self {
        ENTRY.with_defaults()
    }
}

impl Loss for Bce {
    fn entry(&self) -> &'static Member<dyn Loss> {
        &ENTRY
    }

    fn target_kind(&self) -> TargetKind {
        TargetKind::Labels
    }

    fn form(&self) -> Form {
        Form::Elements(Kind::Bce)
    }

    fn weights(&self) -> &[f32] {
        &self.pos_weight
    }

    fn weighs(&self) -> Weighs {
        Weighs::Positives
    }
}
