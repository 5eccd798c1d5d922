//! Mean squared error, as `torch.nn.MSELoss`.

use serde::{Deserialize, Serialize};

use super::{Form, Kind, Loss, LossTarget, Member, TARGET, TargetKind, read};

/// This loss in `LOSSES`.
pub const ENTRY: Member<dyn Loss> =
    Member { name: "mse", summary: "mean squared error", options: &[TARGET], read: read::<Mse> };

/// Mean squared error, as `torch.nn.MSELoss`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mse {
    /// What the outputs are compared with.
    pub target: LossTarget,
}

impl Default for Mse {
    fn default() -> Self {
        ENTRY.with_defaults()
    }
}

impl Loss for Mse {
    fn entry(&self) -> &'static Member<dyn Loss> {
        &ENTRY
    }

    fn target_kind(&self) -> TargetKind {
        self.target.kind()
    }

    fn form(&self) -> Form {
        Form::Elements(Kind::Mse)
    }
}
