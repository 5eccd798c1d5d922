//! Where a run stands: everything that, with weights and optimiser state, decides what happens next.

use serde::{Deserialize, Serialize};

use crate::metrics::{Best, Threshold, Totals};

/// A run's position, sums and records.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Steps since the start. A step is one update of the weights; with accumulation it covers several batches.
    pub step: u64,
    /// Epochs that have finished.
    pub epoch: u32,
    /// Steps done in the epoch that is running.
    pub batch: usize,
    /// Sums over the images of the epoch that is running.
    #[serde(flatten)]
    pub totals: Totals,
    /// The best epoch so far.
    pub best: Option<Best>,
    /// What a plateau schedule remembers.
    #[serde(default)]
    pub plateau: Plateau,
    /// Epochs since the best one.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub waited: u32,
    /// Whether the running averages of batch norm came with the weights that the run began with. Otherwise they begin as plain
    /// means of what the first batches were like ([`Step::least_momentum`](lepton_kernels::Step::least_momentum)).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub given_averages: bool,
    /// For an autoencoder, the score above which an image is an anomaly, taken with the weights as they were at the end of
    /// the last epoch, or when the run stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<Threshold>,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// What a plateau schedule remembers of the epochs before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Plateau {
    /// The best loss of an epoch.
    pub best: Option<f64>,
    /// Epochs since then.
    pub waited: u32,
    /// How often the rate was reduced.
    pub reductions: u32,
}

impl State {
    /// Ends a step: its update is done.
    pub fn finish_step(&mut self) {
        self.step += 1;
        self.batch += 1;
    }

    /// Whether the run stands at the end of its best epoch.
    pub fn is_best(&self) -> bool {
        self.batch == 0 && self.best.is_some_and(|best| best.epoch.is_none_or(|epoch| epoch == self.epoch))
    }

    /// Checks that a run whose epochs have so many steps and images can stand there.
    ///
    /// # Errors
    /// What is more than there can be, in words.
    pub(crate) fn check(&self, steps: usize, images: usize) -> Result<(), String> {
        let counts = [("steps", self.batch as u64, steps as u64), ("images", self.totals.seen, images as u64)];
        match counts.into_iter().find(|(_, done, all)| done > all) {
            Some((what, done, all)) => Err(format!("it has done {done} {what} of an epoch of {all}")),
            None => Ok(()),
        }
    }

    /// Starts the next epoch.
    pub fn finish_epoch(&mut self) {
        self.epoch += 1;
        self.batch = 0;
        self.totals = Totals::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Criterion;

    /// Checkpoints of earlier versions must open, and the same run must give the same bytes.
    #[test]
    fn states_of_earlier_versions_are_read_and_bytes_stay() {
        let old = Best { epoch: None, by: Criterion::Accuracy, score: 0.5, loss: None };
        let mut state = State { step: 7, epoch: 1, batch: 2, best: Some(old), ..State::default() };
        state.totals = Totals { loss_sum: 1.5, correct: 9, seen: 12, ..Totals::default() };
        let text = r#"{"step":7,"epoch":1,"batch":2,"loss_sum":1.5,"correct":9,"seen":12,"best":0.5,"plateau":{"best":null,"waited":0,"reductions":0}}"#;
        assert_eq!(serde_json::from_str::<State>(text).unwrap(), state);
        state.best = Some(Best { epoch: Some(1), by: Criterion::MacroF1, score: 0.5, loss: Some(0.25) });
        let best = r#""best":{"epoch":1,"by":"macro-f1","score":0.5,"loss":0.25},"#;
        assert_eq!(serde_json::to_string(&state).unwrap(), text.replace(r#""best":0.5,"#, best));
        state.totals.generator_loss_sum = 2.25;
        state.threshold = Some(Threshold { score: 0.25, images: 3, held_out: true });
        let text = serde_json::to_string(&state).unwrap();
        assert!(text.contains(r#""loss_sum":1.5,"generator_loss_sum":2.25,"correct":9"#), "{text}");
        assert_eq!(serde_json::from_str::<State>(&text).unwrap(), state);
    }
}
