//! What a run is made of: defaults or a recipe, then what was typed. Saved with every checkpoint, and as `config.toml` for people.

use lepton_kernels::op::Precision;
use serde::{Deserialize, Serialize};

use crate::data::{ImageOptions, TextOptions};

pub mod augment;
mod check;
mod field;
mod loss;
mod normalize;
mod optimizer;
mod recipe;
mod schedule;
mod update;

pub use augment::{AugmentError, check_sizes, parse_augment};
pub use field::{Field, OutOfRange, Takes};
pub use lepton_kernels::augment::Policy as AugmentConfig;
pub use loss::{LossConfig, Target as LossTarget, TargetKind};
pub use normalize::{NormalizeConfig, NormalizeFrom};
pub use optimizer::OptimizerConfig;
pub use recipe::{RECIPES, Recipe, RecipeError};
pub use schedule::{Anneal, ScheduleConfig, Warmup};
pub use update::{Lookahead, ParameterRule, UpdateConfig};

/// Which images validate each epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Validation {
    /// None.
    #[default]
    None,
    /// The test split.
    Test,
    /// A seeded share of the training images, held out.
    Fraction(f64),
}

/// A whole run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunConfig {
    /// Known name or folder of the data; `None` is the small set in the program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
    /// Preset or path of the model file it started from.
    pub model: String,
    /// Times that all training images are seen.
    pub epochs: u32,
    /// Images in a batch.
    pub batch: usize,
    /// Learning rate: the highest of a schedule.
    pub learning_rate: f32,
    /// How the learning rate changes.
    #[serde(default)]
    pub schedule: ScheduleConfig,
    /// A rise of the learning rate at the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warmup: Option<Warmup>,
    /// Seeds the starting weights, the order, and the split unless that has a seed of its own.
    pub seed: u64,
    /// Seeds which images are held out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split_seed: Option<u64>,
    /// Only the first so many training images.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
    /// Stop after so many steps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steps: Option<u64>,
    /// Which images validate.
    pub validation: Validation,
    /// How activations and the weights that products read are stored while training.
    #[serde(default)]
    pub precision: Precision,
    /// Whether ops are fused; without it the same numbers, slower.
    #[serde(default = "yes")]
    pub fuse: bool,
    /// The loss.
    #[serde(default, skip_serializing_if = "LossConfig::is_default")]
    pub loss: LossConfig,
    /// The classes that an autoencoder learns, by name or number; all of them if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub normal: Vec<String>,
    /// How pixels are scaled before the first layer.
    #[serde(default, skip_serializing_if = "NormalizeConfig::is_none")]
    pub normalize: NormalizeConfig,
    /// What images undergo in training.
    #[serde(default, skip_serializing_if = "changes_nothing")]
    pub augment: AugmentConfig,
    /// How images are read.
    #[serde(default)]
    pub images: ImageOptions,
    /// How texts are read.
    #[serde(default, skip_serializing_if = "TextOptions::is_default")]
    pub text: TextOptions,
    /// The optimiser.
    pub optimizer: OptimizerConfig,
    /// What surrounds the optimiser.
    #[serde(default = "UpdateConfig::unsaid")]
    pub update: UpdateConfig,
}

fn changes_nothing(augment: &AugmentConfig) -> bool {
    *augment == AugmentConfig::default()
}

fn yes() -> bool {
    true
}

impl Default for RunConfig {
    fn default() -> Self {
        RunConfig {
            data: None,
            model: "seed-mnist".into(),
            epochs: 5,
            batch: 64,
            learning_rate: 1e-3,
            schedule: ScheduleConfig::Constant,
            warmup: None,
            seed: 0,
            split_seed: None,
            limit: None,
            steps: None,
            validation: Validation::None,
            precision: Precision::F32,
            fuse: true,
            loss: LossConfig::default(),
            normal: Vec::new(),
            normalize: NormalizeConfig::default(),
            augment: AugmentConfig::default(),
            images: ImageOptions::default(),
            text: TextOptions::default(),
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

    /// The configuration as `config.toml`.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("a configuration is plain data")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
