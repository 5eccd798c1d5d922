//! `gamma` times as much after each of these epochs of the run (`MultiStepLR`).

use serde::{Deserialize, Deserializer, Serialize};

use super::{Member, Moment, Schedule, epochs, gamma, option, read};

/// This schedule in `SCHEDULES`.
pub const ENTRY: Member<dyn Schedule> = Member {
    name: "multistep",
    summary: "multiplies the learning rate by gamma after each of the given epochs",
    options: &[option("at", epochs(0), "", "Epochs after which the learning rate changes."), gamma("0.1")],
    read: read::<Multistep>,
};

/// `gamma` times as much after each of these epochs of the run (`MultiStepLR`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Multistep {
    /// Epochs after which the rate changes.
    #[serde(deserialize_with = "one_or_several")]
    pub at: Vec<u32>,
    /// What the rate is multiplied by.
    pub gamma: f64,
}

impl Schedule for Multistep {
    fn entry(&self) -> &'static Member<dyn Schedule> {
        &ENTRY
    }

    fn factor(&self, now: &Moment) -> f64 {
        let reached = self.at.iter().filter(|&&milestone| milestone as i32 <= now.epoch).count();
        self.gamma.powi(reached as i32)
    }
}

/// A number or a list.
fn one_or_several<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u32>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "an epoch, or a list of epochs")]
    enum Given {
        One(u32),
        Several(Vec<u32>),
    }
    Ok(match Given::deserialize(deserializer)? {
        Given::One(epoch) => vec![epoch],
        Given::Several(epochs) => epochs,
    })
}
