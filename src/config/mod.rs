//! The configuration of a run: every setting with its default and its range. Saved with every checkpoint, and as
//! `config.toml` for people.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lepton_kernels::op::Precision;
use serde::{Deserialize, Serialize};

mod best_by;
mod check;
mod fields;
mod recipe;
mod targets;
mod transfer;
mod update;

pub use crate::augment::{AugmentError, check_policy, check_sizes, parse_augment};
pub use crate::data::{
    Fit, ImageOptions, LabelsFile, NormalizeConfig, NormalizeError, NormalizeFrom, TableOptions, TextOptions,
};
pub use crate::losses::{LossConfig, LossTarget, TargetKind};
pub use crate::optim::OptimizerConfig;
pub use crate::schedules::{Anneal, ScheduleConfig, Warmup};
pub use crate::table::{Chosen, Field, Member, OptionError, OutOfRange, Own, Settings, Table, Takes};
pub use best_by::BestBy;
pub use check::ConfigError;
pub use fields::{FIELDS, Given, Resuming, Section, Setting, setting, settings_markdown};
pub use lepton_kernels::augment::Policy as AugmentConfig;
pub use recipe::{RECIPES, Recipe, RecipeError};
pub use targets::{TargetsConfig, TargetsFrom};
pub use transfer::{Freeze, HeadConfig};
pub use update::{Lookahead, ParameterRule, UpdateConfig, UpdateError};

/// The images that each epoch is validated on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Validation {
    /// None that the configuration asks for; image folders without validation and test images hold some out anyway.
    #[default]
    None,
    /// The test images, all of them.
    Test,
    /// A random fraction of the training images, which is held out.
    Fraction(f64),
}

/// The copy of its table of labels in a run's folder.
pub(crate) const LABELS: &str = "labels.csv";

/// A whole run. Every key is optional in a file; [`FIELDS`] describes them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RunConfig {
    /// Name of a known data set, or a path; `None` is the built-in one, fashion-small.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
    /// Path of a table with labels in place of those of the data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labels: Option<String>,
    /// SHA-256 of this table when the run began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labels_sha256: Option<String>,
    /// The copy of this table that the run keeps.
    #[serde(skip)]
    pub labels_copy: Option<PathBuf>,
    /// Built-in model, or path of the model file.
    pub model: String,
    /// What the weights start from: a run, a file or a model with built-in weights; `None` for the seed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub init: Option<String>,
    /// SHA-256 of these weights when the run began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub init_sha256: Option<String>,
    /// Which layers keep the weights that they start with.
    #[serde(skip_serializing_if = "Freeze::is_none")]
    pub freeze: Freeze,
    /// What the learning rate of all layers but the head is multiplied by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_lr: Option<f32>,
    /// How a new head is trained on features before everything is.
    #[serde(skip_serializing_if = "HeadConfig::is_default")]
    pub head: HeadConfig,
    /// Passes over the training data.
    pub epochs: u32,
    /// Images in a batch.
    pub batch: usize,
    /// Learning rate; the highest one of a schedule.
    pub learning_rate: f32,
    /// How the learning rate changes.
    pub schedule: ScheduleConfig,
    /// Linear warm-up of the learning rate at the start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warmup: Option<Warmup>,
    /// Seed of the initial weights, the order of the images, augmentation, dropout, and the split unless that has its own.
    pub seed: u64,
    /// Seed of the validation split.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub split_seed: Option<u64>,
    /// Train on this many images only, the first ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
    /// Stop after this many steps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<u64>,
    /// The run ends after so many epochs without one that is better than every one before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patience: Option<u32>,
    /// Images to validate on after each epoch.
    pub validation: Validation,
    /// What the best epoch is chosen by.
    #[serde(skip_serializing_if = "BestBy::is_auto")]
    pub best_by: BestBy,
    /// Storage of activations, and of the weights that matrix products read, during training.
    pub precision: Precision,
    /// Whether ops are fused; unfused ops compute the same numbers, more slowly.
    pub fuse: bool,
    /// What the model's outputs are compared with, and how.
    #[serde(skip_serializing_if = "LossConfig::is_default")]
    pub loss: LossConfig,
    /// Classes that an autoencoder is trained on, by name or number; all classes if empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub normal: Vec<String>,
    /// How numbers to predict are scaled.
    #[serde(skip_serializing_if = "TargetsConfig::is_given")]
    pub targets: TargetsConfig,
    /// How pixels are scaled before the first layer.
    #[serde(skip_serializing_if = "NormalizeConfig::is_none")]
    pub normalize: NormalizeConfig,
    /// Random changes to training images.
    #[serde(skip_serializing_if = "changes_nothing")]
    pub augment: AugmentConfig,
    /// How images are read.
    pub images: ImageOptions,
    /// How texts are read.
    #[serde(skip_serializing_if = "TextOptions::is_default")]
    pub text: TextOptions,
    /// Which columns of a table hold what.
    #[serde(skip_serializing_if = "TableOptions::is_default")]
    pub table: TableOptions,
    /// How parameters are updated from their gradients.
    pub optimizer: OptimizerConfig,
    /// What surrounds the optimizer: accumulation, clipping, averages, rules for single parameters.
    #[serde(default = "UpdateConfig::unsaid")]
    pub update: UpdateConfig,
}

fn changes_nothing(augment: &AugmentConfig) -> bool {
    *augment == AugmentConfig::default()
}

impl Default for RunConfig {
    fn default() -> Self {
        RunConfig {
            data: None,
            labels: None,
            labels_sha256: None,
            labels_copy: None,
            model: "seed-mnist".into(),
            init: None,
            init_sha256: None,
            freeze: Freeze::None,
            body_lr: None,
            head: HeadConfig::default(),
            epochs: 5,
            batch: 64,
            learning_rate: 1e-3,
            schedule: ScheduleConfig::default(),
            warmup: None,
            seed: 0,
            split_seed: None,
            limit: None,
            steps: None,
            patience: None,
            validation: Validation::None,
            best_by: BestBy::Auto,
            precision: Precision::F32,
            fuse: true,
            loss: LossConfig::default(),
            normal: Vec::new(),
            targets: TargetsConfig::default(),
            normalize: NormalizeConfig::default(),
            augment: AugmentConfig::default(),
            images: ImageOptions::default(),
            text: TextOptions::default(),
            table: TableOptions::default(),
            optimizer: OptimizerConfig::default(),
            update: UpdateConfig::default(),
        }
    }
}

impl RunConfig {
    /// What says which images are held out: runs that agree in it have one split.
    pub fn split_seed(&self) -> u64 {
        self.split_seed.unwrap_or(self.seed)
    }

    /// The table of labels that it names, as it was when the run began.
    pub fn labels_file(&self) -> Option<LabelsFile> {
        let path = self.labels.clone()?;
        Some(LabelsFile { path, sha256: self.labels_sha256.clone(), copy: self.labels_copy.clone() })
    }

    /// With the copy of the table of labels that lies in a run's folder.
    pub(crate) fn with_labels_in(mut self, folder: &Path) -> Self {
        self.labels_copy = self.labels.is_some().then(|| folder.join(LABELS));
        self
    }

    /// Every setting that is there, by its key with the keys of its tables (`optimizer.momentum`); lists are settings.
    pub fn settings(&self) -> BTreeMap<String, toml::Value> {
        fn leaves(value: toml::Value, key: &str, found: &mut BTreeMap<String, toml::Value>) {
            let toml::Value::Table(table) = value else {
                found.insert(key.into(), value);
                return;
            };
            for (own, value) in table {
                leaves(value, &if key.is_empty() { own } else { format!("{key}.{own}") }, found);
            }
        }
        let mut found = BTreeMap::new();
        // as text, in which a number of single precision has its own digits
        let table: toml::Table = self.to_toml().parse().expect("it was just written");
        leaves(toml::Value::Table(table), "", &mut found);
        found
    }

    /// The settings that are not those of `other`, or that it lacks.
    pub fn changed_from(&self, other: &RunConfig) -> BTreeMap<String, toml::Value> {
        let others = other.settings();
        self.settings().into_iter().filter(|(key, value)| others.get(key) != Some(value)).collect()
    }

    /// The configuration as `config.toml`.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("a configuration is plain data")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_have_the_keys_of_their_tables() {
        let base = RunConfig::default();
        let config =
            RunConfig { learning_rate: 0.1, epochs: 7, validation: Validation::Fraction(0.2), ..RunConfig::default() };
        let config =
            RunConfig { optimizer: crate::optim::Sgd { momentum: 0.9, ..Default::default() }.into(), ..config };
        let changed: Vec<String> =
            config.changed_from(&base).into_iter().map(|(key, value)| format!("{key} {value}")).collect();
        assert_eq!(
            changed,
            [
                "epochs 7",
                "learning_rate 0.1",
                "optimizer.momentum 0.9",
                "optimizer.name \"sgd\"",
                "optimizer.nesterov false",
                "validation.fraction 0.2"
            ]
        );
        assert!(config.changed_from(&config).is_empty());
    }

    #[test]
    fn a_configuration_survives_being_written_and_read() {
        let (augment, normalize) =
            (parse_augment("strong,flip=alternate", [32, 32]), NormalizeConfig::parse("0.5:0.25"));
        let config = RunConfig {
            validation: Validation::Fraction(0.1),
            limit: Some(7),
            augment: augment.unwrap(),
            normalize: normalize.unwrap(),
            ..RunConfig::default()
        };
        assert_eq!(config, toml::from_str(&config.to_toml()).unwrap());
        let rule = ParameterRule { pattern: "conv*".into(), lr: Some(0.1), frozen: Some(false), ..Default::default() };
        let update = UpdateConfig { accumulate: 3, ema: Some(0.99), parameters: vec![rule], ..Default::default() };
        let config = RunConfig { update, ..config };
        assert_eq!(config, toml::from_str(&config.to_toml()).unwrap());
    }

    #[test]
    fn a_configuration_that_says_nothing_of_updates_means_what_it_did() {
        let text = RunConfig::default().to_toml();
        let before = &text[..text.find("\n[update]").expect("a table of its own")];
        let config: RunConfig = toml::from_str(before).unwrap();
        assert!(config.update.decay_all);
    }
}
