//! Layers without options: an op each.

use lepton_kernels::add::Add;
use lepton_kernels::flatten::Flatten;
use lepton_kernels::global_avg_pool::GlobalAvgPool;
use lepton_kernels::global_max_pool::GlobalMaxPool;
use lepton_kernels::multiply::Multiply;
use lepton_kernels::relu::Relu;
use lepton_kernels::{Op, ShapeError};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{Build, LayerBuilder, LayerType, Reads, Value, parse};

/// Global average pooling, in `LAYERS`.
pub const GLOBAL_AVG_POOL: LayerType =
    plain::<MeansOfChannels>("global_avg_pool", "mean of each channel over the whole image", 1);
/// Global max pooling, in `LAYERS`.
pub const GLOBAL_MAX_POOL: LayerType =
    plain::<MaximaOfChannels>("global_max_pool", "maximum of each channel over the whole image", 1);
/// Rectified linear unit, in `LAYERS`.
pub const RELU: LayerType = plain::<Rectified>("relu", "`max(x, 0)`", 1);
/// Sum of two layers, in `LAYERS`.
pub const ADD: LayerType = plain::<Sum>("add", "sum of two layers of the same shape", 2);
/// Product of two layers, in `LAYERS`.
pub const MULTIPLY: LayerType = plain::<Product>(
    "multiply",
    "product of two layers of the same shape, or of an image and one value per channel",
    2,
);
/// All values of an image in one row, in `LAYERS`.
pub const FLATTEN: LayerType = plain::<Row>("flatten", "flattens an image to a vector", 1);

const fn plain<T: Build + DeserializeOwned + 'static>(
    name: &'static str,
    summary: &'static str,
    reads: usize,
) -> LayerType {
    LayerType { name, summary, reads: Reads::Exactly(reads), options: &[], parse: parse::<T> }
}

fn add(layer: &mut LayerBuilder, op: impl Op + 'static) -> Result<Value, ShapeError> {
    let inputs = layer.inputs();
    layer.add(op, &inputs)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MeansOfChannels {}

impl Build for MeansOfChannels {
    fn build(&self, layer: &mut LayerBuilder) -> Result<Value, ShapeError> {
        add(layer, GlobalAvgPool)
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MaximaOfChannels {}

impl Build for MaximaOfChannels {
    fn build(&self, layer: &mut LayerBuilder) -> Result<Value, ShapeError> {
        add(layer, GlobalMaxPool)
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rectified {}

impl Build for Rectified {
    fn build(&self, layer: &mut LayerBuilder) -> Result<Value, ShapeError> {
        add(layer, Relu)
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sum {}

impl Build for Sum {
    fn build(&self, layer: &mut LayerBuilder) -> Result<Value, ShapeError> {
        add(layer, Add::default())
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Product {}

impl Build for Product {
    fn build(&self, layer: &mut LayerBuilder) -> Result<Value, ShapeError> {
        add(layer, Multiply)
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {}

impl Build for Row {
    fn build(&self, layer: &mut LayerBuilder) -> Result<Value, ShapeError> {
        add(layer, Flatten)
    }
}
