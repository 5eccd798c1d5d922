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

impl LayerSpec {
    /// The least and the largest value that it gives, if it is or ends with an activation that bounds them.
    pub fn range(&self) -> Option<[f32; 2]> {
        let activation = self.layer.attributes().get("activation").and_then(toml::Value::as_str);
        match activation.unwrap_or(self.layer.kind().name) {
            "tanh" => Some([-1.0, 1.0]),
            "sigmoid" | "hardsigmoid" => Some([0.0, 1.0]),
            "relu" | "softplus" => Some([0.0, f32::INFINITY]),
            "relu6" => Some([0.0, 6.0]),
            _ => None,
        }
    }
}
