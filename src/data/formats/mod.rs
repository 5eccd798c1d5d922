//! Formats of data, one file or folder each. To add one: its file, and a line of [`FORMATS`].

use std::path::Path;

pub mod cifar;
#[cfg(feature = "images")]
pub mod folder;
pub mod idx;
#[cfg(feature = "parquet")]
mod parquet;
#[cfg(feature = "images")]
mod shards;
#[cfg(feature = "images")]
pub mod table;
#[cfg(feature = "text")]
pub mod text;
#[cfg(feature = "images")]
mod webdataset;

#[cfg(feature = "images")]
pub use shards::ShardError;

use super::known::Known;
#[cfg(feature = "images")]
use super::pictures::Catalog;
use super::{DataError, DataKind, Dataset, LoadOptions, OnPictures, TableOptions};

/// Every format. What a path is decides [`detect`]: whatever several formats could be by name alone is the first of them.
pub static FORMATS: &[Format] = &[
    idx::FORMAT,
    cifar::FORMAT,
    #[cfg(feature = "images")]
    table::FORMAT,
    #[cfg(feature = "text")]
    text::FORMAT,
    #[cfg(feature = "images")]
    folder::FORMAT,
    #[cfg(feature = "images")]
    webdataset::FORMAT,
    #[cfg(feature = "parquet")]
    parquet::FORMAT,
];

/// A way in which data lie on a disk.
pub struct Format {
    /// Its name, as descriptions of known data sets spell it.
    pub name: &'static str,
    /// What it is, for messages that list what is read.
    pub what: &'static str,
    /// What its examples are before they are read.
    pub kind: DataKind,
    pub(super) detect: fn(&Path, &TableOptions) -> Detected,
    pub(super) load: fn(&Path, &Loading) -> Result<Dataset, DataError>,
    /// Lists pictures without decoding them, where they have to be decoded.
    #[cfg(feature = "images")]
    pub(super) list: Option<List>,
}

/// Lists the pictures of a path.
#[cfg(feature = "images")]
type List = fn(&Path, &LoadOptions) -> Result<Catalog, DataError>;

/// Whether a path could be of a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detected {
    /// It is something else.
    No,
    /// Its name or layout says so.
    ByName,
    /// Its content says so.
    ByContent,
}

/// What a format is loaded with.
#[cfg_attr(not(feature = "images"), expect(dead_code, reason = "only pictures are decoded and kept"))]
pub(super) struct Loading<'a> {
    pub options: &'a LoadOptions,
    /// Where decoded pictures are kept, if anywhere.
    pub cache: Option<&'a Path>,
    pub on_pictures: OnPictures<'a>,
    /// The description of a known data set.
    pub known: Option<&'a Known>,
}

impl Format {
    /// Whether a path could be of this format.
    pub fn detect(&self, path: &Path, options: &TableOptions) -> Detected {
        (self.detect)(path, options)
    }
}

/// The format of a path: the first whose content it has, else the first whose name or layout.
pub fn detect(path: &Path, options: &TableOptions) -> Option<&'static Format> {
    let mut by_name = None;
    for format in FORMATS {
        match format.detect(path, options) {
            // the others need not look at the folder, too
            Detected::ByContent => return Some(format),
            Detected::ByName => by_name = by_name.or(Some(format)),
            Detected::No => {}
        }
    }
    by_name
}

/// Whether a path means shards of pictures; of a file, only one that is called so.
#[cfg(feature = "images")]
pub(super) fn are_shards(path: &Path) -> bool {
    let of_shards = |format: &Format| {
        let own = format.name == webdataset::FORMAT.name;
        #[cfg(feature = "parquet")]
        let own = own || format.name == parquet::FORMAT.name;
        own
    };
    let may_be = path.is_dir() || shards::ends_with(path, &[".tar", ".parquet", ".tar.gz", ".tgz"]);
    may_be && detect(path, &TableOptions::default()).is_some_and(of_shards)
}

/// The format of this name.
pub fn named(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name)
}

/// What is read, for messages.
pub(super) fn list() -> Vec<&'static str> {
    FORMATS.iter().map(|format| format.what).collect()
}
