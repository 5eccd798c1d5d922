//! Layers that add, leave out or rearrange values: `zero_pad2d`, `crop2d`, `pad_channels`, `subsample`, `reshape`.

use lepton_kernels::avg_pool2d::AvgPool2d;
use lepton_kernels::reshape::Reshape;
use lepton_kernels::zero_pad::ZeroPad;
use lepton_kernels::{Padding, ShapeError, Window};
use serde::Deserialize;

use super::options::{PAIR, PaddingSpec, Pair, optional, required};
use super::{Build, LayerBuilder, LayerType, Reads, Value, parse};

const SIDES: &str = "number, [height, width] or [top, bottom, left, right]";

/// Zeros around images, in `LAYERS`.
pub const ZERO_PAD: LayerType = LayerType {
    name: "zero_pad2d",
    summary: "zeros around the image",
    reads: Reads::Exactly(1),
    options: &[required("padding", SIDES, "rows and columns of zeros to add on each side")],
    parse: parse::<Pad>,
};

/// Rows and columns cut off, in `LAYERS`.
pub const CROP: LayerType = LayerType {
    name: "crop2d",
    summary: "crops the image's borders",
    reads: Reads::Exactly(1),
    options: &[required("cropping", SIDES, "rows and columns to remove on each side")],
    parse: parse::<Crop>,
};

/// Channels of zeros, in `LAYERS`.
pub const PAD_CHANNELS: LayerType = LayerType {
    name: "pad_channels",
    summary: "adds zero channels; after subsample, this is ResNet's shortcut without parameters (option A)",
    reads: Reads::Exactly(1),
    options: &[
        optional("before", "number", "0", "zero channels before the first"),
        optional("after", "number", "0", "zero channels after the last"),
    ],
    parse: parse::<PadChannels>,
};

/// Every so many pixels, in `LAYERS`.
pub const SUBSAMPLE: LayerType = LayerType {
    name: "subsample",
    summary: "keeps every stride-th pixel, starting with the first",
    reads: Reads::Exactly(1),
    options: &[required("stride", PAIR, "step between the pixels kept")],
    parse: parse::<Subsample>,
};

/// Another shape, in `LAYERS`.
pub const RESHAPE: LayerType = LayerType {
    name: "reshape",
    summary: "changes the shape but not the values; channels vary fastest",
    reads: Reads::Exactly(1),
    options: &[required("shape", "list of numbers, one of which may be -1", "the new shape; -1 is inferred")],
    parse: parse::<NewShape>,
};

/// `[top, bottom, left, right]`.
fn sides(spec: &PaddingSpec, hint: &str) -> Result<[i64; 4], ShapeError> {
    match spec.resolve()? {
        Padding::Explicit { top, bottom, left, right } => Ok([top, bottom, left, right].map(|side| side as i64)),
        Padding::Valid | Padding::Same => Err(ShapeError::new("it takes numbers of rows and columns").hint(hint)),
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pad {
    padding: PaddingSpec,
}

impl Build for Pad {
    fn build(&self, layer: &mut LayerBuilder) -> Result<Value, ShapeError> {
        let [top, bottom, left, right] = sides(&self.padding, "padding = 1")?;
        layer.add(ZeroPad { before: [top, left, 0], after: [bottom, right, 0] }, &[Value::Input(0)])
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Crop {
    cropping: PaddingSpec,
}

impl Build for Crop {
    fn build(&self, layer: &mut LayerBuilder) -> Result<Value, ShapeError> {
        let [top, bottom, left, right] = sides(&self.cropping, "cropping = 1")?;
        layer.add(ZeroPad { before: [-top, -left, 0], after: [-bottom, -right, 0] }, &[Value::Input(0)])
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PadChannels {
    #[serde(default)]
    before: usize,
    #[serde(default)]
    after: usize,
}

impl Build for PadChannels {
    fn build(&self, layer: &mut LayerBuilder) -> Result<Value, ShapeError> {
        let op = ZeroPad { before: [0, 0, self.before as i64], after: [0, 0, self.after as i64] };
        layer.add(op, &[Value::Input(0)])
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Subsample {
    stride: Pair,
}

impl Build for Subsample {
    fn build(&self, layer: &mut LayerBuilder) -> Result<Value, ShapeError> {
        // the mean of one pixel is that pixel
        let window = Window::new([1, 1], self.stride.sizes());
        layer.add(AvgPool2d { window, count_include_pad: false }, &[Value::Input(0)])
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewShape {
    shape: Vec<i64>,
}

impl Build for NewShape {
    fn build(&self, layer: &mut LayerBuilder) -> Result<Value, ShapeError> {
        let sizes = self.shape.iter().map(|&size| usize::try_from(size).ok()).collect();
        layer.add(Reshape { sizes }, &[Value::Input(0)])
    }
}
