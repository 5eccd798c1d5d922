//! `gamma` times as much after every epoch of the run (`ExponentialLR`).

use serde::{Deserialize, Serialize};

use super::{Member, Moment, Schedule, gamma, read};

/// This schedule in `SCHEDULES`.
pub const ENTRY: Member<dyn Schedule> = Member {
    name: "exponential",
    summary: "multiplies the learning rate by gamma after every epoch",
    options: &[gamma("0.95")],
    read: read::<Exponential>,
};

/// `gamma` times as much after every epoch of the run (`ExponentialLR`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exponential {
    /// What the rate is multiplied by.
    pub gamma: f64,
}

impl Default for Exponential {
    fn default() -> Self {
        ENTRY.with_defaults()
    }
}

impl Schedule for Exponential {
    fn entry(&self) -> &'static Member<dyn Schedule> {
        &ENTRY
    }

    fn factor(&self, now: &Moment) -> f64 {
        self.gamma.powi(now.epoch)
    }
}
