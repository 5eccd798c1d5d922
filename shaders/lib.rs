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

pub mod adam;
pub mod add;
pub mod array;
pub mod avg_pool2d;
pub mod batch_images;
pub mod batch_index;
pub mod batch_tokens;
pub mod case;
pub mod cast;
pub mod ceiling;
pub mod conv2d;
pub mod dispatch;
pub mod embedding;
pub mod flatten;
pub mod gemm;
pub mod global_avg_pool;
pub mod linear;
pub mod loss_scale;
pub mod max_pool2d;
pub mod op;
pub mod parameters;
pub mod random;
pub mod record;
pub mod relu;
pub mod sgd;
pub mod shape;
pub mod softmax_cross_entropy;
pub mod source;
pub mod step;

pub use array::Array;
pub use case::Case;
pub use dispatch::{Access, Binding, Dispatch, Kernel, Operand};
pub use op::{InInference, Lowered, Mode, Op};
pub use shape::{Padding, Shape, ShapeError, Window};
pub use step::Step;

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
    relu::ENTRY,
    add::ENTRY,
    flatten::ENTRY,
    softmax_cross_entropy::ENTRY,
    record::ENTRY,
    sgd::ENTRY,
    adam::ENTRY,
    cast::ENTRY,
    loss_scale::OVERFLOW,
    loss_scale::ENTRY,
    batch_index::ENTRY,
    batch_images::ENTRY,
    batch_tokens::ENTRY,
    embedding::ENTRY,
];
