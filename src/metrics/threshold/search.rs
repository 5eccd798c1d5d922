//! The threshold that reaches a recall or a precision.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::super::interval::Interval;

/// What a threshold is to reach, each from 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Aim {
    /// At least this share of the class is found.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub recall: Option<f64>,
    /// At least this share of the answers is right.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub precision: Option<f64>,
}

/// A threshold with what comes of it on the examples that it was found on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// The probability from which on the class is answered.
    pub threshold: f64,
    /// Examples.
    pub examples: usize,
    /// Examples of the class.
    pub positives: u64,
    /// Examples for which the class is answered.
    pub answered: u64,
    /// Those of them that are of the class.
    pub right: u64,
}

/// Why there is no such threshold.
#[derive(Clone, Copy, Debug, PartialEq, Error)]
pub enum Unreachable {
    /// No example is of the class.
    #[error("none of the {examples} examples is of the class")]
    NoExample {
        /// How many there are.
        examples: usize,
    },
    /// Another precision is the best.
    #[error(
        "no threshold reaches it: {} is the highest precision{}, at a threshold of {:.4} with a recall of {}",
        share(found.precision()), at_recall(*recall), found.threshold, share(found.recall())
    )]
    Precision {
        /// The threshold of the highest precision.
        found: Found,
        /// The recall that was asked for beside it.
        recall: Option<f64>,
    },
}

fn share(share: f64) -> String {
    format!("{:.2} %", share * 100.0)
}

fn at_recall(recall: Option<f64>) -> String {
    recall.map_or(String::new(), |least| format!(" with a recall of at least {}", share(least)))
}

impl Found {
    /// Share of the class that is found.
    pub fn recall(&self) -> f64 {
        self.right as f64 / self.positives.max(1) as f64
    }

    /// Share of the answers that is right; 0 without answers.
    pub fn precision(&self) -> f64 {
        self.right as f64 / self.answered.max(1) as f64
    }

    /// Where the recall on other examples of the kind may lie, with 95 % confidence.
    pub fn recall_interval(&self) -> Interval {
        Interval::wilson(self.right, self.positives)
    }

    /// The same of the precision.
    pub fn precision_interval(&self) -> Interval {
        Interval::wilson(self.right, self.answered)
    }
}

/// The threshold of a class that reaches an aim, from the class's probability on each example and whether the example is of the
/// class. For a recall it is the highest one that reaches it, which answers the class least often; for a precision that of the highest
/// recall; for both, the one of the highest recall that has both. An aim at nothing is reached by the highest probability.
///
/// # Errors
/// [`Unreachable`] with what can be reached.
pub fn find(scored: &[(f64, bool)], aim: Aim) -> Result<Found, Unreachable> {
    let examples = scored.len();
    let positives = scored.iter().filter(|(_, is)| *is).count() as u64;
    if positives == 0 {
        return Err(Unreachable::NoExample { examples });
    }
    let mut sorted = scored.to_vec();
    sorted.sort_by(|a, b| b.0.total_cmp(&a.0));
    // every threshold that makes a difference, the highest first: examples of one probability are answered together
    let (mut all, mut right) = (Vec::new(), 0);
    for (i, &(probability, is)) in sorted.iter().enumerate() {
        right += u64::from(is);
        if sorted.get(i + 1).is_none_or(|next| next.0 < probability) {
            all.push(Found { threshold: probability, examples, positives, answered: i as u64 + 1, right });
        }
    }
    let recalled = |found: &Found| found.recall() >= aim.recall.unwrap_or(0.0);
    match aim.precision {
        None => Ok(*all.iter().find(|found| recalled(found)).expect("the lowest threshold finds all")),
        Some(least) => {
            let reached = all.iter().rev().filter(|found| recalled(found)).find(|found| found.precision() >= least);
            let best = || {
                let of = all.iter().filter(|found| recalled(found));
                let best = of.max_by(|a, b| a.precision().total_cmp(&b.precision()).then(a.right.cmp(&b.right)));
                *best.expect("the lowest threshold finds all")
            };
            reached.copied().ok_or_else(|| Unreachable::Precision { found: best(), recall: aim.recall })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCORED: [(f64, bool); 8] =
        [(0.9, true), (0.8, true), (0.8, false), (0.6, true), (0.4, false), (0.3, true), (0.2, false), (0.1, false)];

    fn aim(recall: Option<f64>, precision: Option<f64>) -> Aim {
        Aim { recall, precision }
    }

    #[test]
    fn a_recall_is_reached_with_as_few_answers_as_can_be() {
        for (recall, threshold, answered, right) in
            [(0.25, 0.9, 1, 1), (0.26, 0.8, 3, 2), (0.75, 0.6, 4, 3), (0.99, 0.3, 6, 4), (1.0, 0.3, 6, 4)]
        {
            let found = find(&SCORED, aim(Some(recall), None)).unwrap();
            assert_eq!((found.threshold, found.answered, found.right), (threshold, answered, right), "{recall}");
            assert!(found.recall() >= recall);
            // what is counted is what comes of the rule
            let by_rule = SCORED.iter().filter(|(p, is)| *p >= threshold && *is).count() as u64;
            assert_eq!(by_rule, right);
        }
    }

    #[test]
    fn a_precision_is_reached_with_the_highest_recall() {
        for (precision, threshold) in [(1.0, 0.9), (0.75, 0.6), (0.7, 0.6), (0.66, 0.3), (0.5, 0.1)] {
            assert_eq!(find(&SCORED, aim(None, Some(precision))).unwrap().threshold, threshold, "{precision}");
        }
        assert_eq!(find(&SCORED, aim(Some(0.3), Some(0.75))).unwrap().threshold, 0.6);
    }

    #[test]
    fn what_cannot_be_reached_says_what_can() {
        let none = find(&[(0.9, false), (0.1, false)], aim(Some(0.5), None)).unwrap_err();
        assert_eq!(none.to_string(), "none of the 2 examples is of the class");
        let wrong_first = find(&[(0.9, false), (0.8, true), (0.7, true)], aim(None, Some(0.9))).unwrap_err();
        assert_eq!(
            wrong_first.to_string(),
            "no threshold reaches it: 66.67 % is the highest precision, at a threshold of 0.7000 with a recall of 100.00 %"
        );
        let both = find(&SCORED, aim(Some(1.0), Some(0.9))).unwrap_err().to_string();
        assert!(both.contains("66.67 % is the highest precision with a recall of at least 100.00 %"), "{both}");
    }
}
