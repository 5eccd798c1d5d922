//! What a data set is, before anything of it is decoded: counts by class, and the sizes in the headers of some pictures.

use std::path::Path;

use super::picture::{self, Header};
use super::pictures::{Catalog, Part, Target};
use super::{DataError, DataKind, Dataset, Listing, LoadOptions, Places, Split, Values, formats, known, load_with};
use crate::defaults::{Aim, Examples, Source};

/// What is in a data set.
#[derive(Clone, Debug, PartialEq)]
pub struct Survey {
    /// Its name, and where it is.
    pub name: String,
    /// Path of the folder or file, or where else it comes from.
    pub source: String,
    /// What can be learned of it: classes, labels or numbers.
    pub aim: Aim,
    /// What its examples are.
    pub examples: Source,
    /// Names of the classes, labels or numbers.
    pub names: Vec<String>,
    /// Training examples of each class or label; empty for numbers, and where only files tell.
    pub counts: Vec<usize>,
    /// How many examples there are.
    pub count: Examples,
    /// Median width and height of the pictures looked at.
    pub size: Option<[usize; 2]>,
}

/// Pictures whose headers are looked at, spread over the list.
const LOOKED_AT: usize = 48;

/// What comes along when a data set is looked at, so that it is not found out again.
#[derive(Clone, Debug)]
pub enum Looked {
    /// The data: nothing of them had to be decoded.
    Read(Box<Dataset>),
    /// Its pictures, listed.
    Listed(Listing),
    /// Nothing: texts, which a run reads in its own way.
    Nothing,
}

/// Looks at a data set. What was read or listed for that comes along.
///
/// # Errors
/// As [`load_with`].
pub fn survey(spec: Option<&str>, options: &LoadOptions, places: &Places) -> Result<(Survey, Looked), DataError> {
    let path = spec.filter(|name| known::find(name).is_none()).map(Path::new);
    let format = path.and_then(|path| formats::detect(path, &options.table));
    if let (Some(path), Some(format)) = (path, format)
        && let Some(list) = format.list
    {
        let catalog = list(path, options)?;
        catalog.check_missing(options)?;
        let survey = of_catalog(path, &catalog);
        return Ok((survey, Looked::Listed(Listing::new(format, path, options, catalog.into()))));
    }
    let data = load_with(spec, options, places, &|_, _| {})?;
    let survey = of_dataset(&data);
    let are_texts = format.is_some_and(|format| format.kind == DataKind::Texts);
    Ok((survey, if are_texts { Looked::Nothing } else { Looked::Read(Box::new(data)) }))
}

fn of_catalog(path: &Path, catalog: &Catalog) -> Survey {
    let of = |parts: &[Part]| catalog.entries.iter().filter(|entry| parts.contains(&entry.part)).count();
    let learned = [Part::Unknown, Part::Train];
    let count = Examples { train: of(&learned), validation: of(&[Part::Validation]), test: of(&[Part::Test]) };
    let mut counts = vec![0; catalog.classes.len()];
    for entry in catalog.entries.iter().filter(|entry| learned.contains(&entry.part)) {
        match &entry.target {
            Target::Class(class) => counts[*class as usize] += 1,
            Target::Values(values) => {
                values.iter().zip(&mut counts).for_each(|(&value, count)| *count += usize::from(value != 0.0));
            }
        }
    }
    let aim = aim_of(catalog.entries.iter().map(|entry| &entry.target));
    if aim == Aim::Numbers {
        counts.clear();
    }
    let looked = headers(catalog);
    let median = |of: fn(&Header) -> usize| {
        let mut values: Vec<usize> = looked.iter().map(of).collect();
        values.sort_unstable();
        values.get(values.len() / 2).copied()
    };
    let size = median(|header| header.width).zip(median(|header| header.height)).map(|(w, h)| [w, h]);
    let side = median(|header| header.width.min(header.height)).unwrap_or(0);
    let permille = median(|header| 1000 * header.width.max(header.height) / header.width.min(header.height).max(1));
    let colour = looked.is_empty() || looked.iter().any(|header| header.colour);
    Survey {
        name: super::io::folder_name(path),
        source: path.display().to_string(),
        aim,
        examples: Source::Pictures { side, ratio: permille.unwrap_or(1000) as f64 / 1000.0, colour },
        names: catalog.classes.clone(),
        counts,
        count,
        size,
    }
}

/// What can be learned from these targets.
pub(super) fn aim_of<'a>(targets: impl Iterator<Item = &'a Target>) -> Aim {
    let (mut has_values, mut is_binary) = (false, true);
    for target in targets {
        if let Target::Values(values) = target {
            has_values = true;
            is_binary &= values.iter().all(|&value| value == 0.0 || value == 1.0);
        }
    }
    aim(has_values, is_binary)
}

fn aim(has_values: bool, is_binary: bool) -> Aim {
    match (has_values, is_binary) {
        (false, _) => Aim::Classes,
        (true, true) => Aim::Labels,
        (true, false) => Aim::Numbers,
    }
}

/// The headers of some pictures; those that cannot be read are left out, and found when all are decoded.
fn headers(catalog: &Catalog) -> Vec<Header> {
    let entries = &catalog.entries;
    let each = entries.len().div_ceil(LOOKED_AT).max(1);
    entries.iter().step_by(each).filter_map(|entry| picture::header(&entry.place).ok()).collect()
}

fn of_dataset(data: &Dataset) -> Survey {
    let len = |split: Option<&Split>| split.map_or(0, Split::len);
    let values = data.train().and_then(Split::values);
    let is_binary = values.is_none_or(Values::are_labels);
    let aim = aim(values.is_some(), is_binary);
    let mut counts = Vec::new();
    if let (Some(train), Aim::Classes) = (data.train(), aim) {
        counts = vec![0; data.classes().len()];
        train.labels().iter().for_each(|&label| counts[label as usize] += 1);
    }
    let examples = if data.texts().is_some() { Source::Texts } else { Source::Images(data.input().shape()) };
    Survey {
        name: data.name().to_string(),
        source: data.source().to_string(),
        aim,
        examples,
        names: data.classes().to_vec(),
        counts,
        count: Examples { train: len(data.train()), validation: len(data.validation()), test: len(data.test()) },
        size: None,
    }
}
