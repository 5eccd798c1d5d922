//! Everything that a report tells, gathered before anything is drawn.

use std::collections::BTreeMap;

use super::predictions::Predictions;
use crate::metrics::{Assessment, Measures, Threshold};
use crate::report::history::History;

/// Everything that a report tells.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Name of the run folder.
    pub run: String,
    /// What an example is, in the plural: images, texts, examples.
    pub what: String,
    /// Names of what the model gives: classes, labels, numbers.
    pub names: Vec<String>,
    /// Classes that are normal, of an autoencoder.
    pub normal: Vec<String>,
    /// Above it an image is an anomaly.
    pub threshold: Option<Threshold>,
    /// What the run is worth; none where it evaluates nothing, or has not finished.
    pub assessment: Option<Assessment>,
    /// Everything that was measured on the same examples.
    pub measures: Option<Measures>,
    /// The answers on them.
    pub answers: Option<Predictions>,
    /// The test images, where the verdict is not about them: how many, and accuracy or loss in words.
    pub test: Option<String>,
    /// The epochs.
    pub history: History,
    /// The data.
    pub data: DataFacts,
    /// The model.
    pub model: ModelFacts,
    /// Where and how it was trained, as names and values.
    pub training: Vec<[String; 2]>,
    /// The settings, as they stand in `config.toml`.
    pub settings: String,
    /// The command that trained it.
    pub command: Option<String>,
    /// Commands that make the same run again.
    pub reproduce: Vec<String>,
    /// What could not be shown, and why.
    pub notes: Vec<String>,
    /// The filters of the first layer.
    pub filters: Option<Filters>,
    /// Where the time of a step goes, and the memory.
    pub profile: Option<ProfileFacts>,
    /// Sheets of generated images, by epoch.
    pub sheets: Vec<Sheet>,
    /// What is shown of examples, by their number among the answers.
    pub looks: BTreeMap<usize, Look>,
    /// Version of the program that trained, and that made this.
    pub version: String,
}

/// The data of a run.
#[derive(Clone, Debug, Default)]
pub struct DataFacts {
    /// Their name.
    pub name: String,
    /// Where they came from.
    pub source: String,
    /// Examples by split; with those of each class where examples have one.
    pub splits: Vec<SplitFacts>,
}

/// A split of the data.
#[derive(Clone, Debug, Default)]
pub struct SplitFacts {
    /// Training, validation or test.
    pub name: String,
    /// Its examples.
    pub examples: u64,
    /// Those of each class; empty where that is not known.
    pub classes: Vec<u64>,
}

/// The model of a run.
#[derive(Clone, Debug, Default)]
pub struct ModelFacts {
    /// Its name.
    pub name: String,
    /// Its input in words: `160 x 160 x 3`.
    pub input: String,
    /// Numbers that are trained.
    pub parameters: u64,
    /// Layer, type, parameters.
    pub layers: Vec<[String; 3]>,
}

/// The filters of a first layer, as one picture.
#[derive(Clone, Debug, Default)]
pub struct Filters {
    /// Name of the layer.
    pub layer: String,
    /// Number of filters, and their height and width.
    pub size: [usize; 3],
    /// As a data URI.
    pub picture: String,
    /// Width of the picture on a page.
    pub width: usize,
}

/// Times and memory.
#[derive(Clone, Debug, Default)]
pub struct ProfileFacts {
    /// Steps that were timed.
    pub steps: u64,
    /// Seconds of a step by kernel, the longest first.
    pub kernels: Vec<(String, f64)>,
    /// Seconds of a step by layer, the longest first.
    pub layers: Vec<(String, f64)>,
    /// Bytes on the device by what they are for, the most first.
    pub memory: Vec<(String, u64)>,
}

/// Generated images of an epoch.
#[derive(Clone, Debug, Default)]
pub struct Sheet {
    /// `epoch 12`.
    pub name: String,
    /// As a data URI.
    pub picture: String,
}

/// What is shown of an example.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Look {
    /// Its picture as a data URI.
    pub picture: Option<String>,
    /// Whether its pixels stay sharp squares.
    pub is_small: bool,
    /// Its text.
    pub text: Option<String>,
}
