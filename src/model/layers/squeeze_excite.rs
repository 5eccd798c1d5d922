//! `squeeze_excite`: a gate for each channel, computed from the means of all channels (Hu et al. 2018).

use lepton_kernels::global_avg_pool::GlobalAvgPool;
use lepton_kernels::linear::Linear;
use lepton_kernels::multiply::Multiply;
use lepton_kernels::{Shape, ShapeError};
use serde::Deserialize;

use super::options::{ACTIVATION_NAMES, Activation, optional};
use super::{Build, Init, LayerBuilder, LayerType, Reads, Value, parse};

/// This type in `LAYERS`.
pub const ENTRY: LayerType = LayerType {
    name: "squeeze_excite",
    summary: "multiplies each channel by a gate computed from the means of all channels",
    reads: Reads::Exactly(1),
    options: &[
        optional("ratio", "number", "16", "reduction ratio of the hidden layer"),
        optional("units", "number", "channels / ratio", "size of the hidden layer"),
        optional("activation", ACTIVATION_NAMES, "\"relu\"", "activation of the hidden layer"),
        optional("gate", ACTIVATION_NAMES, "\"sigmoid\"", "activation of the gates; MobileNetV3 uses \"hardsigmoid\""),
    ],
    parse: parse::<Spec>,
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Spec {
    ratio: usize,
    units: Option<usize>,
    activation: Activation,
    gate: Activation,
}

impl Default for Spec {
    fn default() -> Self {
        Spec { ratio: 16, units: None, activation: Activation::Relu, gate: Activation::Sigmoid }
    }
}

/// The parameters of one of the two linear layers.
struct Names {
    op: &'static str,
    weight: &'static str,
    bias: &'static str,
}

const REDUCE: Names = Names { op: "reduce", weight: "reduce.weight", bias: "reduce.bias" };
const EXPAND: Names = Names { op: "expand", weight: "expand.weight", bias: "expand.bias" };

fn linear(layer: &mut LayerBuilder, names: &Names, x: Value, units: usize) -> Result<Value, ShapeError> {
    let [_, features] = layer.shape(x).matrix()?;
    let init = Init::GlorotUniform { fan_in: features, fan_out: units };
    let weight = layer.parameter(names.weight, Shape::new(&[features, units]), init);
    let bias = layer.parameter(names.bias, Shape::new(&[units]), Init::Constant(0.0));
    layer.add_as(names.op, Linear::default(), &[x, weight, bias])
}

impl Build for Spec {
    fn build(&self, layer: &mut LayerBuilder) -> Result<Value, ShapeError> {
        let x = Value::Input(0);
        let [.., c] = layer.shape(x).nhwc()?;
        if self.ratio == 0 || self.units == Some(0) {
            let which = if self.ratio == 0 { "ratio" } else { "units" };
            return Err(ShapeError::new(format!("{which} = 0 leaves no hidden layer to compute the gates from"))
                .hint("ratio = 4"));
        }
        let units = self.units.unwrap_or((c / self.ratio).max(1));
        let means = layer.add_as("pool", GlobalAvgPool, &[x])?;
        let few = linear(layer, &REDUCE, means, units)?;
        let few = layer.activate_as("reduce.activation", self.activation, few)?;
        let gates = linear(layer, &EXPAND, few, c)?;
        let gates = layer.activate_as("gate", self.gate, gates)?;
        layer.add(Multiply, &[x, gates])
    }
}
