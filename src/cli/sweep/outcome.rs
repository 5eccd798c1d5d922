//! What came of a sweep's runs, and which of them is better.

use std::cmp::Ordering;

use serde::Serialize;
use serde_json::Value;

use super::super::runs::Found;
use crate::metrics::{Best, Criterion, Interval};

/// What came of a run so far.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// Number of the run in the plan, from 0.
    #[serde(skip)]
    pub number: usize,
    /// Its best value of the sweep's measure.
    pub value: Option<f64>,
    /// Where a share lies with 95 % confidence, counted on so few images.
    pub interval: Option<Interval>,
    /// The loss there, which decides between equal values.
    pub loss: Option<f64>,
    /// The epoch that it is of; none of a run that ended before one did.
    pub epoch: Option<u64>,
    /// Epochs done.
    pub epochs: u64,
    /// Seconds that they took.
    pub seconds: f64,
}

impl Outcome {
    /// Of a run as its folder tells it, in the epochs until one.
    pub fn of(number: usize, found: &Found, by: Criterion, until: Option<u32>) -> Self {
        // a run of fewer steps than an epoch has is measured when it ends
        let verdict =
            || found.log.entries.iter().rfind(|entry| entry.event == "verdict").map(|entry| (None, &entry.value));
        let best = found.best_until(until).map(|(epoch, means)| (Some(epoch), means)).or_else(verdict);
        let (epoch, means) = best.unwrap_or((None, &Value::Null));
        // an autoencoder that knows normal classes is judged by the loss of their images
        let judged = if by == Criterion::Loss { means["normal_error"].as_f64() } else { None };
        let value = judged.or_else(|| means[by.column()].as_f64());
        let images = found.log.first("start").and_then(|start| start.value["data"]["counts"]["validation"].as_u64());
        let interval = (value.zip(images))
            .filter(|(_, all)| by == Criterion::Accuracy && *all > 0)
            .map(|(share, all)| Interval::wilson((share * all as f64).round() as u64, all));
        let (epochs, seconds) = (found.epochs, found.seconds);
        Outcome { number, value, interval, loss: means["loss"].as_f64(), epoch, epochs, seconds }
    }

    fn best(&self, by: Criterion) -> Option<Best> {
        Some(Best { epoch: None, by, score: self.value?, loss: self.loss })
    }
}

/// Which of two runs comes first: the better one, then the earlier one; last those without a value.
pub fn order(a: &Outcome, b: &Outcome, by: Criterion) -> Ordering {
    let better = match (a.best(by), b.best(by)) {
        (Some(a), Some(b)) if a.beats(&b) => Ordering::Less,
        (Some(a), Some(b)) if b.beats(&a) => Ordering::Greater,
        (Some(_), Some(_)) => Ordering::Equal,
        (a, b) => b.is_some().cmp(&a.is_some()),
    };
    better.then(a.number.cmp(&b.number))
}
