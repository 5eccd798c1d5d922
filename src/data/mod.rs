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
pub use error::DataError;
pub use fetch::{FetchOptions, Progress, fetch};
use known::Format;
pub use known::Known;
pub use options::{DEFAULT_SHAPE, DEFAULT_SHARE, Fit, HoldOut, ImageOptions, LoadOptions};
pub use picture_error::PictureError;
pub use places::Places;
pub use table::TableError;
pub use text::{TextError, TextOptions, Texts, Trained, Vocabulary};

/// Numbers about each image, `[n, width]`: 0 or 1 for each of several labels, or values to predict.
#[derive(Debug, Clone, PartialEq)]
pub struct Values {
    /// Numbers of one image.
    pub width: usize,
    /// `[n, width]`.
    pub data: Vec<f32>,
}

/// What the values of an image are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Element {
    /// Pixels, a byte each.
    #[default]
    Pixels,
    /// Tokens of a text, a little-endian u32 each; the image is one pixel high.
    Tokens,
}

impl Element {
    /// Bytes of one value.
    pub fn bytes(self) -> usize {
        match self {
            Element::Pixels => 1,
            Element::Tokens => 4,
        }
    }
}

/// Labelled images, all of the same size.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Split {
    /// Pixels or tokens, `[n, h, w, c]`, as `element` says.
    pub images: Vec<u8>,
    /// Class of each image, `[n]`; all 0 where there are `values` instead.
    pub labels: Vec<u32>,
    /// Numbers to be learned about each image instead of one class.
    pub values: Option<Values>,
    /// What the values of an image are.
    pub element: Element,
    /// Number of images, n.
    pub count: usize,
    /// Height in pixels, h.
    pub height: usize,
    /// Width in pixels, w.
    pub width: usize,
    /// Values per pixel, c.
    pub channels: usize,
}

/// Images to learn from and images to test on; at least one of the two.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Dataset {
    /// A known data set's name, or the folder's.
    pub name: String,
    /// The folder it came from, for printing.
    pub source: String,
    /// Class names; label `i` is `classes[i]`.
    pub classes: Vec<String>,
    /// Images for training.
    pub train: Option<Split>,
    /// Images for validation, where the data set says which; otherwise a run holds out some of `train`.
    pub validation: Option<Split>,
    /// Images for testing.
    pub test: Option<Split>,
    /// What people should know about how it was read, in lines.
    pub notes: Vec<String>,
    /// How texts were read, if it is a data set of texts.
    pub text: Option<Texts>,
}

impl Split {
    /// Bytes of image `index`, `[h, w, c]`.
    ///
    /// # Panics
    /// If there are not that many images.
    pub fn image(&self, index: usize) -> &[u8] {
        let size = self.image_len();
        &self.images[index * size..(index + 1) * size]
    }

    /// Bytes per image: h · w · c pixels, or four times as many for tokens.
    pub fn image_len(&self) -> usize {
        self.height * self.width * self.channels * self.element.bytes()
    }

    /// Image shape, `[h, w, c]`.
    pub fn image_shape(&self) -> [usize; 3] {
        [self.height, self.width, self.channels]
    }

    /// Keeps the first `count` images; all of them if there are fewer.
    pub fn truncate(&mut self, count: usize) {
        self.count = self.count.min(count);
        self.labels.truncate(self.count);
        if let Some(values) = &mut self.values {
            values.data.truncate(self.count * values.width);
        }
        self.images.truncate(self.count * self.image_len());
    }

    /// The images of these classes, in their order.
    pub fn of_classes(&self, classes: &[u32]) -> Split {
        let wanted: Vec<usize> = (0..self.count).filter(|&i| classes.contains(&self.labels[i])).collect();
        self.select(&wanted)
    }

    /// These images, in this order.
    ///
    /// # Panics
    /// If there is no image of such a number.
    pub fn select(&self, wanted: &[usize]) -> Split {
        let values = self.values.as_ref().map(|Values { width, data }| Values {
            width: *width,
            data: wanted.iter().flat_map(|i| &data[i * width..(i + 1) * width]).copied().collect(),
        });
        Split {
            images: wanted.iter().flat_map(|&i| self.image(i)).copied().collect(),
            labels: wanted.iter().map(|&i| self.labels[i]).collect(),
            values,
            count: wanted.len(),
            ..*self
        }
    }

    /// Mean and standard deviation (of the population) of the pixels scaled to 0..1, `[c]`.
    pub fn mean_std(&self) -> Vec<(f64, f64)> {
        let mut counts = vec![[0_u64; 256]; self.channels];
        for pixel in self.images.chunks_exact(self.channels) {
            for (count, &value) in counts.iter_mut().zip(pixel) {
                count[usize::from(value)] += 1;
            }
        }
        counts.iter().map(histogram_mean_std).collect()
    }
}

/// Numbers below `count`, mixed; always in the same order, so that an image's number stays.
pub fn shuffled_indices(count: usize) -> Vec<usize> {
    const ORDER: u64 = 0x0070_6963_7475_7265;
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by_key(|&i| lepton_kernels::random::hash64(ORDER ^ lepton_kernels::random::hash64(i as u64)));
    order
}

fn histogram_mean_std(counts: &[u64; 256]) -> (f64, f64) {
    let total = counts.iter().sum::<u64>() as f64;
    let weighted = |value: &dyn Fn(f64) -> f64| -> f64 {
        let terms = counts.iter().enumerate();
        terms.map(|(v, &count)| value(v as f64) * count as f64).sum::<f64>() / total
    };
    let mean = weighted(&|v| v);
    let variance = weighted(&|v| (v - mean) * (v - mean));
    (mean / 255.0, variance.sqrt() / 255.0)
}

impl Dataset {
    /// Image shape of both splits, `[h, w, c]`.
    ///
    /// # Panics
    /// If there is neither split; `load` always gives one.
    pub fn image_shape(&self) -> [usize; 3] {
        let split = self.train.as_ref().or(self.validation.as_ref()).or(self.test.as_ref());
        split.expect("a data set has a split").image_shape()
    }

    /// The images that tell most about a trained model, and what they are called: test, validation or training images.
    pub fn unseen(&self) -> Option<(&Split, &'static str)> {
        let splits = [(&self.test, "test"), (&self.validation, "validation"), (&self.train, "training")];
        splits.into_iter().find_map(|(split, name)| Some((split.as_ref()?, name)))
    }
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
            return Ok(cifar_dataset(path, &folder_name(path), cifar::read(path, options.images.coarse)?));
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
    Ok(Some(cifar_dataset(&path, name, cifar::read(&path, options.images.coarse)?)))
}

fn cifar_dataset(path: &Path, name: &str, read: cifar::Cifar) -> Dataset {
    let cifar::Cifar { classes, train, test } = read;
    let (name, source) = (name.to_string(), path.display().to_string());
    Dataset { name, source, classes, train, test, ..Dataset::default() }
}
