//! What an explanation says.

use super::{Map, Method};
use crate::train::Answer;

/// How well the parts of an explanation add up to the whole: the completeness of integrated gradients.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Completeness {
    /// The sum of all attributions.
    pub attributed: f64,
    /// The difference of the class's score between the image and the baseline, which the sum should be.
    pub difference: f64,
}

impl Completeness {
    /// How far the sum is off, as a share of the difference.
    pub fn error(&self) -> f64 {
        (self.attributed - self.difference).abs() / self.difference.abs().max(f64::MIN_POSITIVE)
    }
}

/// What speaks for a class in an image.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// What the model answers.
    pub answer: Answer,
    /// Number of the class, label or output that is explained.
    pub class: usize,
    /// How it was made.
    pub method: &'static Method,
    /// The layer that was looked at, if one was.
    pub layer: Option<String>,
    /// How much each place speaks for the class, in the layer's or the input's size.
    pub map: Map,
    /// How well its parts add up, where the method promises that they do.
    pub completeness: Option<Completeness>,
}

impl Explanation {
    /// The name of the class.
    pub fn class_name(&self) -> &str {
        &self.answer.names()[self.class]
    }

    /// The probability of the class, 0 to 1; none where the model gives numbers.
    pub fn probability(&self) -> Option<f64> {
        self.answer.probabilities.get(self.class).copied()
    }
}
