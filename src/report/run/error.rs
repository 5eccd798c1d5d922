//! Why a report cannot be made.

use std::path::Path;

use crate::checkpoint::CheckpointError;
use crate::hint::{Hint, Hints};

/// Why a report cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The run has no checkpoint, or one that cannot be read.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The system cannot read or write a file.
    #[error("{path}: {source}")]
    File {
        /// Path of the file.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// The kept answers are damaged.
    #[error("{path}, line {line}: {problem}")]
    Predictions {
        /// Path of the file.
        path: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        problem: String,
    },
}

impl ReportError {
    /// For `map_err` on operations on `path`.
    pub fn file(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.display().to_string();
        move |source| ReportError::File { path, source }
    }
}

impl Hints for ReportError {
    fn hints(&self) -> Vec<Hint> {
        match self {
            ReportError::Checkpoint(error) => error.hints(),
            ReportError::File { .. } => Vec::new(),
            ReportError::Predictions { .. } => {
                vec![Hint::advice("remove the file: `lepton-gpu report` then evaluates the run again")]
            }
        }
    }
}
