//! A layer where it stands in a model.

use super::layers::Layer;

/// One layer of a model.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerSpec {
    /// Its name, unique in the model.
    pub name: String,
    /// Names of the layers it reads; `input` is the model's input.
    pub inputs: Vec<String>,
    /// Its type with its options.
    pub layer: Layer,
}
