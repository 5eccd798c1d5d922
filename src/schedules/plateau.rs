//! `factor` times as much after `patience` epochs whose loss was not better, by the share 1e-4, than the best before
//! (`ReduceLROnPlateau`). It looks at the validation loss, or at the training loss where nothing validates.

use serde::{Deserialize, Serialize};

use super::{Member, Moment, Schedule, epochs, number, option, read};

/// This schedule in `SCHEDULES`.
pub const ENTRY: Member<dyn Schedule> = Member {
    name: "plateau",
    summary: "multiplies the learning rate by factor when the loss stops improving",
    options: &[
        option("factor", number(0.0, 1.0), "0.1", "Factor by which the learning rate is multiplied."),
        option("patience", epochs(0), "10", "Epochs without improvement before the learning rate changes."),
    ],
    read: read::<Plateau>,
};

/// `factor` times as much after `patience` epochs whose loss was not better, by the share 1e-4, than the best before
/// (`ReduceLROnPlateau`). It looks at the validation loss, or at the training loss where nothing validates.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plateau {
    /// What the rate is multiplied by.
    pub factor: f64,
    /// Epochs without progress that are accepted.
    pub patience: u32,
}

impl Default for Plateau {
    fn default() -> Self {
        ENTRY.with_defaults()
    }
}

impl Schedule for Plateau {
    fn entry(&self) -> &'static Member<dyn Schedule> {
        &ENTRY
    }

    fn factor(&self, now: &Moment) -> f64 {
        self.factor.powi(now.reductions as i32)
    }

    fn patience(&self) -> Option<u32> {
        Some(self.patience)
    }
}
