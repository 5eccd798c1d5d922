//! What decides between answers: the score above which an image is an anomaly, and the probabilities from which on a class or
//! label is answered.

mod classes;
mod search;

pub use classes::Thresholds;
pub use search::{Aim, Found, Unreachable, find};

use serde::{Deserialize, Serialize};

/// The share of the images that a threshold is taken from which are not above it.
pub const NOT_ABOVE: f64 = 0.95;

/// A score that few of the images a model learned, or of held-out images like them, are above: an image that is above it is
/// unlike them. The score of an image is its reconstruction error, the loss of that image by itself.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Threshold {
    /// The score that [`NOT_ABOVE`] of the images are not above.
    pub score: f64,
    /// How many images it is taken from.
    pub images: usize,
    /// Whether these were held out of training; otherwise they are training images.
    pub held_out: bool,
}

impl Threshold {
    /// From the scores of images; none without any.
    pub fn of(mut scores: Vec<f32>, held_out: bool) -> Option<Self> {
        scores.sort_by(f32::total_cmp);
        let last = (scores.len() as f64 * NOT_ABOVE).ceil() as usize;
        let score = f64::from(*scores.get(last.checked_sub(1)?)?);
        Some(Threshold { score, images: scores.len(), held_out })
    }

    /// Whether an image of this score is like those that were learned.
    pub fn is_normal(&self, score: f32) -> bool {
        f64::from(score) <= self.score
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_of_a_hundred_are_above_a_threshold() {
        let of = |count: usize| Threshold::of((0..count).rev().map(|i| i as f32).collect(), false);
        let threshold = of(100).unwrap();
        assert_eq!((threshold.score, threshold.images), (94.0, 100));
        assert!(threshold.is_normal(94.0) && !threshold.is_normal(95.0));
        assert_eq!(of(1).unwrap().score, 0.0);
        assert_eq!(of(0), None);
    }
}
