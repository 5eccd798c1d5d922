//! Why a model cannot be used.

use lepton_kernels::ShapeError;

use super::presets;
use crate::hint::{Hint, Hints};

/// Why a model cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// Neither a preset nor a file.
    #[error("unknown model `{name}`: neither a built-in model nor a file")]
    Unknown {
        /// What was asked for.
        name: String,
    },
    /// The file cannot be read.
    #[error("model file {path}: {source}")]
    Unreadable {
        /// Path of the model file.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file is not a model.
    #[error("model file {origin}: {problem}")]
    Malformed {
        /// The file or preset.
        origin: String,
        /// What is wrong and where.
        problem: String,
    },
    /// A model that was built in Rust has something wrong.
    #[error("model `{model}`: {problem}")]
    Invalid {
        /// The model's name.
        model: String,
        /// What is wrong and where.
        problem: String,
    },
    /// A layer cannot run on what it is given.
    #[error("layer {number} `{layer}` does not fit: {source}\n  {reads}")]
    Shape {
        /// Its number, from 1.
        number: usize,
        /// The layer's name.
        layer: String,
        /// Where its input comes from.
        reads: String,
        /// Why it cannot run there, with a way out.
        source: ShapeError,
    },
    /// Generator and discriminator do not fit together, or the loss is not theirs.
    #[error("{0}")]
    Adversarial(ShapeError),
    /// The images cannot be augmented as the run says.
    #[error("{0}")]
    Augment(ShapeError),
}

impl Hints for ModelError {
    fn hints(&self) -> Vec<Hint> {
        match self {
            ModelError::Unknown { name } => {
                vec![
                    Hint::one_listed(name, presets::PRESETS.iter().map(|preset| preset.name), &["models"]),
                    Hint::advice("the path of a model file"),
                ]
            }
            _ => Vec::new(),
        }
    }
}
