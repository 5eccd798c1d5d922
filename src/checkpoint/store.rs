//! Files that are whole or absent: written beside, synced, renamed into place.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::format::CheckpointError;

/// Writes `bytes` to `path` so that a kill at any moment leaves either the old file or the new one.
///
/// # Errors
/// [`CheckpointError::Io`], with the old file intact.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), CheckpointError> {
    let write = || -> io::Result<()> {
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        readable_by_all(file.as_file())?;
        file.persist(path).map_err(|e| e.error)?;
        sync_folder(folder)
    };
    write().map_err(|source| CheckpointError::Io { path: path.display().to_string(), source })
}

/// Temporary files are private; a checkpoint is as readable as any other file the user makes.
#[cfg(unix)]
fn readable_by_all(file: &std::fs::File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable_by_all(_file: &std::fs::File) -> io::Result<()> {
    Ok(())
}

/// The rename itself must reach the disk, which is a property of the folder.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    std::fs::File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

/// A way out of a system's error.
pub(super) fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull => "\n  try: free some space, or --out on another disk; the previous file is intact",
        io::ErrorKind::PermissionDenied => "\n  try: --out in a folder you may write to",
        _ => "",
    }
}

/// The checkpoint that `run` names: the file itself, or a run folder's `best`, or its `last`.
///
/// # Errors
/// [`CheckpointError::Missing`].
pub fn locate(run: &Path) -> Result<PathBuf, CheckpointError> {
    if run.is_file() {
        return Ok(run.to_path_buf());
    }
    let inside = ["best.safetensors", "last.safetensors"].map(|name| run.join(name));
    inside
        .into_iter()
        .find(|path| path.is_file())
        .ok_or_else(|| CheckpointError::Missing { path: run.display().to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_write_leaves_the_old_file_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("last.safetensors");
        write_atomically(&path, b"old").unwrap();
        // a folder under the final name cannot be replaced by a file
        let taken = folder.path().join("taken");
        std::fs::create_dir_all(taken.join("x")).unwrap();
        assert!(write_atomically(&taken, b"new").is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "nothing half-written stays");
    }
}
