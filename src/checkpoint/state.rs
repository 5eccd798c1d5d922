//! Where a run stands: everything that, with weights and optimiser state, decides what happens next.

use serde::{Deserialize, Serialize};

use crate::metrics::{Threshold, Totals};

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
    /// The best epoch's score so far, as the run's task judges it: validation accuracy, or a negative loss.
    pub best: Option<f64>,
    /// What a plateau schedule remembers.
    #[serde(default)]
    pub plateau: Plateau,
    /// Epochs since the best one.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub waited: u32,
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

    /// Checkpoints of earlier versions must open, and the same run must give the same bytes.
    #[test]
    fn a_state_is_written_as_it_always_was() {
        let mut state = State { step: 7, epoch: 1, batch: 2, best: Some(0.5), ..State::default() };
        state.totals = Totals { loss_sum: 1.5, correct: 9, seen: 12, ..Totals::default() };
        let text = r#"{"step":7,"epoch":1,"batch":2,"loss_sum":1.5,"correct":9,"seen":12,"best":0.5,"plateau":{"best":null,"waited":0,"reductions":0}}"#;
        assert_eq!(serde_json::to_string(&state).unwrap(), text);
        assert_eq!(serde_json::from_str::<State>(text).unwrap(), state);
        state.totals.generator_loss_sum = 2.25;
        state.threshold = Some(Threshold { score: 0.25, images: 3, held_out: true });
        let text = serde_json::to_string(&state).unwrap();
        assert!(text.contains(r#""loss_sum":1.5,"generator_loss_sum":2.25,"correct":9"#), "{text}");
        assert_eq!(serde_json::from_str::<State>(&text).unwrap(), state);
    }
}
