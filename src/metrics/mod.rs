//! What a model's answers on a split are worth: counted on the host, from what evaluation kept of each image.
//!
//! The formulas are scikit-learn's: where nothing was predicted or nothing was there, a ratio of 0 to 0 counts as 0.

mod answers;
mod assessment;
mod classes;
mod criterion;
mod curves;
mod errors;
mod interval;
mod label_errors;
mod labels;
mod means;
mod paired;
mod ranking;
mod threshold;
mod values;

use serde::Serialize;

pub use answers::{Answers, Errors, Numbers};
pub use assessment::{
    Alarm, Assessment, ClassFindings, Confused, ErrorFindings, Examined, Findings, LabelFindings, Share, ValueFindings,
    Weak, WeakLabel, WeakValue,
};
pub use classes::{BINS, Bin, CONFUSION_LIMIT, ClassAnswer, ClassMeasures, TOLD_CLASSES, bin_of};
pub use criterion::{Best, Criterion};
pub use curves::{Operating, average_precision, operating};
pub use errors::{ClassError, ErrorMeasures};
pub use interval::Interval;
pub use label_errors::{LabelErrors, Suspect};
pub use labels::{LabelCounts, LabelMeasures};
pub use means::{AdversarialLosses, Metrics, Totals};
pub use paired::{McNemar, bootstrap};
pub use ranking::auc;
pub use threshold::{Aim, Found, NOT_ABOVE, Threshold, Thresholds, Unreachable, find};
pub use values::{ValueMeasures, ValueScore};

/// Everything that was measured over a split.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum Measures {
    /// One class an image.
    Classes(ClassMeasures),
    /// Several labels an image.
    Labels(LabelMeasures),
    /// Numbers for each image.
    Values(ValueMeasures),
    /// Reconstructed images, by their error.
    Errors(ErrorMeasures),
}

/// The measures that fit a line; each where it has a meaning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    /// Share of images whose label is among the five likeliest classes; of more than five classes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top5: Option<f64>,
    /// F1, averaged over classes or labels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub macro_f1: Option<f64>,
    /// Expected calibration error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ece: Option<f64>,
    /// Area under the ROC curve: of two classes, averaged over labels, or of other classes than the normal ones by error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auc: Option<f64>,
    /// Mean absolute error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mae: Option<f64>,
    /// Root of the mean squared error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rmse: Option<f64>,
    /// Share of the variance that is explained, averaged over outputs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub r2: Option<f64>,
    /// Mean reconstruction error of the images of the normal classes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub normal_error: Option<f64>,
    /// Mean error of all other images.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other_error: Option<f64>,
}

impl Measures {
    /// Errors by class, of reconstructed images.
    pub(crate) fn into_class_errors(self) -> Vec<ClassError> {
        match self {
            Measures::Errors(measured) => measured.classes,
            _ => Vec::new(),
        }
    }

    /// The confusion matrix, where it is small enough for every epoch to tell it.
    pub fn told_confusion(&self) -> Option<Vec<Vec<u64>>> {
        match self {
            Measures::Classes(measured) => measured.confusion.clone().filter(|matrix| matrix.len() <= TOLD_CLASSES),
            _ => None,
        }
    }

    /// What fits a line.
    pub fn summary(&self) -> Summary {
        match self {
            Measures::Classes(m) => Summary {
                top5: m.top5,
                macro_f1: Some(m.macro_average.f1),
                ece: Some(m.ece),
                auc: m.auc,
                ..Summary::default()
            },
            Measures::Labels(m) => {
                Summary { macro_f1: Some(m.macro_average.f1), auc: m.macro_auc, ..Summary::default() }
            }
            Measures::Values(m) => {
                Summary { mae: Some(m.mae), rmse: Some(m.mse.sqrt()), r2: m.r2, ..Summary::default() }
            }
            Measures::Errors(m) => {
                Summary { auc: m.auc, normal_error: m.normal, other_error: m.other, ..Summary::default() }
            }
        }
    }
}

/// Precision, recall and F1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Scores {
    /// Right ones of those predicted.
    pub precision: f64,
    /// Right ones of those that are there.
    pub recall: f64,
    /// Harmonic mean of precision and recall.
    pub f1: f64,
    /// How many are there.
    pub support: u64,
    /// Whether any is there or was predicted: what is neither has no scores, and averages leave it out.
    #[serde(skip)]
    pub is_concerned: bool,
}

/// 0 of 0 is 0.
fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

impl Scores {
    /// From how many were right, predicted, and there.
    pub fn new(right: u64, predicted: u64, support: u64) -> Self {
        let (precision, recall) = (ratio(right, predicted), ratio(right, support));
        let (f1, is_concerned) = (ratio(2 * right, predicted + support), predicted + support > 0);
        Scores { precision, recall, f1, support, is_concerned }
    }

    /// The mean of each, all alike or by support.
    fn mean(all: &[Scores], weight: impl Fn(&Scores) -> f64) -> Scores {
        let total: f64 = all.iter().map(&weight).sum();
        let of = |part: fn(&Scores) -> f64| {
            let sum: f64 = all.iter().map(|s| weight(s) * part(s)).sum();
            if total == 0.0 { 0.0 } else { sum / total }
        };
        let support = all.iter().map(|s| s.support).sum();
        let [precision, recall, f1] = [of(|s| s.precision), of(|s| s.recall), of(|s| s.f1)];
        Scores { precision, recall, f1, support, is_concerned: true }
    }

    /// The mean over classes, each of which counts the same.
    pub fn macro_average(all: &[Scores]) -> Scores {
        Self::mean(all, |_| 1.0)
    }

    /// The mean weighted by support.
    pub fn weighted_average(all: &[Scores]) -> Scores {
        Self::mean(all, |s| s.support as f64)
    }
}
