//! Why weights cannot be used.

use super::foreign::ForeignError;
use crate::checkpoint::CheckpointError;
use crate::hint::{Hint, Hints};
use crate::model::{ModelError, preset};

/// Why weights cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WeightsError {
    /// Neither a run, nor a file, nor a model with built-in weights.
    #[error("no weights found for `{name}`: neither a run, nor a file, nor a model with built-in weights")]
    Unknown {
        /// What was asked for.
        name: String,
        /// The models that have built-in weights.
        names: Vec<String>,
    },
    /// The file cannot be read.
    #[error("weights {path}: {source}")]
    Unreadable {
        /// Path of the file.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file is damaged, or not what its metadata say.
    #[error("weights {path}: {problem}")]
    Malformed {
        /// Path of the file, or the name of a model.
        path: String,
        /// What is wrong.
        problem: String,
    },
    /// A file with tensors of another program.
    #[error("weights {0}")]
    Foreign(#[from] ForeignError),
    /// Numbers of a type that is not a floating-point one.
    #[error("weights {path}: tensor `{tensor}` holds {dtype}, but weights are F64, F32, F16 or BF16")]
    Dtype {
        /// Path of the file.
        path: String,
        /// The tensor's name.
        tensor: String,
        /// Its type.
        dtype: String,
    },
    /// The file has changed since a run recorded it.
    #[error("weights {path}: SHA-256 is {found}, but the run recorded {expected}")]
    Changed {
        /// Path of the file.
        path: String,
        /// The hash in the configuration.
        expected: String,
        /// That of the file now.
        found: String,
    },
    /// Almost nothing of it fits the model.
    #[error(
        "weights {path} do not fit model `{model}`: only {used} of its {parameters} numbers would come from them{first}"
    )]
    TooLittle {
        /// Path of the file, or the name of a model.
        path: String,
        /// The model's name.
        model: String,
        /// Numbers of the model that would be taken from the weights.
        used: usize,
        /// Numbers of the model.
        parameters: usize,
        /// The first parameter that is not taken, with the reason.
        first: String,
    },
    /// Our own checkpoint that cannot be read.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The model that came with them.
    #[error(transparent)]
    Model(#[from] ModelError),
}

impl Hints for WeightsError {
    fn hints(&self) -> Vec<Hint> {
        match self {
            WeightsError::Unknown { name, names } => {
                let mut hints = Vec::new();
                if preset(name).is_some() {
                    hints.push(Hint::set("model", name));
                }
                if !names.is_empty() {
                    hints.push(Hint::one_of(name, names));
                }
                hints.push(Hint::advice("the folder of a run, or a .safetensors file"));
                hints
            }
            WeightsError::TooLittle { .. } => vec![Hint::Unset { key: "model" }, Hint::Unset { key: "init" }],
            WeightsError::Changed { .. } => vec![Hint::Unset { key: "init_sha256" }],
            WeightsError::Foreign(error) => error.hints(),
            WeightsError::Checkpoint(error) => error.hints(),
            WeightsError::Model(error) => error.hints(),
            WeightsError::Unreadable { .. } | WeightsError::Malformed { .. } | WeightsError::Dtype { .. } => Vec::new(),
        }
    }
}
