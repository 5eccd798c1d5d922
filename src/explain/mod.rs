//! Why a model answers as it does: maps of what in an image speaks for a class, and how far such a map can be trusted.
//!
//! [`METHODS`] lists the ways in which maps are made. All of them look at the class's score, the model's output before softmax,
//! and use gradients that the engine's own kernels compute in inference: an [`Explainer`] compiles a plan for them
//! ([`crate::plan::Explain`]).

mod embedding;
mod error;
mod explainer;
mod explanation;
mod features;
mod map;
mod maximise;
mod methods;
mod nearest;
mod network;
mod settings;
mod subject;
mod trust;
mod words;

pub use embedding::{Embedding, embedding, embedding_told, trustworthiness};
pub use error::ExplainError;
pub use explainer::{Asked, Explainer};
pub use explanation::{Completeness, Explanation};
pub use features::{Channel, FeatureMaps};
pub use map::Map;
pub use maximise::{Maximised, Search, Target};
pub use methods::{METHODS, Method, Reads, method};
pub use nearest::{Neighbour, nearest};
pub use settings::Settings;
pub use trust::{Curves, Trust};
pub use words::{TextExplainer, TextExplanation, Word};

use subject::Subject;
