//! What is in a data set and what is wrong with it, for somebody who wants to know before training on it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use image::GenericImageView;
use rayon::prelude::*;

use super::picture::Depths;
use super::pictures::{Catalog, Damaged, Part, PictureError, Target};
use super::survey::aim_of;
use super::{DataError, Dataset, LoadOptions, OnPictures, Places, formats, known, load_with, names, picture};
use crate::defaults::Aim;

mod alike;
mod division;
mod finding;
mod listing;
mod split;

pub use alike::{Alike, MOST_LOOKS, Print, groups, identical};
pub use division::Shares;
pub use finding::{Finding, Member, Problem};
pub use listing::{Listed, listed};
pub use split::{Divided, split};

/// Images of a class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassCount {
    /// Name of the class.
    pub name: String,
    /// Its images for training, validation and testing.
    pub counts: [usize; 3],
}

/// What is in a data set.
#[derive(Clone, Debug)]
pub struct Report {
    /// What an example is: `images` or `texts`.
    pub what: &'static str,
    /// Whether each image is a file of its own.
    pub is_listed: bool,
    /// What can be learned: classes, several labels, or numbers.
    pub aim: Aim,
    /// Classes in their order; labels, or columns, where an image has several values.
    pub classes: Vec<ClassCount>,
    /// Examples in all that can be read.
    pub images: usize,
    /// Sizes `(width, height)` of pictures and how many have them, most first.
    pub sizes: Vec<((u32, u32), usize)>,
    /// Images that cannot be read, and why.
    pub damaged: Vec<Damaged>,
    /// Files that a table names, and that are not there.
    pub missing: Vec<Damaged>,
    /// Folders that have the first missing one.
    pub elsewhere: Vec<std::path::PathBuf>,
    /// Copies, and what is wrong with them, by their first members.
    pub findings: Vec<Finding>,
    /// Lines for people.
    pub notes: Vec<String>,
    /// Why training would stop before its first step, apart from images that cannot be read.
    pub refusal: Option<Arc<DataError>>,
}

impl Report {
    fn new(what: &'static str, aim: Aim, classes: Vec<String>) -> Self {
        let classes = classes.into_iter().map(|name| ClassCount { name, counts: [0; 3] }).collect();
        let (sizes, damaged, missing, elsewhere, findings, notes) = Default::default();
        let (is_listed, images, refusal) = (false, 0, None);
        Report { what, is_listed, aim, classes, images, sizes, damaged, missing, elsewhere, findings, notes, refusal }
    }

    /// The classes with the most and the fewest training images, of those that have any.
    pub fn extremes(&self) -> Option<(&ClassCount, &ClassCount)> {
        let learned = || self.classes.iter().filter(|class| class.counts[0] > 0);
        let most = learned().max_by_key(|class| class.counts[0])?;
        Some((most, learned().min_by_key(|class| class.counts[0])?))
    }

    /// Names of classes that a person may take for one: they differ in case, spaces, dashes, signs that nobody sees, or how a number is
    /// written.
    pub fn alike_names(&self) -> Vec<Vec<&str>> {
        let mut alike: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for class in &self.classes {
            alike.entry(names::skeleton(&class.name)).or_default().push(&class.name);
        }
        alike.into_values().filter(|names| names.len() > 1).collect()
    }

    /// Whether it can be divided by a table: each example is a file or a text.
    pub fn can_be_divided(&self) -> bool {
        self.what == "texts" || self.is_listed
    }

    /// The findings of a kind.
    pub fn found(&self, problem: Problem) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |finding| finding.problem == problem)
    }

    /// Whether training would fail, or be judged by what it has learned from.
    pub fn is_sick(&self) -> bool {
        let bad = |finding: &Finding| finding.problem != Problem::Copies;
        let refused = self.refusal.is_some();
        refused || !self.damaged.is_empty() || !self.missing.is_empty() || self.findings.iter().any(bad)
    }

    /// Median of the pictures' shorter sides, in pixels.
    pub fn side(&self) -> Option<u32> {
        let mut sides: Vec<(u32, usize)> = self.sizes.iter().map(|&((w, h), count)| (w.min(h), count)).collect();
        sides.sort_unstable();
        let half = sides.iter().map(|(_, count)| count).sum::<usize>() / 2;
        let mut seen = 0;
        sides
            .into_iter()
            .find(|(_, count)| {
                seen += count;
                seen > half
            })
            .map(|(side, _)| side)
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
        // as training lists them, or else whatever is there
        let (catalog, refusal) = match list(path, options) {
            Ok(catalog) => (catalog, None),
            Err(error) => match list(path, &LoadOptions { unlabelled: true, ..options.clone() }) {
                Ok(catalog) => (catalog, Some(error)),
                Err(_) => return Err(error),
            },
        };
        let is_declared = catalog.declared;
        let report = pictures(catalog, on_pictures);
        // without the images that cannot be read, too
        let untrained = report.classes.iter().find(|class| class.counts[0] == 0);
        let untrained = untrained.filter(|_| report.aim == Aim::Classes && report.images > 0 && !is_declared);
        let of = |class: &ClassCount| PictureError::Untrained { root: path.to_path_buf(), class: class.name.clone() };
        let refusal = refusal.or_else(|| untrained.map(|class| of(class).into()));
        return Ok(Report { refusal: refusal.map(Arc::new), ..report });
    }
    let data = load_with(Some(spec), options, places, on_pictures)?;
    #[cfg_attr(not(feature = "text"), expect(unused_mut, reason = "only texts add to it"))]
    let mut report = examples(&data)?;
    #[cfg(feature = "text")]
    if data.texts().is_some()
        && let Some(samples) = formats::text::samples(path, options)?
    {
        // the tokens of a test text lack the words that training has not
        let members = samples.iter().map(|sample| Member {
            name: format!("{} ({})", sample.place, short(&sample.text)),
            label: sample.label.clone(),
            part: count_of(sample.part),
        });
        let prints: Vec<Print> = samples.iter().map(|sample| Print::of_bytes(sample.key.as_bytes())).collect();
        let members = members.collect::<Vec<_>>();
        report.findings = finding::findings(&prints, &members);
    }
    Ok(report)
}

/// A data set whose examples are in memory.
fn examples(data: &Dataset) -> Result<Report, DataError> {
    let (what, one) = if data.texts().is_some() { ("texts", "text") } else { ("images", "image") };
    let is_classes = data.splits().iter().all(|(_, split)| split.values().is_none());
    let aim = if is_classes { Aim::Classes } else { Aim::Numbers };
    let mut report = Report::new(what, aim, data.classes().to_vec());
    report.notes = data.notes().to_vec();
    let [height, width, _] = data.input().shape();
    let (mut prints, mut members) = (Vec::new(), Vec::new());
    for (part, split) in [data.train(), data.validation(), data.test()].into_iter().enumerate() {
        let Some(split) = split else { continue };
        split.labels().iter().for_each(|&label| report.classes[label as usize].counts[part] += 1);
        report.images += split.len();
        if data.texts().is_none() {
            report.sizes = vec![((width as u32, height as u32), report.images)];
        }
        for i in 0..split.len() {
            let label = is_classes.then(|| data.classes()[split.labels()[i] as usize].clone());
            let name = format!("{} {one} {i}", finding::PARTS[part]);
            members.push(Member { name, label: label.unwrap_or_default(), part });
            prints.push(Print::of_bytes(&split.example(i)?));
        }
    }
    if data.texts().is_none() {
        report.findings = finding::findings(&prints, &members);
    }
    Ok(report)
}

/// The start of a text.
#[cfg(feature = "text")]
fn short(text: &str) -> String {
    const SHOWN: usize = 40;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_string(),
    }
}

/// Pictures that were listed: each is decoded.
fn pictures(catalog: Catalog, on_pictures: OnPictures) -> Report {
    let (done, count) = (AtomicUsize::new(0), catalog.entries.len());
    let outcomes: Vec<_> = catalog
        .entries
        .par_iter()
        .map(|entry| {
            let outcome = picture::decode_deep(&entry.place, None);
            let outcome = outcome.map(|(picture, depths)| (picture.dimensions(), Print::of(&picture), depths));
            on_pictures(done.fetch_add(1, Ordering::Relaxed) + 1, count);
            outcome.map_err(|error| error.to_string())
        })
        .collect();
    let aim = aim_of(catalog.entries.iter().map(|entry| &entry.target));
    let mut report = Report::new("images", aim, catalog.classes);
    (report.damaged, report.missing, report.elsewhere) = (catalog.damaged, catalog.missing, catalog.elsewhere);
    report.notes = catalog.notes;
    report.is_listed = catalog.entries.iter().all(|entry| entry.place.file().is_some());
    let (mut prints, mut members) = (Vec::new(), Vec::new());
    let mut sizes: BTreeMap<(u32, u32), usize> = BTreeMap::new();
    let mut all_depths = Depths::default();
    for (entry, outcome) in catalog.entries.into_iter().zip(outcomes) {
        let part = count_of(entry.part);
        let (size, print, depths) = match outcome {
            Ok(seen) => seen,
            Err(reason) => {
                report.damaged.push(Damaged { place: entry.place, reason });
                continue;
            }
        };
        report.images += 1;
        all_depths = all_depths.and(depths);
        *sizes.entry(size).or_default() += 1;
        match &entry.target {
            Target::Class(class) => report.classes[*class as usize].counts[part] += 1,
            Target::Values(values) => {
                let set = values.iter().zip(&mut report.classes).filter(|(value, _)| **value != 0.0);
                set.for_each(|(_, class)| class.counts[part] += 1);
            }
        }
        let name = super::pictures::short(&catalog.root, &entry.place);
        members.push(Member { name, label: in_words(&entry.target, &report), part });
        prints.push(print);
    }
    report.notes.extend(all_depths.note());
    report.findings = finding::findings(&prints, &members);
    report.damaged.sort_by(|a, b| a.place.cmp(&b.place));
    report.sizes = sizes.into_iter().collect();
    report.sizes.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    report
}

/// Where a report counts a split.
fn count_of(part: Part) -> usize {
    match part {
        Part::Train | Part::Unknown => 0,
        Part::Validation => 1,
        Part::Test => 2,
    }
}

fn in_words(target: &Target, report: &Report) -> String {
    let name = |i: usize| report.classes[i].name.as_str();
    match target {
        Target::Class(class) => name(*class as usize).to_string(),
        Target::Values(values) if report.aim == Aim::Labels => {
            let set = values.iter().enumerate().filter(|(_, value)| **value != 0.0);
            set.map(|(i, _)| name(i)).collect::<Vec<_>>().join("|")
        }
        Target::Values(values) => values.iter().map(f32::to_string).collect::<Vec<_>>().join(", "),
    }
}
