//! Mean absolute error, as `torch.nn.L1Loss`.

use serde::{Deserialize, Serialize};

use super::{Form, Kind, Loss, LossTarget, Member, TARGET, TargetKind, read};

/// This loss in `LOSSES`.
pub const ENTRY: Member<dyn Loss> =
    Member { name: "mae", summary: "mean absolute error", options: &[TARGET], read: read::<Mae> };

/// Mean absolute error, as `torch.nn.L1Loss`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mae {
    /// What the outputs are compared with.
    pub target: LossTarget,
}

impl Default for Mae {
    fn default() -> Self {
        ENTRY.with_defaults()
    }
}

impl Loss for Mae {
    fn entry(&self) -> &'static Member<dyn Loss> {
        &ENTRY
    }

    fn target_kind(&self) -> TargetKind {
        self.target.kind()
    }

    fn form(&self) -> Form {
        Form::Elements(Kind::Mae)
    }
}
