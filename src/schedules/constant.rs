//! Always the same learning rate.

use serde::{Deserialize, Serialize};

use super::{Member, Moment, Schedule, read};

/// This schedule in `SCHEDULES`.
pub const ENTRY: Member<dyn Schedule> =
    Member { name: "constant", summary: "constant learning rate", options: &[], read: read::<Constant> };

/// Always the same learning rate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Constant {}

impl Default for Constant {
    fn default() -> Self {
        ENTRY.with_defaults()
    }
}

impl Schedule for Constant {
    fn entry(&self) -> &'static Member<dyn Schedule> {
        &ENTRY
    }

    fn factor(&self, _now: &Moment) -> f64 {
        1.0
    }
}
