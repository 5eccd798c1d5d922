//! What tells a better epoch from a worse one.

use serde::{Deserialize, Serialize};

use super::Metrics;

/// A measure by which the best epoch of a run is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Criterion {
    /// The share of right answers; with several labels an image, the share with all labels right.
    Accuracy,
    /// F1, averaged over classes or labels, each of which counts the same.
    MacroF1,
    /// Area under the ROC curve.
    Auc,
    /// Share of the variance that is explained.
    R2,
    /// The mean loss; of an autoencoder that knows normal classes, that of their images.
    Loss,
}

/// A criterion and what it is called.
struct Row {
    criterion: Criterion,
    /// As a configuration spells it.
    key: &'static str,
    /// As events and tables spell it.
    column: &'static str,
    /// In a sentence.
    name: &'static str,
    value: fn(&Metrics) -> Option<f64>,
    larger_is_better: bool,
    /// Whether it lies between 0 and 1.
    is_share: bool,
}

/// In the order of the enum.
const ROWS: [Row; 5] = [
    Row {
        criterion: Criterion::Accuracy,
        key: "accuracy",
        column: "accuracy",
        name: "accuracy",
        value: |metrics| metrics.accuracy,
        larger_is_better: true,
        is_share: true,
    },
    Row {
        criterion: Criterion::MacroF1,
        key: "macro-f1",
        column: "macro_f1",
        name: "macro F1",
        value: |metrics| metrics.more.macro_f1,
        larger_is_better: true,
        is_share: true,
    },
    Row {
        criterion: Criterion::Auc,
        key: "auc",
        column: "auc",
        name: "AUC",
        value: |metrics| metrics.more.auc,
        larger_is_better: true,
        is_share: true,
    },
    Row {
        criterion: Criterion::R2,
        key: "r2",
        column: "r2",
        name: "R2",
        value: |metrics| metrics.more.r2,
        larger_is_better: true,
        is_share: false,
    },
    Row {
        criterion: Criterion::Loss,
        key: "loss",
        column: "loss",
        name: "loss",
        value: |metrics| Some(metrics.judged_loss()),
        larger_is_better: false,
        is_share: false,
    },
];

impl Criterion {
    fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }

    /// Its name in a configuration, such as `macro-f1`.
    pub fn key(self) -> &'static str {
        self.row().key
    }

    /// The criterion that a configuration names.
    pub fn named(key: &str) -> Option<Self> {
        ROWS.iter().find(|row| row.key == key).map(|row| row.criterion)
    }

    /// Every name that a configuration may have.
    pub fn keys() -> impl Iterator<Item = &'static str> {
        ROWS.iter().map(|row| row.key)
    }

    /// Its name in events and tables, such as `macro_f1`.
    pub fn column(self) -> &'static str {
        self.row().column
    }

    /// The criterion that events and tables call so.
    pub fn of_column(column: &str) -> Option<Self> {
        Self::all().find(|one| one.column() == column)
    }

    /// Every criterion, the loss last.
    pub fn all() -> impl Iterator<Item = Self> {
        ROWS.iter().map(|row| row.criterion)
    }

    /// Whether it lies between 0 and 1, and is shown in percent.
    pub fn is_share(self) -> bool {
        self.row().is_share
    }

    /// Its name in a sentence, such as `macro F1`.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// Its value among some means; none where it was not measured, or has no meaning there.
    pub fn value(self, metrics: &Metrics) -> Option<f64> {
        (self.row().value)(metrics)
    }

    /// Whether `value` is better than `other`.
    fn prefers(self, value: f64, other: f64) -> bool {
        if self.row().larger_is_better { value > other } else { value < other }
    }
}

/// The best epoch of a run so far.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "Stored")]
pub struct Best {
    /// Its number, from 1; none in a run of an earlier version, which did not keep it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epoch: Option<u32>,
    /// What it is the best by.
    pub by: Criterion,
    /// The value of that.
    pub score: f64,
    /// Its loss, by which a tie is broken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loss: Option<f64>,
}

impl Best {
    /// Whether it is better than another: by its score, and by the smaller loss where scores are equal.
    pub fn beats(&self, other: &Best) -> bool {
        let tied = self.score == other.score;
        let smaller = self.loss.zip(other.loss).is_some_and(|(loss, before)| loss < before);
        self.by.prefers(self.score, other.score) || (tied && smaller)
    }
}

/// How a checkpoint holds it. Earlier versions kept a number alone: an accuracy, or a loss with its sign changed.
#[derive(Deserialize)]
#[serde(untagged)]
enum Stored {
    Score(f64),
    Best { epoch: Option<u32>, by: Criterion, score: f64, loss: Option<f64> },
}

impl From<Stored> for Best {
    fn from(stored: Stored) -> Self {
        match stored {
            Stored::Best { epoch, by, score, loss } => Best { epoch, by, score, loss },
            Stored::Score(score) if score < 0.0 => {
                Best { epoch: None, by: Criterion::Loss, score: -score, loss: Some(-score) }
            }
            Stored::Score(score) => Best { epoch: None, by: Criterion::Accuracy, score, loss: None },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Summary;
    use super::*;

    fn best(by: Criterion, score: f64, loss: f64) -> Best {
        Best { epoch: Some(1), by, score, loss: Some(loss) }
    }

    #[test]
    fn criteria_are_found_by_their_names() {
        for row in &ROWS {
            assert_eq!((row.criterion.row().key, Criterion::named(row.key)), (row.key, Some(row.criterion)));
            assert_eq!(serde_json::to_value(row.criterion).unwrap(), row.key);
        }
        assert_eq!(Criterion::named("f1"), None);
    }

    #[test]
    fn each_reads_its_own_measure() {
        let more = Summary { macro_f1: Some(0.3), auc: Some(0.4), r2: Some(0.5), ..Summary::default() };
        let metrics = Metrics { loss: 0.1, accuracy: Some(0.2), more, ..Metrics::default() };
        let values: Vec<_> = ROWS.iter().map(|row| row.criterion.value(&metrics).unwrap()).collect();
        assert_eq!(values, [0.2, 0.3, 0.4, 0.5, 0.1]);
        let normal = Metrics { more: Summary { normal_error: Some(0.05), ..more }, ..metrics };
        assert_eq!(Criterion::Loss.value(&normal), Some(0.05), "of the images of normal classes");
        assert_eq!(Criterion::Auc.value(&Metrics::default()), None);
    }

    #[test]
    fn more_is_better_unless_it_is_a_loss_and_ties_go_to_the_smaller_loss() {
        use Criterion::{Accuracy, Loss, MacroF1};
        for (by, new, old, beats) in [
            (Accuracy, (0.9, 2.0), (0.8, 1.0), true),
            (MacroF1, (0.8, 1.0), (0.9, 2.0), false),
            (Accuracy, (0.9, 1.0), (0.9, 2.0), true),
            (Accuracy, (0.9, 2.0), (0.9, 1.0), false),
            (Accuracy, (0.9, 1.0), (0.9, 1.0), false),
            (Loss, (0.5, 0.5), (0.6, 0.6), true),
            (Loss, (0.6, 0.6), (0.5, 0.5), false),
        ] {
            let [new, old] = [new, old].map(|(score, loss)| best(by, score, loss));
            assert_eq!(new.beats(&old), beats, "{new:?} {old:?}");
        }
    }

    #[test]
    fn scores_of_earlier_versions_are_read() {
        let read = |text: &str| serde_json::from_str::<Best>(text).unwrap();
        assert_eq!(read("0.75"), Best { epoch: None, by: Criterion::Accuracy, score: 0.75, loss: None });
        assert_eq!(read("-0.5"), Best { epoch: None, ..best(Criterion::Loss, 0.5, 0.5) });
        let now = best(Criterion::MacroF1, 0.5, 0.25);
        assert_eq!(read(&serde_json::to_string(&now).unwrap()), now);
    }
}
