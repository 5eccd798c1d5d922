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
use super::weights::{FILTER_INIT, INIT, Initializer};
use super::{Build, LayerBuilder, LayerType, OptionDoc, Reads, Value, conv_transpose2d, parse};

const FILTERS: OptionDoc = required("filters", "number", "output channels");
const KERNEL: OptionDoc = required("kernel", "number", "window length");
const STRIDE: OptionDoc = optional("stride", "number", "1", "step between windows, in positions");
const DILATION: OptionDoc = optional("dilation", "number", "1", "spacing between filter taps, in positions");
const POOL: OptionDoc = required("pool", "number", "window length");
const POOL_STRIDE: OptionDoc = optional("stride", "number", "the window length", "step between windows, in positions");
const SIDES: &str = "\"valid\", \"same\", number or [left, right]";
const PADDING: OptionDoc = optional("padding", SIDES, "\"valid\"", "zeros around the sequence");

/// A convolution, in `LAYERS`.
pub const CONV: LayerType = LayerType {
    name: "conv1d",
    summary: "1-d convolution of a sequence (an input one pixel high)",
    reads: Reads::Exactly(1),
    options: &[
        FILTERS,
        KERNEL,
        STRIDE,
        optional(
            "padding",
            "\"valid\", \"same\", \"causal\", number or [left, right]",
            "\"valid\"",
            "zeros around the sequence; \"causal\": only on the left, so that no output depends on later positions",
        ),
        DILATION,
        GROUPS,
        BIAS,
        FILTER_INIT,
        ACTIVATION,
    ],
    parse: parse::<Conv>,
};

/// A transposed convolution, in `LAYERS`.
pub const CONV_TRANSPOSE: LayerType = LayerType {
    name: "conv_transpose1d",
    summary: "transposed 1-d convolution of a sequence (an input one pixel high)",
    reads: Reads::Exactly(1),
    options: &[
        FILTERS,
        KERNEL,
        optional("stride", "number", "1", "output positions per input position"),
        optional(
            "padding",
            SIDES,
            "\"valid\"",
            "cropped from both ends of the output; \"same\": the output is the input's length times the stride",
        ),
        optional("output_padding", "number", "0", "positions added to the end of the output"),
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
    summary: "maximum of each window of a sequence",
    reads: Reads::Exactly(1),
    options: &[
        POOL,
        POOL_STRIDE,
        OptionDoc {
            meaning: "positions around the sequence that count as −∞: they are never the maximum", ..PADDING
        },
    ],
    parse: parse::<MaxPool>,
};

/// The mean of each window, in `LAYERS`.
pub const AVG_POOL: LayerType = LayerType {
    name: "avg_pool1d",
    summary: "mean of each window of a sequence",
    reads: Reads::Exactly(1),
    options: &[
        POOL,
        POOL_STRIDE,
        PADDING,
        optional("count_include_pad", "true or false", "false", "whether the mean counts the padding"),
    ],
    parse: parse::<AvgPool>,
};

/// The padding of a sequence.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(untagged)]
enum Ends {
    /// Padding by name, such as `"same"`.
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
    fn window(&self, layer: &LayerBuilder, causal: bool) -> Result<Window, ShapeError> {
        let [_, h, w, c] = layer.shape(Value::Input(0)).nhwc()?;
        if h != 1 {
            return Err(ShapeError::new(format!("sequences are one pixel high, but its input is {h}x{w}x{c}")).hint(
                format!("the same layer for images (2d), or reshape with shape = [1, {}, {c}] before it", h * w),
            ));
        }
        let sides = |left, right| Padding::Explicit { top: 0, bottom: 0, left, right };
        let padding = match self.ends {
            Ends::Named(Named::Valid) => Padding::Valid,
            Ends::Named(Named::Same) => Padding::Same,
            Ends::Named(Named::Causal) if causal => sides(self.dilation * self.kernel.saturating_sub(1), 0),
            Ends::Named(Named::Causal) => {
                return Err(ShapeError::new("only conv1d takes padding = \"causal\"").hint("padding = \"same\""));
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
    init: Initializer,
    #[serde(default)]
    activation: Activation,
}

impl Build for Conv {
    fn build(&self, layer: &mut LayerBuilder) -> Result<Value, ShapeError> {
        let Conv { filters, kernel, stride, padding: ends, dilation, groups, bias, init, activation } = *self;
        let window = Along { kernel, stride, dilation, ends }.window(layer, true)?;
        let y = Filters { window, filters, groups, bias, init, ..Filters::default() }.add(layer, Value::Input(0))?;
        layer.activate(activation, y)
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
    init: Initializer,
    #[serde(default)]
    activation: Activation,
}

impl Build for ConvTranspose {
    fn build(&self, layer: &mut LayerBuilder) -> Result<Value, ShapeError> {
        let ConvTranspose { kernel, stride, padding: ends, dilation, groups, .. } = *self;
        let window = Along { kernel, stride, dilation, ends }.window(layer, false)?;
        let output_padding = [0, self.output_padding];
        let op = ConvTranspose2d { window, output_padding, groups, relu: Relu::None, masked: false };
        let y = conv_transpose2d::add(layer, op, self.filters, self.bias, self.init)?;
        layer.activate(self.activation, y)
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
    fn build(&self, layer: &mut LayerBuilder) -> Result<Value, ShapeError> {
        let stride = self.stride.unwrap_or(self.pool);
        let window = Along { kernel: self.pool, stride, dilation: 1, ends: self.padding }.window(layer, false)?;
        layer.add(MaxPool2d { window, relu: false }, &[Value::Input(0)])
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
    fn build(&self, layer: &mut LayerBuilder) -> Result<Value, ShapeError> {
        let stride = self.stride.unwrap_or(self.pool);
        let window = Along { kernel: self.pool, stride, dilation: 1, ends: self.padding }.window(layer, false)?;
        layer.add(AvgPool2d { window, count_include_pad: self.count_include_pad }, &[Value::Input(0)])
    }
}

#[cfg(test)]
mod tests {
    use lepton_kernels::Shape;

    use super::super::{Layer, LayerBuilder};

    /// What a layer makes of an input, or why it does not.
    fn build(kind: &str, options: &str, input: &[usize]) -> Result<Vec<usize>, String> {
        let layer = Layer::parse(kind, options.parse().expect("TOML"))?;
        let mut builder = LayerBuilder::new("layer", vec![Shape::new(input)]);
        let output = layer.build(&mut builder).map_err(|error| error.to_string())?;
        Ok(builder.shape(output).sizes().to_vec())
    }

    #[test]
    fn layers_give_the_shapes_that_keras_and_pytorch_give() {
        for (kind, options, input, output) in [
            ("conv1d", "filters = 4\nkernel = 3\npadding = \"causal\"\ndilation = 2", [2, 1, 9, 3], vec![2, 1, 9, 4]),
            ("conv1d", "filters = 4\nkernel = 4\npadding = \"same\"\nstride = 3", [2, 1, 10, 3], vec![2, 1, 4, 4]),
            (
                "conv_transpose1d",
                "filters = 4\nkernel = 3\npadding = \"same\"\nstride = 3",
                [2, 1, 5, 3],
                vec![2, 1, 15, 4],
            ),
            ("max_pool1d", "pool = 2", [2, 1, 9, 3], vec![2, 1, 4, 3]),
            (
                "conv_transpose2d",
                "filters = 4\nkernel = 3\nstride = 2\npadding = \"same\"",
                [2, 5, 4, 3],
                vec![2, 10, 8, 4],
            ),
            ("conv_transpose2d", "filters = 4\nkernel = 3\nstride = 2\npadding = 1", [2, 5, 4, 3], vec![2, 9, 7, 4]),
            ("separable_conv2d", "filters = 7\nkernel = 3\ndepth_multiplier = 2", [2, 5, 6, 3], vec![2, 3, 4, 7]),
            ("depthwise_conv2d", "kernel = 3\ndepth_multiplier = 2", [2, 5, 6, 3], vec![2, 3, 4, 6]),
            ("upsample", "scale_factor = [2, 3]", [2, 5, 6, 3], vec![2, 10, 18, 3]),
            ("reshape", "shape = [-1, 6]", [2, 5, 6, 3], vec![2, 15, 6]),
            ("crop2d", "cropping = [1, 2]", [2, 5, 6, 3], vec![2, 3, 2, 3]),
        ] {
            assert_eq!(build(kind, options, &input), Ok(output), "{kind} {options}");
        }
    }

    #[test]
    fn mistakes_are_named_with_a_way_out() {
        for (kind, options, part) in [
            ("conv1d", "filters = 4\nkernel = 3", "its input is 6x8x4\n  try: "),
            ("max_pool1d", "pool = 2\npadding = \"causal\"", "one pixel high"),
            ("conv1d", "filters = 4\nkernel = [1, 3]", "invalid type"),
            ("conv1d", "filters = 4\nkernel = 3\ninit = \"gauss\"", "unknown variant `gauss`"),
            ("conv_transpose2d", "filters = 4\nkernel = 3\noutput_padding = 1", "must be smaller than the stride 1"),
            ("conv_transpose2d", "filters = 4\nkernel = 3\npadding = 9", "crops all"),
            ("conv_transpose2d", "filters = 6\nkernel = 3\ngroups = 4", "groups = 4 does not divide"),
            ("conv_transpose2d", "filters = 4\nkernel = 0", "must all be at least 1"),
            (
                "conv_transpose2d",
                "filters = 4\nkernel = 3\nstride = 2\noutput_padding = 1\npadding = \"same\"",
                "already fixes the output size",
            ),
            ("separable_conv2d", "filters = 4\nkernel = 3\ndepth_multiplier = 0", "leaves no output"),
            ("upsample", "", "scale_factor or size"),
            ("upsample", "scale_factor = 2\nsize = 9", "scale_factor or size"),
            ("upsample", "scale_factor = 0", "sizes of at least 1"),
            ("upsample", "scale_factor = 16777216", "more than it can count"),
            ("upsample", "scale_factor = 2\nalign_corners = true", "has no effect"),
            ("adaptive_avg_pool2d", "output = [1, 2, 3]", "[height, width]"),
            ("zero_pad2d", "padding = \"same\"", "numbers of rows"),
            ("zero_pad2d", "padding = -1", "must be from 0"),
            ("crop2d", "cropping = 3", "leaves none"),
            ("pixel_shuffle", "factor = 3", "a multiple of 9 channels"),
            ("pixel_unshuffle", "factor = 5", "does not divide its 6x8 input"),
            ("reshape", "shape = [5, -1]", "does not divide its input's 192 values"),
            ("reshape", "shape = [-2, 3]", "must be from -1"),
        ] {
            let error = build(kind, options, &[2, 6, 8, 4]).expect_err(kind);
            assert!(error.contains(part), "{kind} {options}: {error}\nshould say: {part}");
        }
    }
}
