//! What a run is worth, in the few facts that a verdict tells: the best epoch beside what needs no learning, what is weakest, and
//! what is wrong with it altogether.

mod classes;
mod labels;
mod values;

use serde::Serialize;

pub use classes::{ClassFindings, Confused, Share, Weak};
pub use labels::{LabelFindings, WeakLabel};
pub use values::{ValueFindings, WeakValue};

use super::{Best, ClassError, ErrorMeasures, Measures, Metrics};

/// Of classes, labels and confusions, so many are told.
const TOLD: usize = 3;

/// The images that a run was looked at on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Examined {
    /// Those that validate its epochs.
    Validation,
    /// The test images.
    Test,
    /// Those that it learned, since there are no others.
    Training,
}

impl Examined {
    /// In the order in which a run meets them.
    pub const ALL: [Self; 3] = [Examined::Training, Examined::Validation, Examined::Test];

    /// In words, before `images`.
    pub fn name(self) -> &'static str {
        match self {
            Examined::Validation => "validation",
            Examined::Test => "test",
            Examined::Training => "training",
        }
    }
}

/// What is wrong with a model altogether.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Alarm {
    /// One class gets nearly all answers, though the images have others.
    OneAnswer,
    /// It is no better than what needs no learning, or not by more than chance gives on so few images.
    NoBetter,
}

/// What a run is worth.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Assessment {
    /// The epoch whose weights were looked at; none where no epoch is the best, or none has ended.
    pub best: Option<Best>,
    /// Epochs that the run has finished.
    pub epochs: u32,
    /// Which images they were looked at on.
    pub examined: Examined,
    /// Number of those images.
    pub images: usize,
    /// Whether images that were not learned chose the best epoch; otherwise the training loss did.
    pub validated: bool,
    /// Their mean loss.
    pub loss: f64,
    /// What was found.
    #[serde(flatten)]
    pub findings: Findings,
}

/// What was found, by task.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum Findings {
    /// One class an image.
    Classes(ClassFindings),
    /// Several labels an image.
    Labels(LabelFindings),
    /// Numbers for each image.
    Values(ValueFindings),
    /// Reconstructed images.
    Errors(ErrorFindings),
    /// Means alone: nothing was recorded of single images.
    Means {
        /// Share of right answers, where answers are right or wrong.
        #[serde(skip_serializing_if = "Option::is_none")]
        accuracy: Option<f64>,
    },
}

/// Reconstructed images, by their error.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ErrorFindings {
    /// Mean error of an image.
    pub mean: f64,
    /// Mean errors of the images of normal classes and of all others, where some classes are normal.
    pub normal_and_other: Option<[f64; 2]>,
    /// Area under the ROC curve of "it is of another class", by error.
    pub auc: Option<f64>,
    /// The class that is told least well from the normal ones, or that is given back worst where none is normal.
    pub weakest: Option<ClassError>,
}

impl ErrorFindings {
    fn new(measured: &ErrorMeasures) -> Self {
        let classes = || measured.classes.iter().filter(|class| class.images > 0);
        let weakest = match measured.auc {
            Some(_) => {
                classes().filter(|class| class.auc.is_some()).min_by(|a, b| a.auc.partial_cmp(&b.auc).expect("areas"))
            }
            None => classes().max_by(|a, b| a.mean.partial_cmp(&b.mean).expect("means")),
        };
        ErrorFindings {
            mean: measured.mean,
            normal_and_other: measured.normal.zip(measured.other).map(|(normal, other)| [normal, other]),
            auc: measured.auc,
            weakest: weakest.filter(|_| classes().count() > 1).cloned(),
        }
    }

    /// Whether anomalies are told no better than by chance.
    pub fn alarm(&self) -> Option<Alarm> {
        self.auc.filter(|&auc| auc <= 0.5).map(|_| Alarm::NoBetter)
    }
}

impl Assessment {
    /// From what was measured with the weights of the best epoch. `names` are those of classes, labels or outputs.
    pub fn new(
        best: Option<Best>,
        epochs: u32,
        (examined, images): (Examined, usize),
        validated: bool,
        metrics: &Metrics,
        measures: Option<&Measures>,
        names: &[String],
    ) -> Self {
        let findings = match measures {
            Some(Measures::Classes(measured)) => Findings::Classes(ClassFindings::new(measured, names)),
            Some(Measures::Labels(measured)) => Findings::Labels(LabelFindings::new(measured, names)),
            Some(Measures::Values(measured)) => Findings::Values(ValueFindings::new(measured, names)),
            Some(Measures::Errors(measured)) => Findings::Errors(ErrorFindings::new(measured)),
            None => Findings::Means { accuracy: metrics.accuracy },
        };
        Assessment { best, epochs, examined, images, validated, loss: metrics.judged_loss(), findings }
    }

    /// What is wrong with the model altogether.
    pub fn alarm(&self) -> Option<Alarm> {
        match &self.findings {
            Findings::Classes(found) => found.alarm,
            Findings::Labels(found) => found.alarm,
            Findings::Values(found) => found.alarm,
            Findings::Errors(found) => found.alarm(),
            Findings::Means { .. } => None,
        }
    }
}

/// The share that chance reaches in one of twenty runs where `share` is expected of `images` images (one-sided, normal).
fn by_chance(share: f64, variance: f64) -> f64 {
    share + 1.645 * variance.max(0.0).sqrt()
}
