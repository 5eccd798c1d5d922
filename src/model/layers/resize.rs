//! Layers that give images of another size: `adaptive_avg_pool2d`, `adaptive_max_pool2d`, `upsample`, `pixel_shuffle`,
//! `pixel_unshuffle`.

use lepton_kernels::ShapeError;
use lepton_kernels::adaptive_avg_pool2d::AdaptiveAvgPool2d;
use lepton_kernels::adaptive_max_pool2d::AdaptiveMaxPool2d;
use lepton_kernels::pixel_shuffle::PixelShuffle;
use lepton_kernels::upsample::{Interpolation, Upsample};
use serde::Deserialize;

use super::options::{PAIR, Pair, optional, required};
use super::{Build, LayerBuilder, LayerType, OptionDoc, Reads, Value, parse};

const OUTPUT: OptionDoc = required("output", PAIR, "output size");

/// Adaptive average pooling, in `LAYERS`.
pub const ADAPTIVE_AVG: LayerType = LayerType {
    name: "adaptive_avg_pool2d",
    summary: "average pooling to a given output size",
    reads: Reads::Exactly(1),
    options: &[OUTPUT],
    parse: parse::<AdaptiveAvg>,
};

/// Adaptive max pooling, in `LAYERS`.
pub const ADAPTIVE_MAX: LayerType = LayerType {
    name: "adaptive_max_pool2d",
    summary: "max pooling to a given output size",
    reads: Reads::Exactly(1),
    options: &[OUTPUT],
    parse: parse::<AdaptiveMax>,
};

/// Interpolation, in `LAYERS`.
pub const UPSAMPLE: LayerType = LayerType {
    name: "upsample",
    summary: "resizes images, up or down (PyTorch's Upsample, Keras' UpSampling2D)",
    reads: Reads::Exactly(1),
    options: &[
        optional("scale_factor", PAIR, "from size", "scale factor; give either this or `size`"),
        optional("size", PAIR, "from scale_factor", "output size; give either this or `scale_factor`"),
        optional("mode", "\"nearest\" or \"bilinear\"", "\"nearest\"", "interpolation"),
        optional("align_corners", "true or false", "false", "bilinear: align the corner pixels of input and output"),
    ],
    parse: parse::<Resize>,
};

/// Channels as pixels, in `LAYERS`.
pub const PIXEL_SHUFFLE: LayerType = LayerType {
    name: "pixel_shuffle",
    summary: "turns every factor x factor channels into a block of pixels (PyTorch's PixelShuffle)",
    reads: Reads::Exactly(1),
    options: &[required("factor", "number", "side of a block, in pixels")],
    parse: parse::<Shuffle>,
};

/// Pixels as channels, in `LAYERS`.
pub const PIXEL_UNSHUFFLE: LayerType = LayerType {
    name: "pixel_unshuffle",
    summary: "turns every block of factor x factor pixels into channels (PyTorch's PixelUnshuffle)",
    reads: Reads::Exactly(1),
    options: &[required("factor", "number", "side of a block, in pixels")],
    parse: parse::<Unshuffle>,
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AdaptiveAvg {
    output: Pair,
}

impl Build for AdaptiveAvg {
    fn build(&self, layer: &mut LayerBuilder) -> Result<Value, ShapeError> {
        layer.add(AdaptiveAvgPool2d { output: self.output.sizes() }, &[Value::Input(0)])
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AdaptiveMax {
    output: Pair,
}

impl Build for AdaptiveMax {
    fn build(&self, layer: &mut LayerBuilder) -> Result<Value, ShapeError> {
        layer.add(AdaptiveMaxPool2d { output: self.output.sizes() }, &[Value::Input(0)])
    }
}

/// Where a pixel comes from, by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Interpolate {
    #[default]
    Nearest,
    Bilinear,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Resize {
    scale_factor: Option<Pair>,
    size: Option<Pair>,
    #[serde(default)]
    mode: Interpolate,
    #[serde(default)]
    align_corners: bool,
}

impl Build for Resize {
    fn build(&self, layer: &mut LayerBuilder) -> Result<Value, ShapeError> {
        let [_, h, w, _] = layer.shape(Value::Input(0)).nhwc()?;
        let output = match (self.scale_factor.map(Pair::sizes), self.size.map(Pair::sizes)) {
            (Some([by_h, by_w]), None) => [h * by_h, w * by_w],
            (None, Some(size)) => size,
            _ => {
                return Err(ShapeError::new("it takes either scale_factor or size").hint("scale_factor = 2"));
            }
        };
        let interpolation = match (self.mode, self.align_corners) {
            (Interpolate::Nearest, false) => Interpolation::Nearest,
            (Interpolate::Bilinear, false) => Interpolation::Bilinear,
            (Interpolate::Bilinear, true) => Interpolation::BilinearAligned,
            (Interpolate::Nearest, true) => {
                return Err(ShapeError::new("align_corners has no effect with mode = \"nearest\"")
                    .hint("mode = \"bilinear\", or remove align_corners"));
            }
        };
        layer.add(Upsample { output, interpolation }, &[Value::Input(0)])
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Shuffle {
    factor: usize,
}

impl Build for Shuffle {
    fn build(&self, layer: &mut LayerBuilder) -> Result<Value, ShapeError> {
        layer.add(PixelShuffle { factor: self.factor, inverse: false }, &[Value::Input(0)])
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Unshuffle {
    factor: usize,
}

impl Build for Unshuffle {
    fn build(&self, layer: &mut LayerBuilder) -> Result<Value, ShapeError> {
        layer.add(PixelShuffle { factor: self.factor, inverse: true }, &[Value::Input(0)])
    }
}
