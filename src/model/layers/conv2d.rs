//! `conv2d`: a convolution, also strided, dilated, grouped or depthwise.

use lepton_kernels::conv2d::Conv2d;
use lepton_kernels::gemm::Relu;
use lepton_kernels::{Shape, ShapeError, Window};
use serde::Deserialize;

use super::options::{
    ACTIVATION, Activation, BIAS, PADDING_OPTION, PAIR, PaddingSpec, Pair, one, ones, optional, required, valid, yes,
};
use super::weights::{FILTER_INIT, Fan, Initializer};
use super::{Build, LayerBuilder, LayerType, Reads, Value, parse};

/// This type in `LAYERS`.
pub const ENTRY: LayerType = LayerType {
    name: "conv2d",
    summary: "2-d convolution",
    reads: Reads::Exactly(1),
    options: &[
        required("filters", "number", "output channels"),
        required("kernel", PAIR, "window size"),
        optional("stride", PAIR, "1", "step between windows, in pixels"),
        PADDING_OPTION,
        optional("dilation", PAIR, "1", "spacing between filter taps, in pixels"),
        optional(
            "groups",
            "number",
            "1",
            "number of channel groups convolved separately; one per channel gives a depthwise convolution",
        ),
        BIAS,
        FILTER_INIT,
        ACTIVATION,
    ],
    parse: parse::<Spec>,
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Spec {
    filters: usize,
    kernel: Pair,
    #[serde(default = "one")]
    stride: Pair,
    #[serde(default = "valid")]
    padding: PaddingSpec,
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

impl Build for Spec {
    fn build(&self, layer: &mut LayerBuilder) -> Result<Value, ShapeError> {
        let window = Window {
            kernel: self.kernel.sizes(),
            stride: self.stride.sizes(),
            dilation: self.dilation.sizes(),
            padding: self.padding.resolve()?,
        };
        let Spec { filters, groups, bias, init, .. } = *self;
        let y = Filters { window, filters, groups, bias, init, ..Filters::default() }.add(layer, Value::Input(0))?;
        layer.activate(self.activation, y)
    }
}

/// A convolution of a layer, whatever the layer is called.
#[derive(Clone, Copy, Debug)]
pub(super) struct Filters {
    /// Kernel size, stride, padding and dilation.
    pub window: Window,
    /// Number of output channels.
    pub filters: usize,
    /// Groups of channels that see only each other.
    pub groups: usize,
    /// Whether a bias is added.
    pub bias: bool,
    /// How the filters start.
    pub init: Initializer,
    /// The name of the filters.
    pub weight: &'static str,
    /// Put after the layer's name; empty for its main op.
    pub suffix: &'static str,
}

impl Default for Filters {
    /// A 1x1 window, and names as `conv2d` has them.
    fn default() -> Self {
        let window = Window::new([1, 1], [1, 1]);
        Filters {
            window,
            filters: 0,
            groups: 1,
            bias: false,
            init: Initializer::default(),
            weight: "weight",
            suffix: "",
        }
    }
}

impl Filters {
    /// Puts it down on `x`; gives its output.
    pub(super) fn add(self, layer: &mut LayerBuilder, x: Value) -> Result<Value, ShapeError> {
        let Filters { window, filters, groups, init, .. } = self;
        let [.., c_in] = layer.shape(x).nhwc()?;
        if filters == 0 {
            return Err(ShapeError::new("filters = 0 leaves no output").hint("filters = 32"));
        }
        if groups == 0 || c_in % groups != 0 || !filters.is_multiple_of(groups) {
            return Err(ShapeError::new(format!(
                "groups = {groups} does not divide its {c_in} input channels and {filters} filters"
            ))
            .hint("a number of groups that divides both"));
        }
        let ([kh, kw], c_group) = (window.kernel, c_in / groups);
        if init == Initializer::Whitening {
            check_whitening(layer, x, &window)?;
        }
        let fan = Fan { inputs: kh * kw * c_group, outputs: kh * kw * filters };
        let weight = Shape::new(&[kh, kw, c_group, filters]);
        let mut inputs = vec![x, layer.parameter(self.weight, weight, init.filters(fan, filters, groups)?)];
        if self.bias {
            inputs.push(layer.parameter("bias", Shape::new(&[filters]), init.bias(fan)));
        }
        layer.add_as(self.suffix, Conv2d { window, groups, relu: Relu::None, masked: false }, &inputs)
    }
}

/// Checks that patches under this window are those of what the layer reads; the graph checks that these are images.
fn check_whitening(layer: &LayerBuilder, x: Value, window: &Window) -> Result<(), ShapeError> {
    let [_, h, w, _] = layer.shape(x).nhwc()?;
    let ([kh, kw], [dh, dw]) = (window.kernel, window.dilation);
    let problem = match x {
        Value::Input(_) if [dh, dw] != [1, 1] => format!("patches without gaps, but dilation = [{dh}, {dw}]"),
        Value::Input(_) if kh > h || kw > w => format!("patches of {kh}x{kw} pixels, but the images are only {h}x{w}"),
        Value::Input(_) => return Ok(()),
        _ => "the model's input, but these filters read the output of an earlier step of the layer".into(),
    };
    Err(ShapeError::new(format!("init = \"whitening\" is computed from {problem}")).hint("init = \"dirac\""))
}
