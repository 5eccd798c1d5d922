//! Sums over images while they are trained on or evaluated, and the means that a line shows.

use serde::{Deserialize, Serialize};

use super::Summary;

/// Sums over some images.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Totals {
    /// Sum of the images' losses.
    pub loss_sum: f64,
    /// Sum of a generator's losses, where one is trained in turn with a discriminator; `loss_sum` is the discriminator's.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub generator_loss_sum: f64,
    /// Sum of the weights of the images' classes, where the loss is a weighted mean; else 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub weight_sum: f64,
    /// Images that were answered right; with several labels an image, those with all labels right.
    pub correct: u64,
    /// Number of images that were added.
    pub seen: u64,
}

impl Totals {
    /// Adds a batch of `images` images whose losses sum to `loss_sum`; `weight`: the sum of the weights of their classes, where the
    /// loss is a weighted mean.
    pub fn add(&mut self, images: usize, loss_sum: f64, weight: Option<f64>) {
        // sums of a checkpoint from before there were weights here: a mean for each image
        if weight.is_some() && self.weight_sum == 0.0 && self.loss_sum != 0.0 {
            self.weight_sum = self.seen as f64;
        }
        self.seen += images as u64;
        self.loss_sum += loss_sum;
        self.weight_sum += weight.unwrap_or(0.0);
    }

    /// The mean loss: the sum of weighted losses over the sum of weights, or over the images where these have none.
    pub fn loss(&self) -> f64 {
        if self.weight_sum > 0.0 { self.loss_sum / self.weight_sum } else { self.mean(self.loss_sum) }
    }

    /// The mean of a sum; 0 before any image was seen.
    pub fn mean(&self, sum: f64) -> f64 {
        sum / self.seen.max(1) as f64
    }
}

fn is_zero(sum: &f64) -> bool {
    *sum == 0.0
}

/// Means over some images.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Metrics {
    /// Mean loss of an image.
    pub loss: f64,
    /// Share of right answers, 0..1; with several labels an image, the share with all labels right. None where answers are
    /// not right or wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<f64>,
    /// Both losses, where two networks are trained in turn; `loss` is then the discriminator's.
    #[serde(flatten)]
    pub adversarial: Option<AdversarialLosses>,
    /// What else was measured, after an evaluation.
    #[serde(flatten)]
    pub more: Summary,
}

impl Metrics {
    /// The loss by which a schedule and the choice of the best epoch tell a better epoch from a worse one: where some classes are
    /// normal, that of their images.
    pub fn judged_loss(&self) -> f64 {
        self.more.normal_error.unwrap_or(self.loss)
    }
}

/// The losses of two networks that are trained in turn.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct AdversarialLosses {
    /// The discriminator's: mean over real images plus mean over generated ones; 1.386 where it cannot tell them apart.
    pub d_loss: f64,
    /// The generator's; 0.693 there.
    pub g_loss: f64,
}
