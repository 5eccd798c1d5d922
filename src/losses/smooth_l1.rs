//! Huber's loss divided by `beta`, as `torch.nn.SmoothL1Loss`.

use serde::{Deserialize, Serialize};

use super::{Form, Kind, Loss, LossTarget, Member, TARGET, TargetKind, read, square_ends};

/// This loss in `LOSSES`.
pub const ENTRY: Member<dyn Loss> = Member {
    name: "smooth_l1",
    summary: "Huber loss divided by delta",
    options: &[square_ends("beta"), TARGET],
    read: read::<SmoothL1>,
};

/// Huber's loss divided by `beta`, as `torch.nn.SmoothL1Loss`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmoothL1 {
    /// The error at which the square ends.
    pub beta: f32,
    /// What the outputs are compared with.
    pub target: LossTarget,
}

impl Default for SmoothL1 {
    fn default() -> Self {
        ENTRY.with_defaults()
    }
}

impl Loss for SmoothL1 {
    fn entry(&self) -> &'static Member<dyn Loss> {
        &ENTRY
    }

    fn target_kind(&self) -> TargetKind {
        self.target.kind()
    }

    fn form(&self) -> Form {
        Form::Elements(Kind::Huber { delta: self.beta, factor: 1.0 / self.beta })
    }
}
