//! Layers of sequences, which are images one pixel high, `[n, 1, length, channels]`: `conv1d`, `conv_transpose1d`,
//! `max_pool1d`, `avg_pool1d`. Each is the op of images with a window one pixel high.

use lepton_kernels::avg_pool2d::AvgPool2d;
use lepton_kernels::conv_transpose2d::ConvTranspose2d;
use lepton_kernels::gemm::Relu;
use lepton_kernels::max_pool2d::MaxPool2d;
use lepton_kernels::{Padding, ShapeError, Window};
use serde::Deserialize;

use super::conv_transpose2d::GROUPS;
use super::conv2d::Filters;
use super::options::{ACTIVATION, Activation, BIAS, ones, optional, required, yes};
use super::weights::{INIT, Start};
use super::{Build, LayerType, OptionDoc, Reads, Site, Value, conv_transpose2d, parse};

const FILTERS: OptionDoc = required("filters", "number", "output channels");
const KERNEL: OptionDoc = required("kernel", "number", "length of the window");
const STRIDE: OptionDoc = optional("stride", "number", "1", "places from one window to the next");
const DILATION: OptionDoc = optional("dilation", "number", "1", "places from one tap of the window to the next");
const POOL: OptionDoc = required("pool", "number", "length of the window");
const POOL_STRIDE: OptionDoc =
    optional("stride", "number", "the length of the window", "places from one window to the next");
const SIDES: &str = "\"valid\", \"same\", number or [left, right]";
const PADDING: OptionDoc = optional("padding", SIDES, "\"valid\"", "zeros around the sequence");

/// A convolution, in `LAYERS`.
pub const CONV: LayerType = LayerType {
    name: "conv1d",
    summary: "convolution of sequences: inputs one pixel high",
    reads: Reads::Exactly(1),
    options: &[
        FILTERS,
        KERNEL,
        STRIDE,
        optional(
            "padding",
            "\"valid\", \"same\", \"causal\", number or [left, right]",
            "\"valid\"",
            "zeros around the sequence; \"causal\": on the left, so that no output sees what comes after it",
        ),
        DILATION,
        GROUPS,
        BIAS,
        INIT,
        ACTIVATION,
    ],
    parse: parse::<Conv>,
};

/// A transposed convolution, in `LAYERS`.
pub const CONV_TRANSPOSE: LayerType = LayerType {
    name: "conv_transpose1d",
    summary: "transposed convolution of sequences: inputs one pixel high",
    reads: Reads::Exactly(1),
    options: &[
        FILTERS,
        KERNEL,
        optional("stride", "number", "1", "places of the output from one place of the input to the next"),
        optional(
            "padding",
            SIDES,
            "\"valid\"",
            "taken away at the ends; \"same\": the input's length times the stride",
        ),
        optional("output_padding", "number", "0", "added to the output at its end"),
        DILATION,
        GROUPS,
        BIAS,
        INIT,
        ACTIVATION,
    ],
    parse: parse::<ConvTranspose>,
};

/// The largest value of each window, in `LAYERS`.
pub const MAX_POOL: LayerType = LayerType {
    name: "max_pool1d",
    summary: "the largest value of each window of a sequence",
    reads: Reads::Exactly(1),
    options: &[POOL, POOL_STRIDE, PADDING],
    parse: parse::<MaxPool>,
};

/// The mean of each window, in `LAYERS`.
pub const AVG_POOL: LayerType = LayerType {
    name: "avg_pool1d",
    summary: "the mean of each window of a sequence",
    reads: Reads::Exactly(1),
    options: &[
        POOL,
        POOL_STRIDE,
        PADDING,
        optional("count_include_pad", "true or false", "false", "whether padding counts in the divisor"),
    ],
    parse: parse::<AvgPool>,
};

/// The padding of a sequence.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(untagged)]
enum Ends {
    /// By name.
    Named(Named),
    /// The same on both sides.
    All(usize),
    /// Left, then right.
    Each([usize; 2]),
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Named {
    Valid,
    Same,
    Causal,
}

fn valid() -> Ends {
    Ends::Named(Named::Valid)
}

/// A window along a sequence, and its padding.
struct Along {
    kernel: usize,
    stride: usize,
    dilation: usize,
    ends: Ends,
}

impl Along {
    /// The window on images one pixel high; `causal` says whether that padding makes sense.
    fn window(&self, site: &Site, causal: bool) -> Result<Window, ShapeError> {
        let [_, h, w, c] = site.shape(Value::Input(0)).nhwc()?;
        if h != 1 {
            return Err(ShapeError::new(format!("sequences are one pixel high, and its input is {h}x{w}x{c}")).hint(
                format!("the same layer for images (2d), or reshape with shape = [1, {}, {c}] before it", h * w),
            ));
        }
        let sides = |left, right| Padding::Explicit { top: 0, bottom: 0, left, right };
        let padding = match self.ends {
            Ends::Named(Named::Valid) => Padding::Valid,
            Ends::Named(Named::Same) => Padding::Same,
            Ends::Named(Named::Causal) if causal => sides(self.dilation * self.kernel.saturating_sub(1), 0),
            Ends::Named(Named::Causal) => {
                return Err(ShapeError::new("padding = \"causal\" is for conv1d").hint("padding = \"same\""));
            }
            Ends::All(all) => sides(all, all),
            Ends::Each([left, right]) => sides(left, right),
        };
        let Along { kernel, stride, dilation, .. } = *self;
        Ok(Window { kernel: [1, kernel], stride: [1, stride], dilation: [1, dilation], padding })
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Conv {
    filters: usize,
    kernel: usize,
    #[serde(default = "ones")]
    stride: usize,
    #[serde(default = "valid")]
    padding: Ends,
    #[serde(default = "ones")]
    dilation: usize,
    #[serde(default = "ones")]
    groups: usize,
    #[serde(default = "yes")]
    bias: bool,
    #[serde(default)]
    init: Start,
    #[serde(default)]
    activation: Activation,
}

impl Build for Conv {
    fn build(&self, site: &mut Site) -> Result<Value, ShapeError> {
        let Conv { filters, kernel, stride, padding: ends, dilation, groups, bias, init, activation } = *self;
        let window = Along { kernel, stride, dilation, ends }.window(site, true)?;
        let y = Filters { window, filters, groups, bias, init, ..Filters::default() }.put(site, Value::Input(0))?;
        site.activate(activation, y)
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConvTranspose {
    filters: usize,
    kernel: usize,
    #[serde(default = "ones")]
    stride: usize,
    #[serde(default = "valid")]
    padding: Ends,
    #[serde(default)]
    output_padding: usize,
    #[serde(default = "ones")]
    dilation: usize,
    #[serde(default = "ones")]
    groups: usize,
    #[serde(default = "yes")]
    bias: bool,
    #[serde(default)]
    init: Start,
    #[serde(default)]
    activation: Activation,
}

impl Build for ConvTranspose {
    fn build(&self, site: &mut Site) -> Result<Value, ShapeError> {
        let ConvTranspose { kernel, stride, padding: ends, dilation, groups, .. } = *self;
        let window = Along { kernel, stride, dilation, ends }.window(site, false)?;
        let output_padding = [0, self.output_padding];
        let op = ConvTranspose2d { window, output_padding, groups, relu: Relu::None, masked: false };
        let y = conv_transpose2d::put(site, op, self.filters, self.bias, self.init)?;
        site.activate(self.activation, y)
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MaxPool {
    pool: usize,
    stride: Option<usize>,
    #[serde(default = "valid")]
    padding: Ends,
}

impl Build for MaxPool {
    fn build(&self, site: &mut Site) -> Result<Value, ShapeError> {
        let stride = self.stride.unwrap_or(self.pool);
        let window = Along { kernel: self.pool, stride, dilation: 1, ends: self.padding }.window(site, false)?;
        site.op(MaxPool2d { window, relu: false }, &[Value::Input(0)])
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AvgPool {
    pool: usize,
    stride: Option<usize>,
    #[serde(default = "valid")]
    padding: Ends,
    #[serde(default)]
    count_include_pad: bool,
}

impl Build for AvgPool {
    fn build(&self, site: &mut Site) -> Result<Value, ShapeError> {
        let stride = self.stride.unwrap_or(self.pool);
        let window = Along { kernel: self.pool, stride, dilation: 1, ends: self.padding }.window(site, false)?;
        site.op(AvgPool2d { window, count_include_pad: self.count_include_pad }, &[Value::Input(0)])
    }
}
