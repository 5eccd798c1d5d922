//! IDX files as a data set: a folder of them, or those in the program; what belongs together is compared.

use std::io::Read;
use std::path::Path;

mod error;
mod files;

pub use error::IdxError;

use super::{Detected, Format, Loading};
use crate::data::io::{folder_name, is_gzip};
#[cfg(feature = "samples")]
use crate::data::known;
use crate::data::known::Known;
use crate::data::{DataError, DataKind, Dataset, Split, Splits, TableOptions, Targets};
use crate::platform;

pub(super) const FORMAT: Format = Format {
    name: "idx",
    what: "a folder of IDX files (train-images-idx3-ubyte and train-labels-idx1-ubyte, or t10k-…; plain or .gz)",
    kind: DataKind::Images,
    detect,
    load,
    #[cfg(feature = "images")]
    list: None,
};

fn detect(path: &Path, _: &TableOptions) -> Detected {
    if !path.is_dir() {
        return Detected::No;
    }
    let pairs = ["train", "test"].map(|split| files::find(path, split));
    let starts_as_idx = |path: &Path| {
        let mut start = [0; 2];
        let read = platform::files::open(path).and_then(|mut file| file.read_exact(&mut start));
        read.is_ok() && (start == [0, 0] || is_gzip(&start))
    };
    if pairs.iter().flatten().flatten().any(|pair| starts_as_idx(&pair.images)) {
        Detected::ByContent
    } else if pairs.iter().any(|pair| !matches!(pair, Ok(None))) {
        Detected::ByName
    } else {
        Detected::No
    }
}

fn load(folder: &Path, loading: &Loading) -> Result<Dataset, DataError> {
    let read = |split| match files::find(folder, split)? {
        None => Ok::<_, DataError>(None),
        Some(pair) => {
            let images = files::read_images(&pair.images)?;
            let labels = files::read_labels(&pair.labels)?;
            Ok(Some(Raw { images, labels, pair }))
        }
    };
    let (train, test) = (read("train")?, read("test")?);
    let name = loading.known.map_or_else(|| folder_name(folder), |known| known.name.clone());
    assemble(name, folder.display().to_string(), loading.known, train, test)
}

#[cfg(feature = "samples")]
/// The data set that is built into the program.
pub(in crate::data) fn load_built_in() -> Result<Dataset, DataError> {
    let known = known::find(known::SMALL).expect("the built-in data set has a description");
    let raw = |split: &str| {
        let name = |what: &str| format!("{split}-{what}-ubyte.gz");
        let bytes = |name: &str| known::built_in(name).expect("the built-in data set has this file");
        let pair = files::Pair { images: name("images-idx3").into(), labels: name("labels-idx1").into() };
        let (images, labels) = (bytes(&name("images-idx3")), bytes(&name("labels-idx1")));
        Ok::<_, DataError>(Raw {
            images: files::images_from(&pair.images, images, images.len() as u64)?,
            labels: files::labels_from(&pair.labels, labels, labels.len() as u64)?,
            pair,
        })
    };
    let (train, test) = (raw("train")?, raw("t10k")?);
    let source = "built into the program".to_string();
    assemble(known.name.clone(), source, Some(known), Some(train), Some(test))
}

/// A split as read, before its parts are compared.
struct Raw {
    images: files::Images,
    labels: Vec<u8>,
    pair: files::Pair,
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
                return Err(IdxError::Shape { path, found, other, expected }.into());
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
    let notes = if known.is_none() { absent(raws()) } else { Vec::new() };
    let [train, test] = [train, test].map(|raw| raw.map(|raw| checked(raw, classes.len())).transpose());
    let splits = Splits { train: train?, test: test?, ..Splits::default() };
    Ok(Dataset::new(name, classes, splits)?.with_source(source).with_notes(notes))
}

/// A line about labels that no image has, although there are larger ones: many count from 1.
fn absent<'a>(raws: impl Iterator<Item = &'a Raw>) -> Vec<String> {
    let mut there = [false; 256];
    raws.flat_map(|raw| &raw.labels).for_each(|&label| there[usize::from(label)] = true);
    let Some(last) = there.iter().rposition(|&is| is) else { return Vec::new() };
    let absent: Vec<String> = (0..last).filter(|&label| !there[label]).map(|label| label.to_string()).collect();
    let what = match &absent[..] {
        [] => return Vec::new(),
        [only] => format!("class {only}"),
        _ => format!("classes {}", absent.join(", ")),
    };
    vec![format!("no image has {what}, though labels go up to {last}: the model gets an output for it all the same")]
}

fn checked(raw: Raw, classes: usize) -> Result<Split, DataError> {
    let count = raw.images.count;
    if raw.labels.len() != count {
        return Err(IdxError::Counts {
            images_path: raw.pair.images,
            images: count,
            labels_path: raw.pair.labels,
            labels: raw.labels.len(),
        }
        .into());
    }
    if let Some(index) = raw.labels.iter().position(|&label| usize::from(label) >= classes) {
        return Err(IdxError::Label {
            path: raw.pair.labels,
            byte: 8 + index as u64,
            index,
            label: raw.labels[index],
            classes,
        }
        .into());
    }
    let labels = raw.labels.iter().map(|&label| u32::from(label)).collect();
    Ok(Split::images(raw.images.shape, raw.images.pixels, Targets::Classes { labels, classes })?)
}
