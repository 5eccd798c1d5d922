//! What a run is made of: defaults, then what was typed. Saved with every checkpoint, and as `config.toml` for people.

use lepton_kernels::op::Precision;
use serde::{Deserialize, Serialize};

use crate::data::TextOptions;

mod optimizer;

pub use optimizer::OptimizerConfig;

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
    /// Learning rate.
    pub learning_rate: f32,
    /// Seeds the starting weights, the split and the order.
    pub seed: u64,
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
    /// How texts are read.
    #[serde(default, skip_serializing_if = "TextOptions::is_default")]
    pub text: TextOptions,
    /// The optimiser.
    pub optimizer: OptimizerConfig,
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
            seed: 0,
            limit: None,
            steps: None,
            validation: Validation::None,
            precision: Precision::F32,
            fuse: true,
            text: TextOptions::default(),
            optimizer: OptimizerConfig::default(),
        }
    }
}

impl RunConfig {
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
        let config = RunConfig { validation: Validation::Fraction(0.1), limit: Some(7), ..RunConfig::default() };
        assert_eq!(config, toml::from_str(&config.to_toml()).unwrap());
    }
}
