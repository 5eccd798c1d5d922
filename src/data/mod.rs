//! Data sets: found, read, checked and downloaded. Nothing here knows about a device.
//!
//! A data set is a folder of IDX files or of CIFAR's (or its archive), a folder of pictures by class, a table of pictures,
//! texts by class, the name of a known one (`datasets/*.toml`), or the small one that is built into the program, so that a
//! first run needs nothing.

use std::io;
use std::path::Path;

mod cache;
mod catalog;
mod check;
mod cifar;
mod dataset;
mod download;
mod error;
pub mod fetch;
mod folder;
pub mod idx;
mod idx_folder;
pub mod known;
mod options;
pub mod picture;
mod picture_error;
mod places;
mod table;
pub mod text;
mod verify;

pub use catalog::{Damaged, OnPictures};
pub use check::{ClassCount, Report, check};
pub use cifar::CifarError;
pub use dataset::{Dataset, DatasetError, Input, Split, Splits, Targets, Values};
pub use error::DataError;
pub use fetch::{FetchOptions, Progress, fetch};
use known::Format;
pub use known::Known;
pub use options::{DEFAULT_SHAPE, DEFAULT_SHARE, Fit, HoldOut, ImageOptions, LoadOptions};
pub use picture_error::PictureError;
pub use places::Places;
pub use table::TableError;
pub use text::{TextError, TextOptions, Texts, Trained, Vocabulary};

/// Numbers below `count`, mixed; always in the same order, so that an image's number stays.
pub fn shuffled_indices(count: usize) -> Vec<usize> {
    const ORDER: u64 = 0x0070_6963_7475_7265;
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by_key(|&i| lepton_kernels::random::hash64(ORDER ^ lepton_kernels::random::hash64(i as u64)));
    order
}

/// What a data set is, before it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Images of a size of their own: IDX or CIFAR files.
    Images,
    /// Pictures by class in folders, or listed in a table.
    Pictures,
    /// Texts of several classes.
    Texts,
}

/// What [`load`] would find; `Images` where there is nothing.
pub fn kind(spec: Option<&str>) -> Kind {
    let Some(path) = spec.filter(|name| known::find(name).is_none()).map(Path::new) else { return Kind::Images };
    let idx = || ["train", "test"].iter().any(|split| !matches!(idx::find(path, split), Ok(None)));
    let own_size = || path.is_dir() && (idx() || cifar::find(path).is_some());
    match path.exists() {
        true if table::is_one(path) => Kind::Pictures,
        true if own_size() || cifar::is_archive(path) => Kind::Images,
        true if path.is_dir() && folder::looks_like_one(path) => Kind::Pictures,
        // what cannot be read as texts says so where they are loaded
        true if !matches!(text::is_text(path), Ok(false)) => Kind::Texts,
        _ => Kind::Images,
    }
}

/// Loads a data set: the one built in (`None`), a known one by name, a folder, an archive or a table.
///
/// A known name wins over a folder of the same name; write `./mnist` for the folder.
///
/// # Errors
/// Not found, or a file is missing or malformed: see [`DataError`].
pub fn load(spec: Option<&str>) -> Result<Dataset, DataError> {
    load_from(spec, &Places::from_env())
}

/// [`load`], looking for known data sets in these places.
///
/// # Errors
/// As [`load`].
pub fn load_from(spec: Option<&str>, places: &Places) -> Result<Dataset, DataError> {
    load_with(spec, &LoadOptions::default(), places, &|_, _| {})
}

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
    match spec {
        None | Some(known::SMALL) => idx_folder::load_built_in(),
        Some(name) => match known::find(name) {
            Some(known) => load_known(known, options, places),
            None => load_path(name, options, places, on_pictures),
        },
    }
}

fn load_known(known: &Known, options: &LoadOptions, places: &Places) -> Result<Dataset, DataError> {
    let looked = places.candidates(known);
    for folder in &looked {
        let found = match known.format {
            Format::Idx => idx_folder::load_folder(folder, Some(known))?,
            Format::Cifar => load_cifar(folder, &known.name, options)?,
        };
        if let Some(dataset) = found {
            return Ok(dataset);
        }
    }
    let mut get = format!("lepton-gpu data fetch {}", known.name);
    if let Some(package) = &known.system_package {
        get += &format!("\n       or, on Debian and Ubuntu: apt install {package}");
    }
    let name = known.name.clone();
    Err(DataError::NotFound { name, looked, get })
}

fn load_path(
    spec: &str,
    options: &LoadOptions,
    places: &Places,
    on_pictures: OnPictures,
) -> Result<Dataset, DataError> {
    let path = Path::new(spec);
    match path.metadata() {
        Ok(metadata) if metadata.is_dir() => {}
        Ok(_) if table::is_one(path) => {
            return table::list(path, options)?.load(options, places.pictures.as_deref(), on_pictures);
        }
        Ok(_) if cifar::is_archive(path) => {
            return cifar_dataset(path, &folder_name(path), cifar::read(path, options.images.coarse)?);
        }
        Ok(_) if text::is_text(path)? => {
            let texts = text::load(path, &TextOptions::default(), None, None)?;
            return Ok(texts.expect("the path means texts"));
        }
        Ok(_) => {
            return Err(DataError::NotAFolder { path: path.to_path_buf() });
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let known = known::all().iter().map(|known| known.name.clone()).collect();
            let spec = spec.to_string();
            return Err(DataError::Unknown { spec, known });
        }
        Err(error) => return Err(idx::io_error(path, "read", error)),
    }
    if let Some(dataset) = idx_folder::load_folder(path, None)? {
        return Ok(dataset);
    }
    if let Some(dataset) = load_cifar(path, &folder_name(path), options)? {
        return Ok(dataset);
    }
    if folder::looks_like_one(path) {
        return folder::list(path, options)?.load(options, places.pictures.as_deref(), on_pictures);
    }
    if let Some(dataset) = text::load(path, &TextOptions::default(), None, None)? {
        return Ok(dataset);
    }
    let entries = path.read_dir().map_err(|error| idx::io_error(path, "list", error))?.count();
    let path = path.to_path_buf();
    Err(DataError::NoIdxFiles { path, entries })
}

/// The last part of a path, links and dots resolved.
fn folder_name(path: &Path) -> String {
    let absolute = path.canonicalize();
    absolute.as_deref().unwrap_or(path).file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Loads what CIFAR files a folder has; `None` if it has none or is not there.
fn load_cifar(folder: &Path, name: &str, options: &LoadOptions) -> Result<Option<Dataset>, DataError> {
    let Some(path) = cifar::find(folder) else { return Ok(None) };
    cifar_dataset(&path, name, cifar::read(&path, options.images.coarse)?).map(Some)
}

fn cifar_dataset(path: &Path, name: &str, read: cifar::Cifar) -> Result<Dataset, DataError> {
    let cifar::Cifar { classes, train, test } = read;
    let splits = Splits { train, test, ..Splits::default() };
    Ok(Dataset::new(name, classes, splits)?.with_source(path.display().to_string()))
}
