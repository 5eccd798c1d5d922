//! A build without files reads and writes none.

use std::io;
use std::path::Path;

fn unsupported<T>() -> io::Result<T> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "this build has no files (feature `files`)"))
}

/// Unknown here.
pub(crate) fn size_limit() -> Option<u64> {
    None
}

pub(crate) fn write_atomically(_path: &Path, _bytes: &[u8]) -> io::Result<()> {
    unsupported()
}

pub(crate) fn write_with_folder(_path: &Path, _bytes: &[u8]) -> io::Result<()> {
    unsupported()
}

pub(crate) fn read(_path: &Path) -> io::Result<Vec<u8>> {
    unsupported()
}

pub(crate) fn read_text(_path: &Path) -> io::Result<String> {
    unsupported()
}

/// Only files are told apart by it.
pub(crate) fn sha256(_bytes: &[u8]) -> Option<String> {
    None
}
