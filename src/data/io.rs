//! What every reader of files shares.

use std::io;
use std::path::{Path, PathBuf};

use crate::hint::{Hint, Hints};

/// The most bytes that the examples of a split may have: 4 GiB, what 32-bit offsets on a GPU can address.
pub const MAX_BYTES: u64 = 1 << 32;

/// The operating system refused.
#[derive(Debug, thiserror::Error)]
#[error("{}: cannot {action}: {source}", path.display())]
pub struct IoError {
    /// The file or folder.
    pub path: PathBuf,
    /// What was tried, as a verb.
    pub action: &'static str,
    /// The system's answer.
    pub source: io::Error,
}

impl Hints for IoError {
    fn hints(&self) -> Vec<Hint> {
        let hint = match self.source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                "free some space, or use another folder (LEPTON_DATA=<folder>)"
            }
            io::ErrorKind::FileTooLarge => "ulimit -f unlimited before the command",
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                "check the folder's permissions, or use another folder (LEPTON_DATA=<folder>)"
            }
            io::ErrorKind::NotFound => "check the path",
            _ => "check the path and the disk",
        };
        vec![Hint::advice(hint)]
    }
}

/// An [`IoError`] for this path.
pub(super) fn io_error(path: &Path, action: &'static str, source: io::Error) -> IoError {
    IoError { path: path.to_path_buf(), action, source }
}

/// Whether these are the first bytes of a gzip stream (RFC 1952); an IDX file starts with two zeros.
pub(super) fn is_gzip(start: &[u8]) -> bool {
    start.starts_with(&[0x1f, 0x8b])
}

/// The last part of a path, links and dots resolved: the name of a data set.
pub(super) fn folder_name(path: &Path) -> String {
    let absolute = path.canonicalize();
    absolute.as_deref().unwrap_or(path).file_name().unwrap_or_default().to_string_lossy().into_owned()
}
