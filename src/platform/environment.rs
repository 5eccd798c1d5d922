//! What the user's environment says, read where a program begins: the command line and the tests ask once, and pass on
//! what they found.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::gpu::{GpuOptions, TileSource};

/// A variable that is set and not empty.
fn variable(name: &str) -> Option<OsString> {
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
fn pipelines() -> Option<PathBuf> {
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

impl GpuOptions {
    /// What this user's environment asks for: the folders of the user's pipelines and tiles, and these variables.
    ///
    /// | variable | meaning |
    /// |---|---|
    /// | `LEPTON_ADAPTER` | the adapter, by number or part of its name |
    /// | `LEPTON_TILES` | a table of tiles to use instead of the user's own; `0`: none at all |
    /// | `LEPTON_PIPELINE_CACHE=0` | compiled pipelines are neither read nor kept |
    /// | `LEPTON_CHECKED=1` | every shader checks its indices while it runs |
    /// | `WGPU_BACKEND` | the APIs that may be used: `vulkan`, `metal`, `dx12`, `gl`, several with commas |
    /// | `WGPU_VALIDATION=1` | the layers that validate the API's use are on |
    pub fn from_env() -> Self {
        let is = |name, wanted: &str| variable(name).is_some_and(|value| value == wanted);
        let text = |name| variable(name).map(|value| value.to_string_lossy().into_owned());
        let tiles = if is("LEPTON_TILES", "0") {
            TileSource::Rules
        } else if let Some(path) = variable("LEPTON_TILES") {
            TileSource::File(path.into())
        } else {
            tiles().map_or(TileSource::BuiltIn, TileSource::Folder)
        };
        GpuOptions {
            // empty text is passed on, and refused there
            adapter: std::env::var("LEPTON_ADAPTER").ok(),
            tiles,
            pipeline_cache: if is("LEPTON_PIPELINE_CACHE", "0") { None } else { pipelines() },
            checked: is("LEPTON_CHECKED", "1"),
            backends: text("WGPU_BACKEND"),
            validation: is("WGPU_VALIDATION", "1"),
        }
    }
}
