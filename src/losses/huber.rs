//! Squared error near 0 and absolute error far from it, as `torch.nn.HuberLoss`.

use serde::{Deserialize, Serialize};

use super::{Form, Kind, Loss, LossTarget, Member, TARGET, TargetKind, read, square_ends};

/// This loss in `LOSSES`.
pub const ENTRY: Member<dyn Loss> = Member {
    name: "huber",
    summary: "Huber loss: quadratic for small errors, linear for large ones",
    options: &[square_ends("delta"), TARGET],
    read: read::<Huber>,
};

/// Squared error near 0 and absolute error far from it, as `torch.nn.HuberLoss`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Huber {
    /// The error at which the square ends.
    pub delta: f32,
    /// What the outputs are compared with.
    pub target: LossTarget,
}

impl Default for Huber {
    fn default() -> Self {
        ENTRY.with_defaults()
    }
}

impl Loss for Huber {
    fn entry(&self) -> &'static Member<dyn Loss> {
        &ENTRY
    }

    fn target_kind(&self) -> TargetKind {
        self.target.kind()
    }

    fn form(&self) -> Form {
        Form::Elements(Kind::Huber { delta: self.delta, factor: 1.0 })
    }
}
