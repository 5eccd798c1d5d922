//! What is in a data set, for somebody who wants to know before training on it.

use std::collections::BTreeMap;
use std::path::Path;

use image::GenericImageView;
use rayon::prelude::*;

use super::pictures::{Catalog, Damaged, Part, Target};
use super::{DataError, LoadOptions, OnPictures, Places, formats, known, load_with, picture};

/// Images of a class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassCount {
    /// Name of the class.
    pub name: String,
    /// Its images for training, validation and testing.
    pub counts: [usize; 3],
}

/// What is in a data set.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Classes in their order; labels, or columns, where an image has several values.
    pub classes: Vec<ClassCount>,
    /// Images in all that can be read.
    pub images: usize,
    /// Sizes `(width, height)` of pictures and how many have them, most first.
    pub sizes: Vec<((u32, u32), usize)>,
    /// What cannot be read, and why.
    pub damaged: Vec<Damaged>,
    /// Files that a table names, and that are not there.
    pub missing: Vec<Damaged>,
    /// Lines for people.
    pub notes: Vec<String>,
}

impl Report {
    /// The classes with the most and the fewest training images.
    pub fn extremes(&self) -> Option<(&ClassCount, &ClassCount)> {
        let most = self.classes.iter().max_by_key(|class| class.counts[0])?;
        Some((most, self.classes.iter().min_by_key(|class| class.counts[0])?))
    }
}

/// Reads a data set to its end. Pictures that cannot be read are listed, not an error.
///
/// # Errors
/// As [`super::load`].
pub fn check(spec: &str, options: &LoadOptions, places: &Places, on_pictures: OnPictures) -> Result<Report, DataError> {
    let path = Path::new(spec);
    if known::find(spec).is_none()
        && let Some(list) = formats::detect(path, &options.table).and_then(|format| format.list)
    {
        let options = LoadOptions { unlabelled: true, ..options.clone() };
        return Ok(pictures(list(path, &options)?, on_pictures));
    }
    let data = load_with(Some(spec), options, places, on_pictures)?;
    let mut report =
        Report { classes: named(data.classes().to_vec()), notes: data.notes().to_vec(), ..Report::default() };
    let [height, width, _] = data.input().shape();
    for (part, split) in [data.train(), data.validation(), data.test()].into_iter().enumerate() {
        let Some(split) = split else { continue };
        split.labels().iter().for_each(|&label| report.classes[label as usize].counts[part] += 1);
        report.images += split.len();
        report.sizes = vec![((width as u32, height as u32), report.images)];
    }
    Ok(report)
}

fn named(classes: Vec<String>) -> Vec<ClassCount> {
    classes.into_iter().map(|name| ClassCount { name, counts: [0; 3] }).collect()
}

fn pictures(catalog: Catalog, on_pictures: OnPictures) -> Report {
    let done = std::sync::atomic::AtomicUsize::new(0);
    let count = catalog.entries.len();
    let outcomes: Vec<_> = catalog
        .entries
        .par_iter()
        .map(|entry| {
            let outcome = picture::decode(&entry.path).map(|picture| picture.dimensions());
            on_pictures(done.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1, count);
            outcome.map_err(|error| error.to_string())
        })
        .collect();
    let mut report = Report {
        classes: named(catalog.classes),
        damaged: catalog.damaged,
        missing: catalog.missing,
        notes: catalog.notes,
        ..Report::default()
    };
    let mut sizes: BTreeMap<(u32, u32), usize> = BTreeMap::new();
    for (entry, outcome) in catalog.entries.into_iter().zip(outcomes) {
        let part = match entry.part {
            Part::Train | Part::Unknown => 0,
            Part::Validation => 1,
            Part::Test => 2,
        };
        match (outcome, entry.target) {
            (Err(reason), _) => report.damaged.push(Damaged { path: entry.path, reason }),
            (Ok(size), target) => {
                report.images += 1;
                *sizes.entry(size).or_default() += 1;
                match target {
                    Target::Class(class) => report.classes[class as usize].counts[part] += 1,
                    Target::Values(values) => {
                        let set = values.iter().zip(&mut report.classes).filter(|(value, _)| **value != 0.0);
                        set.for_each(|(_, class)| class.counts[part] += 1);
                    }
                }
            }
        }
    }
    report.damaged.sort_by(|a, b| a.path.cmp(&b.path));
    report.sizes = sizes.into_iter().collect();
    report.sizes.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    report
}
