//! Why weights of another program cannot be used.

use crate::checkpoint::OtherFile;
use crate::hint::{Hint, Hints};

/// Why weights of another program cannot be used.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ForeignError {
    /// A file of Python objects.
    #[error("{origin} is a pickle of PyTorch (.pth, .pt, .bin), which can run code as it is read: it is not opened")]
    Pickle {
        /// What names the file.
        origin: String,
    },
    /// A file of another kind.
    #[error("{origin} is {}, not a file of weights", other.what)]
    Other {
        /// What names the file.
        origin: String,
        /// What it is.
        other: OtherFile,
    },
    /// No file of tensors, or a damaged one.
    #[error("{origin} is not a whole .safetensors file: {problem}")]
    Damaged {
        /// What names the file.
        origin: String,
        /// What is wrong.
        problem: String,
    },
    /// A tensor of a type that weights do not have.
    #[error("{origin}: tensor `{tensor}` holds {dtype}; weights are F32, F16, BF16 or F64")]
    Dtype {
        /// What names the file.
        origin: String,
        /// The tensor.
        tensor: String,
        /// What it holds.
        dtype: String,
    },
    /// A weight that nothing can be computed with.
    #[error("{origin}: element {element} of tensor `{tensor}` is not a finite number")]
    NotFinite {
        /// What names the file.
        origin: String,
        /// The tensor.
        tensor: String,
        /// Its first element that is not finite.
        element: usize,
    },
    /// No known network has these tensors.
    #[error("{origin}: its {tensors} tensors are those of no network that is known here{}", nearest.iter().map(|near| format!("\n  nearest: {near}")).collect::<String>())]
    Unknown {
        /// What names the file.
        origin: String,
        /// How many tensors it has.
        tensors: usize,
        /// The networks that fit best, each with how far and where it parts.
        nearest: Vec<String>,
    },
    /// Several networks have these tensors and compute differently.
    #[error("{origin}: its tensors fit several networks, which compute differently: {}", models.join(", "))]
    Ambiguous {
        /// What names the file.
        origin: String,
        /// Their names.
        models: Vec<String>,
    },
    /// The model that was named has other tensors.
    #[error("{origin}: its tensors are not those of the model `{model}`: {problem}")]
    OtherModel {
        /// What names the file.
        origin: String,
        /// The model.
        model: String,
        /// How far the nearest names fit, and where they part.
        problem: String,
    },
    /// A model does not fit together.
    #[error("{0}")]
    Model(String),
}

/// The line of Python that turns a pickle into a file of tensors.
fn conversion(origin: &str) -> String {
    let stem = [".pth", ".pt", ".bin", ".ckpt"].iter().find_map(|end| origin.strip_suffix(end)).unwrap_or(origin);
    format!(
        "python3 -c \"import torch, safetensors.torch as s; d = torch.load('{origin}', 'cpu', weights_only=True); \
         d = d.get('state_dict', d); s.save_file({{k: v.clone().contiguous() for k, v in d.items()}}, '{stem}.safetensors')\""
    )
}

impl Hints for ForeignError {
    fn hints(&self) -> Vec<Hint> {
        match self {
            ForeignError::Pickle { origin } => vec![Hint::advice(conversion(origin))],
            ForeignError::Other { origin, other } => vec![other.hint(origin)],
            ForeignError::Damaged { .. } => vec![Hint::advice("another copy of the file, as a .safetensors file")],
            ForeignError::Dtype { .. } => vec![Hint::advice("convert the tensors to float32 first")],
            ForeignError::NotFinite { .. } => vec![Hint::advice("another copy of the file; this one is of no use")],
            ForeignError::Unknown { .. } => {
                vec![Hint::Change { key: "model" }, Hint::command(["models"])]
            }
            ForeignError::Ambiguous { models, .. } => models.iter().map(|model| Hint::set("model", model)).collect(),
            ForeignError::OtherModel { .. } => vec![Hint::Change { key: "model" }],
            ForeignError::Model(_) => Vec::new(),
        }
    }
}
