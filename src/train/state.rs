//! Where a run stands: everything that, with weights and optimiser state, decides what happens next.

use serde::{Deserialize, Serialize};

use super::event::Metrics;
use super::normal::Threshold;
use super::schedule::Plateau;

/// A run's position and sums.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Steps since the start. A step is an update; it may be made of several batches.
    pub step: u64,
    /// Epochs that have finished.
    pub epoch: u32,
    /// Steps done in the epoch that is running.
    pub batch: usize,
    /// Sum of losses over the images of that epoch.
    pub loss_sum: f64,
    /// The same of a generator's losses, where it is trained in turn with a discriminator, whose are in `loss_sum`.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub generator_loss_sum: f64,
    /// Right answers in that epoch.
    pub correct: u64,
    /// Images seen in that epoch.
    pub seen: u64,
    /// The best epoch's score so far: validation accuracy, the negative validation loss where there is none, or
    /// the negative training loss without validation.
    pub best: Option<f64>,
    /// What a plateau schedule remembers.
    #[serde(default)]
    pub plateau: Plateau,
    /// Of an autoencoder: the score above which an image is an anomaly, with the weights
    /// at the end of the last epoch or at a stop after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<Threshold>,
}

impl State {
    /// Means over the epoch so far; with an accuracy if answers are right or wrong.
    pub fn so_far(&self, answers: bool) -> Metrics {
        let seen = self.seen.max(1) as f64;
        let accuracy = answers.then(|| self.correct as f64 / seen);
        Metrics { loss: self.loss_sum / seen, accuracy, ..Metrics::default() }
    }

    /// Takes the second number of a batch's record for what it is: right answers, or the mean loss of a generator. Gives the
    /// right answers.
    pub fn take_second(&mut self, adversarial: bool, images: usize, second: f32) -> f32 {
        if !adversarial {
            return second;
        }
        self.generator_loss_sum += f64::from(second) * images as f64;
        0.0
    }

    /// Adds a batch of `images`, with the sum of their losses and the right answers that the device counted.
    pub fn add(&mut self, images: usize, loss_sum: f64, correct: f32) {
        self.seen += images as u64;
        self.loss_sum += loss_sum;
        self.correct += correct as u64;
    }

    /// Ends a step: its update is done.
    pub fn finish_step(&mut self) {
        self.step += 1;
        self.batch += 1;
    }

    /// Starts the next epoch.
    pub fn finish_epoch(&mut self) {
        self.epoch += 1;
        self.batch = 0;
        (self.loss_sum, self.generator_loss_sum, self.correct, self.seen) = (0.0, 0.0, 0, 0);
    }
}

fn is_zero(sum: &f64) -> bool {
    *sum == 0.0
}
