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
    /// How far the sum is off, as a share of the difference; infinite where there is no difference.
    pub fn error(&self) -> f64 {
        if self.difference == 0.0 {
            return f64::INFINITY;
        }
        ((self.attributed - self.difference) / self.difference).abs()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_a_share_of_the_difference_where_there_is_one() {
        let error = |attributed, difference| Completeness { attributed, difference }.error();
        assert_eq!(error(3.0, 4.0), 0.25);
        assert_eq!(error(-5.0, -4.0), 0.25);
        assert_eq!(error(1e-6, 0.0), f64::INFINITY);
        assert_eq!(error(0.0, 0.0), f64::INFINITY);
    }
}
