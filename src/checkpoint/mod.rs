//! Checkpoints: one `.safetensors` file each, with weights, optimiser state and everything else a run is.

mod format;
mod loading;
mod other_file;
mod state;
mod store;
mod tensors;

pub use format::{AVERAGE, Checkpoint, CheckpointError, DatasetFingerprint, Meta, NamedTensor};
pub use other_file::OtherFile;
pub use state::{Plateau, State};
pub use store::{locate, write_atomically};
