//! Weights to start from: a trained run's, those of a model that is built in, or a file's; and which of them fit a model.
//!
//! ```
//! use lepton_gpu::weights::{self, WeightsError};
//!
//! let error = weights::open("no-such-run").unwrap_err();
//! assert!(matches!(error, WeightsError::Unknown { .. }));
//! ```

mod builtin;
mod error;
mod facts;
mod fit;
pub mod foreign;
mod named;
mod numbers;
mod open;

pub use builtin::{BUILTIN, builtin};
pub use error::WeightsError;
pub use facts::Facts;
pub use fit::{Anew, Fit, Reason};
pub use named::Weights;
pub use open::open;
