//! The kernels of lepton-gpu: WGSL and the Rust that describes it.
//!
//! One folder per op holds its shaders, its shape rule, the dispatches it needs in both directions, its definition in
//! f64 (the *twin*) and the cases worth testing. Nothing here knows a device: an op turns shapes into plain
//! [`Dispatch`] values, and whoever owns a device runs them.
//!
//! ```
//! use lepton_kernels::{Case, OPS, op::Precision};
//!
//! // every op with its cases; each runs on its twin with no device
//! for entry in OPS {
//!     let case: &Case = &(entry.cases)()[0];
//!     let outputs = case.op.twin(&case.arrays(Precision::F32), &case.step);
//!     assert!(!outputs.is_empty(), "{}", entry.name);
//! }
//! ```
//!
//! Activations are `[n, h, w, c]`, filters `[kh, kw, c_in / groups, c_out]`, in f32 or f16.

pub mod activation;
pub mod adafactor;
pub mod adam;
mod adaptive;
pub mod adaptive_avg_pool2d;
pub mod adaptive_max_pool2d;
pub mod add;
pub mod array;
pub mod augment;
pub mod average_views;
pub mod avg_pool2d;
pub mod batch_features;
pub mod batch_images;
pub mod batch_index;
pub mod batch_norm;
pub mod batch_place;
pub mod batch_tokens;
pub mod batch_values;
pub mod batch_views;
pub mod case;
pub mod cast;
pub mod ceiling;
mod channels;
pub mod clip;
mod columns;
mod compiler;
pub mod concat;
pub mod conv2d;
pub mod conv_transpose2d;
pub mod data_set;
mod depthwise;
pub mod dispatch;
pub mod dropout;
pub mod dtype;
pub mod ema;
pub mod embedding;
pub mod flatten;
pub mod gan_targets;
pub mod gemm;
pub mod global_avg_pool;
pub mod global_max_pool;
pub mod gradients;
pub mod group_norm;
mod images;
pub mod keep_answers;
pub mod keep_errors;
pub mod keep_outputs;
pub mod lamb;
pub mod linear;
pub mod lion;
pub mod lookahead;
pub mod loss_scale;
mod mask;
pub mod max_pool2d;
pub mod multiply;
pub mod muon;
pub mod noise;
pub mod op;
pub mod optimizer;
pub mod parameters;
pub mod pixel_shuffle;
pub mod random;
pub mod record;
pub mod record_loss;
pub mod rectifier;
pub mod relu;
pub mod reshape;
pub mod rmsprop;
pub mod scale_channels;
pub mod sgd;
pub mod shape;
mod sharing;
pub mod soft_cross_entropy;
pub mod softmax;
pub mod softmax_cross_entropy;
pub mod source;
mod splitting;
mod square_sum;
pub mod stack;
pub mod step;
pub mod target;
pub mod target_rows;
mod templates;
pub mod tuning;
pub mod upsample;
pub mod value_loss;
pub mod window;
pub mod zero_pad;

pub use array::Array;
pub use case::Case;
pub use dispatch::{Access, Binding, Dispatch, Kernel, Operand};
pub use dtype::{Dtype, Precision};
pub use op::{InInference, Lowered, Mode, Op};
pub use shape::{Shape, ShapeError};
pub use step::Step;
pub use target::Target;
pub use window::{Padding, Window};

/// An op's name and its test cases. Tests and `verify` iterate [`OPS`].
pub struct Entry {
    /// The op's name, as [`Op::name`] returns it.
    pub name: &'static str,
    /// What it computes, in one line.
    pub summary: &'static str,
    /// The cases worth testing, each with its reason.
    pub cases: fn() -> Vec<Case>,
}

/// Every op. A new op adds its folder and one line here.
pub const OPS: &[Entry] = &[
    conv2d::ENTRY,
    linear::ENTRY,
    max_pool2d::ENTRY,
    avg_pool2d::ENTRY,
    global_avg_pool::ENTRY,
    conv_transpose2d::ENTRY,
    global_max_pool::ENTRY,
    adaptive_avg_pool2d::ENTRY,
    adaptive_max_pool2d::ENTRY,
    upsample::ENTRY,
    zero_pad::ENTRY,
    pixel_shuffle::ENTRY,
    reshape::ENTRY,
    batch_norm::ENTRY,
    batch_norm::POOL,
    batch_norm::ADD,
    batch_norm::INFERENCE,
    batch_norm::FOLD,
    group_norm::ENTRY,
    group_norm::LAYER,
    relu::ENTRY,
    activation::ENTRY,
    scale_channels::ENTRY,
    softmax::ENTRY,
    dropout::ENTRY,
    add::ENTRY,
    multiply::ENTRY,
    concat::ENTRY,
    flatten::ENTRY,
    softmax_cross_entropy::ENTRY,
    target_rows::ENTRY,
    soft_cross_entropy::ENTRY,
    value_loss::BCE,
    value_loss::SIGMOID_FOCAL,
    value_loss::MSE,
    value_loss::MAE,
    value_loss::HUBER,
    batch_values::ENTRY,
    keep_answers::ENTRY,
    keep_errors::ENTRY,
    keep_outputs::ENTRY,
    record::ENTRY,
    noise::ENTRY,
    stack::ENTRY,
    gan_targets::ENTRY,
    record_loss::ENTRY,
    sgd::ENTRY,
    adam::ENTRY,
    rmsprop::ENTRY,
    lion::ENTRY,
    lamb::ENTRY,
    muon::ENTRY,
    adafactor::ENTRY,
    gradients::ENTRY,
    clip::VALUE,
    clip::NORM,
    ema::ENTRY,
    lookahead::ENTRY,
    cast::ENTRY,
    loss_scale::OVERFLOW,
    loss_scale::ENTRY,
    batch_index::ENTRY,
    batch_images::ENTRY,
    batch_place::ENTRY,
    augment::ENTRY,
    batch_views::ENTRY,
    average_views::ENTRY,
    batch_tokens::ENTRY,
    batch_features::ENTRY,
    embedding::ENTRY,
];
