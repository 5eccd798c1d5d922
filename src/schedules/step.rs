//! `gamma` times as much after every `every` epochs of the run (`torch.optim.lr_scheduler.StepLR`).

use serde::{Deserialize, Serialize};

use super::{Member, Moment, Schedule, epochs, gamma, option, read};

/// This schedule in `SCHEDULES`.
pub const ENTRY: Member<dyn Schedule> = Member {
    name: "step",
    summary: "multiplies the learning rate by gamma every `every` epochs",
    options: &[option("every", epochs(1), "", "Epochs between changes."), gamma("0.1")],
    read: read::<Step>,
};

/// `gamma` times as much after every `every` epochs of the run (`torch.optim.lr_scheduler.StepLR`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Epochs from one change to the next.
    pub every: u32,
    /// What the rate is multiplied by.
    pub gamma: f64,
}

impl Schedule for Step {
    fn entry(&self) -> &'static Member<dyn Schedule> {
        &ENTRY
    }

    fn factor(&self, now: &Moment) -> f64 {
        self.gamma.powi(now.epoch / self.every as i32)
    }
}
