//! `linear`: every output from every input.

use lepton_kernels::linear::Linear;
use lepton_kernels::{Shape, ShapeError};
use serde::Deserialize;

use super::options::{ACTIVATION, Activation, BIAS, required, yes};
use super::weights::{Fan, INIT, Initializer};
use super::{Build, CLASSES, LayerBuilder, LayerType, Reads, Value, parse};

/// This type in `LAYERS`.
pub const ENTRY: LayerType = LayerType {
    name: "linear",
    summary: "fully connected layer (Keras' Dense)",
    reads: Reads::Exactly(1),
    options: &[
        required(
            "units",
            "number or \"classes\"",
            "number of outputs; \"classes\" is the data set's number of classes",
        ),
        BIAS,
        INIT,
        ACTIVATION,
    ],
    parse: parse::<Spec>,
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Spec {
    units: Units,
    #[serde(default = "yes")]
    bias: bool,
    #[serde(default)]
    init: Initializer,
    #[serde(default)]
    activation: Activation,
}

/// How many outputs.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "toml::Value")]
enum Units {
    Number(usize),
    /// As many as the data set has classes.
    Classes,
}

/// What `"classes"` means until a data set is known: what `inspect` shows.
const UNKNOWN_CLASSES: usize = 10;

impl TryFrom<toml::Value> for Units {
    type Error = String;

    fn try_from(value: toml::Value) -> Result<Self, String> {
        match value {
            toml::Value::Integer(number) if number >= 0 => Ok(Units::Number(number as usize)),
            toml::Value::String(word) if word == CLASSES => Ok(Units::Classes),
            other => Err(format!("`units` must be a whole number or \"{CLASSES}\", not {other}")),
        }
    }
}

impl Build for Spec {
    fn build(&self, layer: &mut LayerBuilder) -> Result<Value, ShapeError> {
        let x = Value::Input(0);
        let [_, features] = layer.shape(x).matrix()?;
        let units = match self.units {
            Units::Number(number) => number,
            Units::Classes => UNKNOWN_CLASSES,
        };
        if units == 0 {
            return Err(ShapeError::new("units = 0 leaves no output").hint("units = 10"));
        }
        let fan = Fan { inputs: features, outputs: units };
        let init = self.init.weights(fan, units)?;
        let mut inputs = vec![x, layer.parameter("weight", Shape::new(&[features, units]), init)];
        if self.bias {
            inputs.push(layer.parameter("bias", Shape::new(&[units]), self.init.bias(fan)));
        }
        let y = layer.add(Linear::default(), &inputs)?;
        layer.activate(self.activation, y)
    }
}
