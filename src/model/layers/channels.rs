//! Layers over channels: `prelu`, `layer_scale`, `softmax`, `log_softmax`, and `concat`.

use lepton_kernels::concat::Concat;
use lepton_kernels::scale_channels::ScaleChannels;
use lepton_kernels::softmax::Softmax;
use lepton_kernels::{Shape, ShapeError};
use serde::Deserialize;

use super::options::optional;
use super::{Build, Init, LayerBuilder, LayerType, OptionDoc, Reads, Value, parse};

/// Leaky ReLU with learned slopes, in `LAYERS`.
pub const PRELU: LayerType = layer(
    "prelu",
    "x above 0, a learned slope times x elsewhere",
    &[
        optional("slopes", "\"one\" or \"channel\"", "\"one\"", "one slope in all, or one a channel"),
        optional("init", "number", "0.25", "what slopes start with"),
    ],
    parse::<Prelu>,
);
/// Learned factors of channels, in `LAYERS`.
pub const LAYER_SCALE: LayerType = layer(
    "layer_scale",
    "a learned factor for each channel",
    &[optional("init", "number", "1e-6", "what factors start with")],
    parse::<LayerScale>,
);
/// Softmax over channels, in `LAYERS`.
pub const SOFTMAX: LayerType = layer(
    "softmax",
    "softmax over channels; not for the last layer, whose softmax is part of the loss",
    &[],
    parse::<Plain>,
);
/// Its logarithm, in `LAYERS`.
pub const LOG_SOFTMAX: LayerType = layer("log_softmax", "the logarithm of softmax over channels", &[], parse::<Log>);
/// Layers side by side, in `LAYERS`.
pub const CONCAT: LayerType = LayerType {
    reads: Reads::Several,
    ..layer("concat", "layers side by side along channels", &[], parse::<SideBySide>)
};

const fn layer(
    name: &'static str,
    summary: &'static str,
    options: &'static [OptionDoc],
    parse: fn(toml::Table) -> Result<Box<dyn Build>, String>,
) -> LayerType {
    LayerType { name, summary, reads: Reads::Exactly(1), options, parse }
}

/// Multiplies channels by a parameter of `count` numbers.
fn scaled(layer: &mut LayerBuilder, count: usize, init: f32, below: bool) -> Result<Value, ShapeError> {
    if !init.is_finite() {
        return Err(ShapeError::new(format!("init = {init} is no number to start with")).hint("init = 0.25"));
    }
    let factors = layer.parameter("weight", Shape::new(&[count]), Init::Constant(init));
    layer.add(ScaleChannels { below }, &[Value::Input(0), factors])
}

/// The number of channels of what the layer reads.
fn channels(layer: &LayerBuilder) -> usize {
    *layer.shape(Value::Input(0)).sizes().last().expect("a tensor has an axis")
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Prelu {
    slopes: Slopes,
    init: f32,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Slopes {
    One,
    Channel,
}

impl Default for Prelu {
    fn default() -> Self {
        Prelu { slopes: Slopes::One, init: 0.25 }
    }
}

impl Build for Prelu {
    fn build(&self, layer: &mut LayerBuilder) -> Result<Value, ShapeError> {
        let count = match self.slopes {
            Slopes::One => 1,
            Slopes::Channel => channels(layer),
        };
        scaled(layer, count, self.init, true)
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct LayerScale {
    init: f32,
}

impl Default for LayerScale {
    fn default() -> Self {
        LayerScale { init: 1e-6 }
    }
}

impl Build for LayerScale {
    fn build(&self, layer: &mut LayerBuilder) -> Result<Value, ShapeError> {
        let count = channels(layer);
        scaled(layer, count, self.init, false)
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Plain {}

impl Build for Plain {
    fn build(&self, layer: &mut LayerBuilder) -> Result<Value, ShapeError> {
        layer.add(Softmax { log: false }, &[Value::Input(0)])
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Log {}

impl Build for Log {
    fn build(&self, layer: &mut LayerBuilder) -> Result<Value, ShapeError> {
        layer.add(Softmax { log: true }, &[Value::Input(0)])
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SideBySide {}

impl Build for SideBySide {
    fn build(&self, layer: &mut LayerBuilder) -> Result<Value, ShapeError> {
        let inputs = layer.inputs();
        layer.add(Concat { inputs: inputs.len() }, &inputs)
    }
}
