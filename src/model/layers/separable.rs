//! `separable_conv2d` and `depthwise_conv2d`: filters of one channel each, with or without a 1x1 convolution over them.

use lepton_kernels::{ShapeError, Window};
use serde::Deserialize;

use super::conv2d::Filters;
use super::options::{
    ACTIVATION, Activation, BIAS, PADDING_OPTION, PAIR, PaddingSpec, Pair, one, ones, optional, required, valid, yes,
};
use super::weights::{FILTER_INIT, Initializer};
use super::{Build, LayerBuilder, LayerType, OptionDoc, Reads, Value, parse};

const KERNEL: OptionDoc = required("kernel", PAIR, "window size");
const STRIDE: OptionDoc = optional("stride", PAIR, "1", "step between windows, in pixels");
const DILATION: OptionDoc = optional("dilation", PAIR, "1", "spacing between filter taps, in pixels");
const DEPTH_MULTIPLIER: OptionDoc = optional("depth_multiplier", "number", "1", "filters per channel");

/// Depthwise, then pointwise, in `LAYERS`.
pub const SEPARABLE: LayerType = LayerType {
    name: "separable_conv2d",
    summary: "depthwise convolution followed by a 1x1 convolution (Keras' SeparableConv2D)",
    reads: Reads::Exactly(1),
    options: &[
        required("filters", "number", "output channels"),
        KERNEL,
        STRIDE,
        PADDING_OPTION,
        DILATION,
        DEPTH_MULTIPLIER,
        BIAS,
        FILTER_INIT,
        ACTIVATION,
    ],
    parse: parse::<Separable>,
};

/// Depthwise alone, in `LAYERS`.
pub const DEPTHWISE: LayerType = LayerType {
    name: "depthwise_conv2d",
    summary: "convolution of each channel separately (Keras' DepthwiseConv2D)",
    reads: Reads::Exactly(1),
    options: &[KERNEL, STRIDE, PADDING_OPTION, DILATION, DEPTH_MULTIPLIER, BIAS, FILTER_INIT, ACTIVATION],
    parse: parse::<Depthwise>,
};

/// The depthwise part of both.
fn depthwise(
    layer: &mut LayerBuilder,
    window: Window,
    depth_multiplier: usize,
    init: Initializer,
) -> Result<Filters, ShapeError> {
    let [.., c] = layer.shape(Value::Input(0)).nhwc()?;
    if depth_multiplier == 0 {
        return Err(ShapeError::new("depth_multiplier = 0 leaves no output").hint("depth_multiplier = 1"));
    }
    Ok(Filters { window, filters: c * depth_multiplier, groups: c, init, ..Filters::default() })
}

fn window(kernel: Pair, stride: Pair, dilation: Pair, padding: &PaddingSpec) -> Result<Window, ShapeError> {
    let padding = padding.resolve()?;
    Ok(Window { kernel: kernel.sizes(), stride: stride.sizes(), dilation: dilation.sizes(), padding })
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Separable {
    filters: usize,
    kernel: Pair,
    #[serde(default = "one")]
    stride: Pair,
    #[serde(default = "valid")]
    padding: PaddingSpec,
    #[serde(default = "one")]
    dilation: Pair,
    #[serde(default = "ones")]
    depth_multiplier: usize,
    #[serde(default = "yes")]
    bias: bool,
    #[serde(default)]
    init: Initializer,
    #[serde(default)]
    activation: Activation,
}

impl Build for Separable {
    fn build(&self, layer: &mut LayerBuilder) -> Result<Value, ShapeError> {
        let window = window(self.kernel, self.stride, self.dilation, &self.padding)?;
        let first = depthwise(layer, window, self.depth_multiplier, self.init)?;
        let first = Filters { weight: "depthwise.weight", suffix: "depthwise", ..first };
        let channels = first.add(layer, Value::Input(0))?;
        let Separable { filters, bias, init, .. } = *self;
        let second = Filters { filters, bias, init, weight: "pointwise.weight", ..Filters::default() };
        let y = second.add(layer, channels)?;
        layer.activate(self.activation, y)
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Depthwise {
    kernel: Pair,
    #[serde(default = "one")]
    stride: Pair,
    #[serde(default = "valid")]
    padding: PaddingSpec,
    #[serde(default = "one")]
    dilation: Pair,
    #[serde(default = "ones")]
    depth_multiplier: usize,
    #[serde(default = "yes")]
    bias: bool,
    #[serde(default)]
    init: Initializer,
    #[serde(default)]
    activation: Activation,
}

impl Build for Depthwise {
    fn build(&self, layer: &mut LayerBuilder) -> Result<Value, ShapeError> {
        let window = window(self.kernel, self.stride, self.dilation, &self.padding)?;
        let filters = depthwise(layer, window, self.depth_multiplier, self.init)?;
        let y = Filters { bias: self.bias, ..filters }.add(layer, Value::Input(0))?;
        layer.activate(self.activation, y)
    }
}
