//! Checkpoints as files: written whole or not at all, and found again.

use std::path::{Path, PathBuf};

use super::format::CheckpointError;
use crate::platform::files;

/// Writes `bytes` to `path` so that a kill at any moment leaves either the old file or the new one.
///
/// # Errors
/// [`CheckpointError::Io`], with the old file intact.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), CheckpointError> {
    files::write_atomically(path, bytes)
        .map_err(|source| CheckpointError::Io { path: path.display().to_string(), source })
}

/// The checkpoint that `run` names: the file itself, or a run folder's `best`, or its `last`.
///
/// # Errors
/// [`CheckpointError::Missing`] if there is no checkpoint at that path.
pub fn locate(run: &Path) -> Result<PathBuf, CheckpointError> {
    // whatever is no folder: reading it says what it is
    if run.exists() && !run.is_dir() {
        return Ok(run.to_path_buf());
    }
    let inside = ["best.safetensors", "last.safetensors"].map(|name| run.join(name));
    inside
        .into_iter()
        .find(|path| path.is_file())
        .ok_or_else(|| CheckpointError::Missing { path: run.display().to_string() })
}

impl super::Checkpoint {
    /// With the copy of its table of labels that lies beside its file.
    pub(super) fn with_labels_beside(mut self, path: &Path) -> Self {
        self.meta.config = self.meta.config.with_labels_in(path.parent().unwrap_or(Path::new("")));
        self
    }
}
