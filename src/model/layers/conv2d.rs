//! `conv2d`: a convolution, also strided, dilated, grouped or depthwise.

use lepton_kernels::conv2d::Conv2d;
use lepton_kernels::gemm::Relu;
use lepton_kernels::{Shape, ShapeError, Window};
use serde::Deserialize;

use super::options::{
    ACTIVATION, Activation, BIAS, PADDING_OPTION, PAIR, PaddingSpec, Pair, one, ones, optional, required, valid, yes,
};
use super::{Build, Init, LayerType, Reads, Site, Value, parse};

/// This type in `LAYERS`.
pub const ENTRY: LayerType = LayerType {
    name: "conv2d",
    summary: "convolution of images",
    reads: Reads::Exactly(1),
    options: &[
        required("filters", "number", "output channels"),
        required("kernel", PAIR, "size of the window"),
        optional("stride", PAIR, "1", "pixels from one window to the next"),
        PADDING_OPTION,
        optional("dilation", PAIR, "1", "pixels from one tap of the window to the next"),
        optional(
            "groups",
            "number",
            "1",
            "channels are convolved in so many separate groups; as many as there are: depthwise",
        ),
        BIAS,
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
    activation: Activation,
}

impl Build for Spec {
    fn build(&self, site: &mut Site) -> Result<Value, ShapeError> {
        let x = Value::Input(0);
        let [.., c_in] = site.shape(x).nhwc()?;
        let kernel = self.kernel.sizes();
        let window = Window {
            kernel,
            stride: self.stride.sizes(),
            dilation: self.dilation.sizes(),
            padding: self.padding.resolve()?,
        };
        if self.filters == 0 {
            return Err(ShapeError::new("filters = 0 leaves nothing").hint("filters = 32"));
        }
        if self.groups == 0 || c_in % self.groups != 0 || !self.filters.is_multiple_of(self.groups) {
            return Err(ShapeError::new(format!(
                "groups = {} does not divide its {c_in} input channels and {} filters",
                self.groups, self.filters
            ))
            .hint("a number of groups that divides both"));
        }
        let (area, c_group) = (kernel[0] * kernel[1], c_in / self.groups);
        let init = Init::GlorotUniform { fan_in: area * c_group, fan_out: area * self.filters };
        let weight = Shape::new(&[kernel[0], kernel[1], c_group, self.filters]);
        let mut inputs = vec![x, site.parameter("weight", weight, init)];
        if self.bias {
            inputs.push(site.parameter("bias", Shape::new(&[self.filters]), Init::Constant(0.0)));
        }
        let y = site.op(Conv2d { window, groups: self.groups, relu: Relu::None, masked: false }, &inputs)?;
        site.activate(self.activation, y)
    }
}
