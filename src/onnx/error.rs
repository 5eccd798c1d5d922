//! Why a model cannot be written as ONNX, or read from it.

use crate::gpu::GpuError;
use crate::hint::{Hint, Hints};
use crate::model::ModelError;
use crate::train::TrainError;

/// Why a model cannot be written as ONNX, or read from it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OnnxError {
    /// The bytes are no ONNX file, or one that contradicts itself.
    #[error("not a usable ONNX file: {0}")]
    Damaged(String),
    /// A node that cannot become a layer.
    #[error("node {node}: {problem}")]
    Node {
        /// The op and name of the node, such as ``Conv `conv1` ``.
        node: String,
        /// What is in the way.
        problem: String,
    },
    /// The file is in order, but no model here can be what it describes.
    #[error("this ONNX model cannot become a model here: {0}")]
    Unsupported(String),
    /// A model that is no network of its own.
    #[error("this model cannot be written as ONNX: {0}")]
    Unwritable(String),
    /// An op that has no counterpart in ONNX.
    #[error("layer `{layer}`: the op {op} cannot be written as ONNX")]
    NoRow {
        /// The layer's name.
        layer: String,
        /// The op's name.
        op: String,
    },
    /// The model that was read does not fit together.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The device failed while answers were compared.
    #[error(transparent)]
    Gpu(#[from] GpuError),
    /// Answers could not be computed.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// The file gives other answers than the model.
    #[error(
        "the ONNX model gives other answers than the trained one: they differ by {difference:.1e} of the largest answer, \
         and at most {limit:.0e} is allowed"
    )]
    Differs {
        /// The largest difference, as a part of the largest answer.
        difference: f64,
        /// The largest that is allowed.
        limit: f64,
    },
}

impl Hints for OnnxError {
    fn hints(&self) -> Vec<Hint> {
        match self {
            OnnxError::Damaged(_) => vec![Hint::advice("another copy of the file, or export it again")],
            OnnxError::Node { .. } | OnnxError::Unsupported(_) => {
                vec![Hint::advice("export the model in inference mode, with opset 17 and weights inside the file")]
            }
            OnnxError::NoRow { .. } => vec![Hint::command(["inspect", "--layers"])],
            OnnxError::Model(error) => error.hints(),
            OnnxError::Gpu(error) => error.hints(),
            OnnxError::Train(error) => error.hints(),
            OnnxError::Differs { .. } | OnnxError::Unwritable(_) => Vec::new(),
        }
    }
}
