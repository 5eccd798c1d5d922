//! `conv_transpose2d`: a convolution the other way, to larger images.

use lepton_kernels::conv_transpose2d::ConvTranspose2d;
use lepton_kernels::gemm::Relu;
use lepton_kernels::{Shape, ShapeError, Window};
use serde::Deserialize;

use super::options::{
    ACTIVATION, Activation, BIAS, PADDING, PAIR, PaddingSpec, Pair, one, ones, optional, required, valid, yes,
};
use super::weights::{Fan, INIT, Initializer};
use super::{Build, LayerBuilder, LayerType, OptionDoc, Reads, Value, parse};

/// This type in `LAYERS`.
pub const ENTRY: LayerType = LayerType {
    name: "conv_transpose2d",
    summary: "transposed convolution, which enlarges images (PyTorch's ConvTranspose2d, Keras' Conv2DTranspose)",
    reads: Reads::Exactly(1),
    options: &[
        required("filters", "number", "output channels"),
        required("kernel", PAIR, "window size"),
        optional("stride", PAIR, "1", "output pixels per input pixel"),
        optional(
            "padding",
            PADDING,
            "\"valid\"",
            "cropped from the output; \"same\": the output is the input's size times the stride",
        ),
        optional("output_padding", PAIR, "0", "rows and columns added to the output at the bottom and on the right"),
        optional("dilation", PAIR, "1", "spacing between filter taps, in pixels"),
        GROUPS,
        BIAS,
        INIT,
        ACTIVATION,
    ],
    parse: parse::<Spec>,
};

/// The option `groups`.
pub(super) const GROUPS: OptionDoc = optional("groups", "number", "1", "number of channel groups convolved separately");

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Spec {
    filters: usize,
    kernel: Pair,
    #[serde(default = "one")]
    stride: Pair,
    #[serde(default = "valid")]
    padding: PaddingSpec,
    #[serde(default = "none")]
    output_padding: Pair,
    #[serde(default = "one")]
    dilation: Pair,
    #[serde(default = "ones")]
    groups: usize,
    #[serde(default = "yes")]
    bias: bool,
    #[serde(default)]
    init: Initializer,
    #[serde(default)]
    activation: Activation,
}

fn none() -> Pair {
    Pair::Same(0)
}

impl Build for Spec {
    fn build(&self, layer: &mut LayerBuilder) -> Result<Value, ShapeError> {
        let window = Window {
            kernel: self.kernel.sizes(),
            stride: self.stride.sizes(),
            dilation: self.dilation.sizes(),
            padding: self.padding.resolve()?,
        };
        let op = ConvTranspose2d {
            window,
            output_padding: self.output_padding.sizes(),
            groups: self.groups,
            relu: Relu::None,
            masked: false,
        };
        let y = add(layer, op, self.filters, self.bias, self.init)?;
        layer.activate(self.activation, y)
    }
}

/// Puts `op` with its parameters down on the layer's input; gives its output.
pub(super) fn add(
    layer: &mut LayerBuilder,
    op: ConvTranspose2d,
    filters: usize,
    bias: bool,
    init: Initializer,
) -> Result<Value, ShapeError> {
    let x = Value::Input(0);
    let [.., c_in] = layer.shape(x).nhwc()?;
    let groups = op.groups;
    if filters == 0 {
        return Err(ShapeError::new("filters = 0 leaves no output").hint("filters = 32"));
    }
    if groups == 0 || c_in % groups != 0 || !filters.is_multiple_of(groups) {
        return Err(ShapeError::new(format!(
            "groups = {groups} does not divide its {c_in} input channels and {filters} filters"
        ))
        .hint("a number of groups that divides both"));
    }
    let ([kh, kw], c_group) = (op.window.kernel, filters / groups);
    // as Keras and PyTorch count them: of the convolution that goes the other way
    let fan = Fan { inputs: kh * kw * c_group, outputs: kh * kw * c_in };
    let weight = Shape::new(&[kh, kw, c_group, c_in]);
    let mut inputs = vec![x, layer.parameter("weight", weight, init.weights(fan, c_in)?)];
    if bias {
        inputs.push(layer.parameter("bias", Shape::new(&[filters]), init.bias(fan)));
    }
    layer.add(op, &inputs)
}
