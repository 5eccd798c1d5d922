//! Data sets: found, read, checked and downloaded. Nothing here knows about a device.
//!
//! A data set is a folder of IDX files, texts by class (`text/`), the name of a known one (`datasets/*.toml`), or the small one that is built into
//! the program, so that a first run needs nothing.

use std::io;
use std::path::Path;

mod download;
mod error;
pub mod fetch;
pub mod idx;
pub mod known;
mod places;
pub mod text;
mod verify;

pub use error::DataError;
pub use fetch::{FetchOptions, Progress, fetch};
pub use known::Known;
pub use places::Places;
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
#[derive(Debug, Clone, PartialEq)]
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
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    /// A known data set's name, or the folder's.
    pub name: String,
    /// The folder it came from, for printing.
    pub source: String,
    /// Class names; label `i` is `classes[i]`.
    pub classes: Vec<String>,
    /// Images for training.
    pub train: Option<Split>,
    /// Images for testing.
    pub test: Option<Split>,
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
        let split = self.train.as_ref().or(self.test.as_ref());
        split.expect("a data set has a split").image_shape()
    }
}

/// Loads a data set: the one built in (`None`), a known one by name, or a folder of IDX files.
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
    match spec {
        None | Some(known::SMALL) => load_built_in(),
        Some(name) => match known::find(name) {
            Some(known) => load_known(known, places),
            None => load_path(name),
        },
    }
}

fn load_known(known: &Known, places: &Places) -> Result<Dataset, DataError> {
    let looked = places.candidates(known);
    for folder in &looked {
        if let Some(dataset) = load_folder(folder, Some(known))? {
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

fn load_path(spec: &str) -> Result<Dataset, DataError> {
    let path = Path::new(spec);
    match path.metadata() {
        Ok(metadata) if metadata.is_dir() => {}
        Ok(_) if text::is_text(path)? => {}
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
    if path.is_dir()
        && let Some(dataset) = load_folder(path, None)?
    {
        return Ok(dataset);
    }
    if let Some(dataset) = text::load(path, &TextOptions::default(), None, None)? {
        return Ok(dataset);
    }
    let entries = path.read_dir().map_err(|error| idx::io_error(path, "list", error))?.count();
    let path = path.to_path_buf();
    Err(DataError::NoIdxFiles { path, entries })
}

/// Loads what IDX files a folder has; `None` if it has none or is not there.
fn load_folder(folder: &Path, known: Option<&Known>) -> Result<Option<Dataset>, DataError> {
    let mut splits = Vec::new();
    for name in ["train", "test"] {
        splits.push(match idx::find(folder, name)? {
            None => None,
            Some(pair) => {
                let images = idx::read_images(&pair.images)?;
                let labels = idx::read_labels(&pair.labels)?;
                Some(Raw { images, labels, pair })
            }
        });
    }
    let (test, train) = (splits.pop().flatten(), splits.pop().flatten());
    if train.is_none() && test.is_none() {
        return Ok(None);
    }
    let absolute = folder.canonicalize();
    let name = match known {
        Some(known) => known.name.clone(),
        None => absolute.as_deref().unwrap_or(folder).file_name().unwrap_or_default().to_string_lossy().into_owned(),
    };
    assemble(name, folder.display().to_string(), known, train, test).map(Some)
}

fn load_built_in() -> Result<Dataset, DataError> {
    let known = known::find(known::SMALL).expect("the built-in data set has a description");
    let raw = |split: &str| {
        let name = |what: &str| format!("{split}-{what}-ubyte.gz");
        let bytes = |name: &str| known::built_in(name).expect("the built-in data set has this file");
        let pair = idx::Pair { images: name("images-idx3").into(), labels: name("labels-idx1").into() };
        let (images, labels) = (bytes(&name("images-idx3")), bytes(&name("labels-idx1")));
        Ok::<_, DataError>(Raw {
            images: idx::images_from(&pair.images, images, images.len() as u64)?,
            labels: idx::labels_from(&pair.labels, labels, labels.len() as u64)?,
            pair,
        })
    };
    let (train, test) = (raw("train")?, raw("t10k")?);
    let source = "built into the program".to_string();
    assemble(known.name.clone(), source, Some(known), Some(train), Some(test))
}

/// A split as read, before its parts are compared.
struct Raw {
    images: idx::Images,
    labels: Vec<u8>,
    pair: idx::Pair,
}

fn assemble(
    name: String,
    source: String,
    known: Option<&Known>,
    train: Option<Raw>,
    test: Option<Raw>,
) -> Result<Dataset, DataError> {
    let raws = || [&train, &test].into_iter().flatten();
    let mut expected = known.map(|known| ("the description says".to_string(), known.image_shape()));
    for raw in raws() {
        let found = raw.images.shape;
        match &expected {
            None => expected = Some((raw.pair.images.display().to_string(), found)),
            Some((_, expected)) if *expected == found => {}
            Some((other, expected)) => {
                let (path, other, expected) = (raw.pair.images.clone(), other.clone(), *expected);
                return Err(DataError::Shape { path, found, other, expected });
            }
        }
    }
    let classes = match known {
        Some(known) => known.classes.clone(),
        None => {
            let top = raws().flat_map(|raw| &raw.labels).max().copied().unwrap_or(0);
            (0..=top).map(|class| class.to_string()).collect()
        }
    };
    let [train, test] = [train, test].map(|raw| raw.map(|raw| check(raw, classes.len())).transpose());
    Ok(Dataset { name, source, classes, train: train?, test: test?, text: None })
}

fn check(raw: Raw, classes: usize) -> Result<Split, DataError> {
    let (count, [height, width, channels]) = (raw.images.count, raw.images.shape);
    if raw.labels.len() != count {
        return Err(DataError::Counts {
            images_path: raw.pair.images,
            images: count,
            labels_path: raw.pair.labels,
            labels: raw.labels.len(),
        });
    }
    if let Some(index) = raw.labels.iter().position(|&label| usize::from(label) >= classes) {
        return Err(DataError::Label {
            path: raw.pair.labels,
            byte: 8 + index as u64,
            index,
            label: raw.labels[index],
            classes,
        });
    }
    Ok(Split {
        images: raw.images.pixels,
        labels: raw.labels.iter().map(|&label| u32::from(label)).collect(),
        values: None,
        element: Element::Pixels,
        count,
        height,
        width,
        channels,
    })
}
