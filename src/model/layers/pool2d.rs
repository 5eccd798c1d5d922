//! `max_pool2d` and `avg_pool2d`.

use lepton_kernels::avg_pool2d::AvgPool2d;
use lepton_kernels::max_pool2d::MaxPool2d;
use lepton_kernels::{ShapeError, Window};
use serde::Deserialize;

use super::options::{PADDING_OPTION, PAIR, PaddingSpec, Pair, optional, required, valid};
use super::{Build, LayerBuilder, LayerType, OptionDoc, Reads, Value, parse};

const POOL: OptionDoc = required("pool", PAIR, "window size");
/// What a maximum finds beyond an edge, as `torch.nn.MaxPool2d` has it.
const MAX_PADDING: &str = "rows and columns around the image that count as −∞: they are never the maximum";
const STRIDE: OptionDoc = optional("stride", PAIR, "the window size", "step between windows, in pixels");

/// The largest value of each window, in `LAYERS`.
pub const MAX: LayerType = LayerType {
    name: "max_pool2d",
    summary: "maximum of each window",
    reads: Reads::Exactly(1),
    options: &[POOL, STRIDE, OptionDoc { meaning: MAX_PADDING, ..PADDING_OPTION }],
    parse: parse::<Max>,
};

/// The mean of each window, in `LAYERS`.
pub const AVG: LayerType = LayerType {
    name: "avg_pool2d",
    summary: "mean of each window",
    reads: Reads::Exactly(1),
    options: &[
        POOL,
        STRIDE,
        PADDING_OPTION,
        optional("count_include_pad", "true or false", "false", "whether the mean counts the padding"),
    ],
    parse: parse::<Avg>,
};

fn window(pool: Pair, stride: Option<Pair>, padding: &PaddingSpec) -> Result<Window, ShapeError> {
    let (kernel, stride) = (pool.sizes(), stride.unwrap_or(pool).sizes());
    Ok(Window { kernel, stride, dilation: [1, 1], padding: padding.resolve()? })
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Max {
    pool: Pair,
    stride: Option<Pair>,
    #[serde(default = "valid")]
    padding: PaddingSpec,
}

impl Build for Max {
    fn build(&self, layer: &mut LayerBuilder) -> Result<Value, ShapeError> {
        let window = window(self.pool, self.stride, &self.padding)?;
        layer.add(MaxPool2d { window, relu: false }, &[Value::Input(0)])
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Avg {
    pool: Pair,
    stride: Option<Pair>,
    #[serde(default = "valid")]
    padding: PaddingSpec,
    #[serde(default)]
    count_include_pad: bool,
}

impl Build for Avg {
    fn build(&self, layer: &mut LayerBuilder) -> Result<Value, ShapeError> {
        let window = window(self.pool, self.stride, &self.padding)?;
        layer.add(AvgPool2d { window, count_include_pad: self.count_include_pad }, &[Value::Input(0)])
    }
}
