//! Data sets: found, read, checked and downloaded. Nothing here knows about a device.
//!
//! A data set is a folder of IDX files or of CIFAR's (or its archive), a folder of pictures by class, a table of pictures,
//! texts by class, the name of a known one (`datasets/*.toml`), or the small one that is built into the program, so that a
//! first run needs nothing.

#[cfg(feature = "files")]
use std::path::Path;

mod balance;
mod dataset;
#[cfg(feature = "images")]
pub mod doctor;
#[cfg(feature = "download")]
mod download;
#[cfg(feature = "files")]
mod error;
#[cfg(feature = "download")]
pub mod fetch;
#[cfg(feature = "images")]
pub mod file_names;
mod folds;
#[cfg(feature = "files")]
pub mod formats;
mod inputs;
#[cfg(feature = "files")]
mod io;
pub mod known;
#[cfg(feature = "images")]
mod listing;
#[cfg(feature = "files")]
pub mod names;
mod normalize;
mod options;
#[cfg(any(feature = "images", feature = "text"))]
mod part;
#[cfg(feature = "images")]
pub mod picture;
#[cfg(feature = "images")]
mod pictures;
#[cfg(feature = "files")]
mod places;
#[cfg(any(feature = "images", feature = "text"))]
mod plain_text;
#[cfg(feature = "download")]
pub mod published;
mod range;
#[cfg(any(feature = "images", feature = "text"))]
mod relabel;
#[cfg(feature = "images")]
mod survey;
#[cfg(any(feature = "images", feature = "text"))]
mod tabular;
#[cfg(feature = "download")]
mod verify;
mod vocabulary;
mod words;

pub use balance::{Balance, FEW, UNEQUAL, advised_weights};
pub(crate) use dataset::Examples;
#[cfg(feature = "cli")]
pub(crate) use dataset::Relabelled;
pub use dataset::{Dataset, DatasetError, Input, SAMPLE, Source, SourceError, Split, Splits, Targets, Values};
#[cfg(feature = "images")]
pub use doctor::{ClassCount, Report, check};
#[cfg(feature = "files")]
pub use error::DataError;
#[cfg(feature = "download")]
pub use fetch::{FetchOptions, Progress, fetch};
pub use folds::folds;
#[cfg(feature = "files")]
use formats::Loading;
#[cfg(feature = "images")]
pub use formats::ShardError;
#[cfg(feature = "files")]
pub use formats::cifar::CifarError;
#[cfg(feature = "images")]
pub use formats::folder::{FolderError, Suggestion, pictures_in};
#[cfg(feature = "files")]
pub use formats::idx::IdxError;
#[cfg(feature = "text")]
pub use formats::text::{self, TextError, Trained};
#[cfg(feature = "files")]
pub use formats::{Detected, FORMATS, Format};
pub use inputs::{Fit, FolderLayout, ImageOptions, LabelsFile, TableOptions, TextOptions};
#[cfg(feature = "files")]
pub use io::{IoError, MAX_BYTES};
pub use known::Known;
#[cfg(feature = "images")]
pub use listing::Listing;
pub use normalize::{NormalizeConfig, NormalizeError, NormalizeFrom};
pub use options::{DEFAULT_SHAPE, DEFAULT_SHARE, HoldOut, LoadOptions, OnPictures};
#[cfg(feature = "images")]
pub use pictures::{Damaged, PictureError};
#[cfg(feature = "files")]
pub use places::Places;
#[cfg(any(feature = "images", feature = "text"))]
pub use plain_text::NotText;
pub use range::{Range, RangeError};
#[cfg(feature = "cli")]
pub(crate) use relabel::labels_bytes;
#[cfg(any(feature = "images", feature = "text"))]
pub use relabel::{LabelsError, labels_file};
#[cfg(feature = "images")]
pub use survey::{Looked, Survey, survey};
#[cfg(feature = "cli")]
pub(crate) use tabular::Sheet;
#[cfg(any(feature = "images", feature = "text"))]
pub use tabular::TableError;
pub(crate) use vocabulary::UNKNOWN;
pub use vocabulary::{Texts, Vocabulary};
pub(crate) use words::words as text_words;

/// The numbers below `count`, shuffled; always in the same order, so that an image's number stays.
pub fn shuffled_indices(count: usize) -> Vec<usize> {
    const ORDER: u64 = 0x0070_6963_7475_7265;
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by_key(|&i| lepton_kernels::random::hash64(ORDER ^ lepton_kernels::random::hash64(i as u64)));
    order
}

#[cfg(feature = "images")]
/// Whether a path means shards of pictures, which [`pictures_of`] lists.
pub fn are_shards(path: &Path) -> bool {
    formats::are_shards(path)
}

#[cfg(feature = "files")]
/// Whether a data set's examples are images of one size, as in IDX and CIFAR files, and no files of their own.
pub fn holds_arrays(spec: &str) -> bool {
    let of_path = || formats::detect(Path::new(spec), &TableOptions::default());
    spec == known::SMALL || known::find(spec).is_some() || of_path().is_some_and(|f| f.kind == DataKind::Images)
}

#[cfg(feature = "images")]
/// The pictures that a table or a folder lists, in its order, whether they are there or not.
///
/// # Errors
/// As [`load`]; [`DataError::NotAFolder`] if it lists no pictures.
pub fn pictures_of(path: &Path) -> Result<Vec<picture::Place>, DataError> {
    let options = LoadOptions { unlabelled: true, ..LoadOptions::default() };
    let format = formats::detect(path, &options.table);
    let Some(list) = format.and_then(|format| format.list) else {
        return Err(DataError::NotAFolder { path: path.to_path_buf(), formats: formats::list() });
    };
    let catalog = list(path, &options)?;
    let entries = catalog.entries.into_iter().map(|entry| entry.place);
    let lost = catalog.damaged.into_iter().chain(catalog.missing).map(|damaged| damaged.place);
    Ok(entries.chain(lost).collect())
}

#[cfg(feature = "files")]
/// What a data set is, before it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataKind {
    /// Images of a size of their own: IDX or CIFAR files.
    Images,
    /// Pictures by class in folders, or listed in a table.
    Pictures,
    /// Texts of several classes.
    Texts,
}

#[cfg(feature = "files")]
/// What [`load_with`] would find; `Images` where there is nothing.
pub fn kind(spec: Option<&str>, options: &TableOptions) -> DataKind {
    let path = spec.filter(|name| known::find(name).is_none()).map(Path::new);
    path.and_then(|path| formats::detect(path, options)).map_or(DataKind::Images, |format| format.kind)
}

#[cfg(feature = "text")]
/// The texts of a file by what [`Split::name`] calls them: its path and a line. `table` says which columns a table has.
///
/// # Errors
/// As [`load`].
pub fn texts_of(path: &Path, table: &TableOptions) -> Result<Vec<(String, String)>, DataError> {
    formats::text::texts(path, &LoadOptions { table: table.clone(), ..LoadOptions::default() })
}

#[cfg(feature = "files")]
/// Loads a data set: the one built in (`None`), a known one by name, a folder, an archive or a table.
///
/// A known name wins over a folder of the same name; write `./mnist` for the folder.
///
/// # Errors
/// Not found, or a file is missing or malformed: see [`DataError`].
pub fn load(spec: Option<&str>) -> Result<Dataset, DataError> {
    load_from(spec, &Places::from_env())
}

#[cfg(feature = "files")]
/// [`load`], looking for known data sets in these places.
///
/// # Errors
/// As [`load`].
pub fn load_from(spec: Option<&str>, places: &Places) -> Result<Dataset, DataError> {
    load_with(spec, &LoadOptions::default(), places, &|_, _| {})
}

#[cfg(feature = "files")]
/// [`load_from`] with options. `on_pictures` hears how many pictures are decoded.
///
/// # Errors
/// As [`load`].
pub fn load_with(
    spec: Option<&str>,
    options: &LoadOptions,
    places: &Places,
    on_pictures: OnPictures,
) -> Result<Dataset, DataError> {
    let data = match spec {
        #[cfg(feature = "samples")]
        None | Some(known::SMALL) => formats::idx::load_built_in(),
        #[cfg(not(feature = "samples"))]
        None => Err(DataError::NoSamples),
        Some(name) => match known::find(name) {
            Some(known) => load_known(known, options, places),
            None => load_path(name, options, places, on_pictures),
        },
    }?;
    relabelled(data, options)
}

#[cfg(feature = "files")]
/// The data with other labels, where `options` have some.
fn relabelled(data: Dataset, options: &LoadOptions) -> Result<Dataset, DataError> {
    match &options.labels {
        None => Ok(data),
        #[cfg(any(feature = "images", feature = "text"))]
        Some(labels) => relabel::relabelled(data, labels),
        #[cfg(not(any(feature = "images", feature = "text")))]
        Some(_) => Err(DataError::NoTables),
    }
}

#[cfg(feature = "files")]
fn load_known(known: &Known, options: &LoadOptions, places: &Places) -> Result<Dataset, DataError> {
    let looked = places.candidates(known);
    let format = formats::named(&known.format).expect("a description names a format");
    if let Some(folder) = looked.iter().find(|folder| format.detect(folder, &options.table) != Detected::No) {
        let loading = Loading { options, cache: None, on_pictures: &|_, _| {}, known: Some(known) };
        let data = (format.load)(folder, &loading)?;
        let here =
            Path::new(&known.name).is_dir() && folder.canonicalize().ok() != Path::new(&known.name).canonicalize().ok();
        let note = || format!("`{0}` is the known data set; ./{0} is the folder here", known.name);
        let notes = data.notes().iter().cloned().chain(here.then(note)).collect();
        return Ok(data.with_notes(notes));
    }
    Err(DataError::NotFound { name: known.name.clone(), looked, package: known.system_package.clone() })
}

#[cfg(feature = "files")]
fn load_path(
    spec: &str,
    options: &LoadOptions,
    places: &Places,
    on_pictures: OnPictures,
) -> Result<Dataset, DataError> {
    let path = Path::new(spec);
    if let Some(format) = formats::detect(path, &options.table) {
        let loading = Loading { options, cache: places.pictures.as_deref(), on_pictures, known: None };
        return (format.load)(path, &loading);
    }
    let formats = formats::list();
    match path.metadata() {
        Ok(metadata) if metadata.is_dir() => {
            let entries = path.read_dir().map_err(|error| io::io_error(path, "list", error))?.count();
            Err(DataError::NoFormat { path: path.to_path_buf(), entries, formats })
        }
        Ok(_) => {
            crate::platform::files::open(path).map_err(|error| io::io_error(path, "read", error))?;
            Err(DataError::NotAFolder { path: path.to_path_buf(), formats })
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(DataError::Unknown { spec: spec.to_string(), formats, known: known::names() })
        }
        Err(error) => Err(io::io_error(path, "read", error).into()),
    }
}
