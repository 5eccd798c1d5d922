//! What a file of weights says of itself beside its tensors.

use serde::{Deserialize, Serialize};

use crate::config::NormalizeConfig;

/// What a file of weights says of itself, as JSON in its metadata.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Facts {
    /// The model: the name of a preset, or a model file's text.
    pub model: Option<String>,
    /// How pixels were scaled before the first layer.
    pub normalize: Option<NormalizeConfig>,
    /// Names of the classes, in the order of the model's outputs.
    pub classes: Vec<String>,
    /// Where the weights come from, and under which licence.
    pub about: Option<String>,
}

impl Facts {
    /// The metadata key that holds them.
    pub const KEY: &str = "lepton_weights";
}
