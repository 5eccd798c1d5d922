//! What the user's environment says, read where a program begins: the command line and the tests ask once, and pass on
//! what they found.

use std::ffi::OsString;
use std::path::PathBuf;

/// A variable, empty or not.
pub(crate) fn text(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// A variable that is set and not empty.
pub(crate) fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// The user's folders for caches and for configuration; none in a build without files.
pub(crate) fn folders() -> Option<[PathBuf; 2]> {
    #[cfg(feature = "files")]
    return directories::ProjectDirs::from("", "", "lepton-gpu")
        .map(|folders| [folders.cache_dir().to_path_buf(), folders.config_dir().to_path_buf()]);
    #[cfg(not(feature = "files"))]
    return None;
}

/// Where compiled pipelines of this user are kept.
pub(crate) fn pipelines() -> Option<PathBuf> {
    folders().map(|[cache, _]| cache.join("pipelines"))
}

/// Where the tables of tiles of this user are kept.
pub(crate) fn tiles() -> Option<PathBuf> {
    folders().map(|[_, config]| config.join("tiles"))
}

#[cfg(feature = "files")]
/// What tells one build of this program from another: its version, size and time of change.
pub(crate) fn build() -> String {
    let meta = std::env::current_exe().and_then(std::fs::metadata);
    let changed = meta.as_ref().ok().and_then(|m| m.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok());
    let size = meta.map_or(0, |m| m.len());
    format!("{} {size} {}", env!("CARGO_PKG_VERSION"), changed.map_or(0, |time| time.as_nanos()))
}
