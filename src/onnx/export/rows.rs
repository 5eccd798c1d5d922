//! How each op of an inference graph is written: one row an op.

use lepton_kernels as kernels;

use super::site::Site;
use super::{norms, pointwise, shapes, windows};

/// How an op becomes nodes of opset 17.
pub struct Row {
    /// The op's name in `OPS`.
    pub op: &'static str,
    /// Adds the nodes; gives the name of their output.
    pub write: fn(&mut Site) -> String,
}

const fn row(op: &'static str, write: fn(&mut Site) -> String) -> Row {
    Row { op, write }
}

/// Every op that an inference graph can have between its input and its answer.
pub const ROWS: &[Row] = &[
    row(kernels::conv2d::ENTRY.name, windows::conv2d),
    row(kernels::conv_transpose2d::ENTRY.name, windows::conv_transpose2d),
    row(kernels::max_pool2d::ENTRY.name, windows::max_pool2d),
    row(kernels::avg_pool2d::ENTRY.name, windows::avg_pool2d),
    row(kernels::global_avg_pool::ENTRY.name, windows::global_avg_pool),
    row(kernels::global_max_pool::ENTRY.name, windows::global_max_pool),
    row(kernels::adaptive_avg_pool2d::ENTRY.name, windows::adaptive_avg_pool2d),
    row(kernels::adaptive_max_pool2d::ENTRY.name, windows::adaptive_max_pool2d),
    row(kernels::upsample::ENTRY.name, shapes::upsample),
    row(kernels::zero_pad::ENTRY.name, shapes::zero_pad),
    row(kernels::pixel_shuffle::ENTRY.name, shapes::pixel_shuffle),
    row(kernels::reshape::ENTRY.name, shapes::reshape),
    row(kernels::flatten::ENTRY.name, shapes::flatten),
    row(kernels::concat::ENTRY.name, shapes::concat),
    row(kernels::embedding::ENTRY.name, shapes::embedding),
    row(kernels::linear::ENTRY.name, pointwise::linear),
    row(kernels::relu::ENTRY.name, pointwise::relu),
    row(kernels::activation::ENTRY.name, pointwise::activation),
    row(kernels::scale_channels::ENTRY.name, pointwise::scale_channels),
    row(kernels::softmax::ENTRY.name, pointwise::softmax),
    row(kernels::add::ENTRY.name, pointwise::add),
    row(kernels::multiply::ENTRY.name, pointwise::multiply),
    row(kernels::batch_norm::INFERENCE.name, norms::batch_norm),
    row(kernels::group_norm::ENTRY.name, norms::set_norm),
    row(kernels::group_norm::LAYER.name, norms::set_norm),
];
