//! The first line of a log: what the run is.

use std::collections::BTreeMap;

use serde::Serialize;

/// The version of the log: what keys its lines have. Logs without a first line of this kind are older than the first.
pub const SCHEMA: u32 = 1;

/// What a run is, in the line with which its log opens, and in each line with which it goes on after it was stopped. Its time is that
/// at which the command began.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunStart {
    /// `start`, or `resume` where the run goes on.
    pub event: &'static str,
    /// [`SCHEMA`].
    pub schema: u32,
    /// Version of the program.
    pub version: &'static str,
    /// The command as it was typed, quoted for a shell.
    pub command: String,
    /// The folder in which it was typed.
    pub directory: Option<String>,
    /// What computes.
    pub device: Device,
    /// Bytes that the run takes on the device, all of them at its begin.
    pub device_bytes: u64,
    /// The network.
    pub model: Network,
    /// What the run is for: `classify`, `labels`, `regress`, `reconstruct` or `generate`.
    pub task: &'static str,
    /// What its examples are called: `images`, `texts` or `examples`.
    pub examples: &'static str,
    /// What it learns from.
    pub data: Data,
    /// Which examples validate it; none where none do.
    pub split: Option<Division>,
    /// What the best epoch is chosen by, as `--best-by` names it; none where no epoch is better than another.
    pub best_by: Option<&'static str>,
    /// Epochs that the run is to have.
    pub epochs: u32,
    /// Steps that it has done before.
    pub step: u64,
    /// Settings that differ from their defaults, by key.
    pub settings: BTreeMap<String, toml::Value>,
}

/// What computes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Device {
    /// Name of the adapter.
    pub name: String,
    /// `discrete GPU`, `integrated GPU`, `virtual GPU`, `software` or `other`.
    pub kind: String,
    /// `vulkan`, `metal`, `dx12` or `gl`.
    pub backend: String,
    /// Driver with version.
    pub driver: String,
}

/// The network.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Network {
    /// Its name.
    pub name: String,
    /// What it takes, `[h, w, c]`.
    pub input: [usize; 3],
    /// Numbers that are learned.
    pub parameters: u64,
}

/// What a run learns from.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Data {
    /// Name of the data set.
    pub name: String,
    /// Folder or file it came from.
    pub source: String,
    /// Names of what the model gives: classes, labels or numbers.
    pub classes: Vec<String>,
    /// Examples of each part: those that are learned, that validate and that test.
    pub counts: Counts,
    /// The same by class, where every example has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_class: Option<PerClass>,
}

/// Examples of each class, in the classes' order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PerClass {
    /// Those that are learned.
    pub training: Vec<usize>,
    /// Those that validate.
    pub validation: Vec<usize>,
}

/// Examples of each part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Those that are learned.
    pub training: usize,
    /// Those that validate, unless these are the test examples.
    pub validation: usize,
    /// Those that test.
    pub test: usize,
}

/// Which examples validate a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Division {
    /// The split of the data set that they are taken from: `training`, `validation` or `test`.
    pub part: &'static str,
    /// How many there are.
    pub count: usize,
    /// SHA-256 of what they are called, or else of what they hold, and of what is to be learned about them: runs in which it is
    /// the same validate on the same examples.
    pub sha256: Option<String>,
    /// What they are called, as paths below the data set's folder; nothing where they have no names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// Where they stand in their part, where they have no names and are not all of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub indices: Vec<usize>,
}
