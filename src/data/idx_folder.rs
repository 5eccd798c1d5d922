//! IDX files as a data set: a folder of them, or those in the program; what belongs together is compared.

use std::path::Path;

use super::known::{self, Known};
use super::{DataError, Dataset, Split, Splits, Targets, folder_name, idx};

/// Loads what IDX files a folder has; `None` if it has none or is not there.
pub(super) fn load_folder(folder: &Path, known: Option<&Known>) -> Result<Option<Dataset>, DataError> {
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
    let name = known.map_or_else(|| folder_name(folder), |known| known.name.clone());
    assemble(name, folder.display().to_string(), known, train, test).map(Some)
}

pub(super) fn load_built_in() -> Result<Dataset, DataError> {
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
    let [train, test] = [train, test].map(|raw| raw.map(|raw| checked(raw, classes.len())).transpose());
    let splits = Splits { train: train?, test: test?, ..Splits::default() };
    Ok(Dataset::new(name, classes, splits)?.with_source(source))
}

fn checked(raw: Raw, classes: usize) -> Result<Split, DataError> {
    let count = raw.images.count;
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
    let labels = raw.labels.iter().map(|&label| u32::from(label)).collect();
    Ok(Split::images(raw.images.shape, raw.images.pixels, Targets::Classes { labels, classes })?)
}
