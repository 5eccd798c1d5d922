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
    "`x` if `x > 0`, otherwise a learned slope times `x`",
    &[
        optional("slopes", "\"one\" or \"channel\"", "\"one\"", "one shared slope, or one per channel"),
        optional("init", "number", "0.25", "initial slope"),
    ],
    parse::<Prelu>,
);
/// Learned factors of channels, in `LAYERS`.
pub const LAYER_SCALE: LayerType = layer(
    "layer_scale",
    "multiplies each channel by a learned factor",
    &[optional("init", "number", "1e-6", "initial factor")],
    parse::<LayerScale>,
);
/// Softmax over channels, in `LAYERS`.
pub const SOFTMAX: LayerType = layer(
    "softmax",
    "softmax over channels; not needed at the end of a model, since the loss includes a softmax",
    &[],
    parse::<Plain>,
);
/// Its logarithm, in `LAYERS`.
pub const LOG_SOFTMAX: LayerType = layer("log_softmax", "logarithm of the softmax over channels", &[], parse::<Log>);
/// Layers side by side, in `LAYERS`.
pub const CONCAT: LayerType = LayerType {
    reads: Reads::Several,
    ..layer("concat", "concatenates its inputs along the channels", &[], parse::<SideBySide>)
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
        return Err(ShapeError::new(format!("init = {init} is not a finite number")).hint("init = 0.25"));
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
