//! Which files of a folder, or beside a file, hold texts of which split and class.

use std::path::{Path, PathBuf};

use super::error::TextError;
use super::layout::{Layout, names_texts};
use crate::data::io::io_error;
use crate::data::part::Part;
use crate::data::tabular::Sheet;
use crate::data::{DataError, TableOptions, plain_text};

/// A file of texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Path of the file.
    pub path: PathBuf,
    /// The class of all its texts; none where each line starts with a label.
    pub class: Option<String>,
}

/// Files by split.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    /// Files of the training split.
    pub train: Vec<Source>,
    /// Files of the validation split; empty if there is none.
    pub validation: Vec<Source>,
    /// Files of the test split; empty if there is none.
    pub test: Vec<Source>,
    /// What people should know about files that are not read.
    pub notes: Vec<String>,
}

impl Sources {
    /// Every file, and the split of what it does not say a split of.
    pub fn iter(&self) -> impl Iterator<Item = (&Source, Part)> {
        let train = self.train.iter().map(|source| (source, Part::Unknown));
        let validation = self.validation.iter().map(|source| (source, Part::Validation));
        train.chain(validation).chain(self.test.iter().map(|source| (source, Part::Test)))
    }
}

/// Endings of files of labelled texts.
const LABELLED: [&str; 4] = ["txt", "tsv", "all", "csv"];
/// The one of them that other data have as well.
const CSV: &str = "csv";
/// What files of validation texts are called.
const VALIDATION: [&str; 4] = ["val", "valid", "validation", "dev"];
/// Endings that are the class of a file.
const CLASSES: [&str; 2] = ["neg", "pos"];

fn ending(path: &Path) -> &str {
    path.extension().and_then(|e| e.to_str()).unwrap_or_default()
}

/// Whether `split` is a part of the file's name: `train.txt`, `TREC.train.all`.
fn names(path: &Path, split: &str) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    LABELLED.contains(&ending(path)) && name.split(['.', '_', '-']).any(|part| part == split)
}

fn labelled(paths: &[PathBuf]) -> Vec<Source> {
    paths.iter().map(|path| Source { path: path.clone(), class: None }).collect()
}

fn classed(paths: &[PathBuf], class: impl Fn(&Path) -> Option<&std::ffi::OsStr>) -> Vec<Source> {
    let name = |path: &PathBuf| class(path).map(|class| class.to_string_lossy().into_owned());
    paths.iter().map(|path| Source { path: path.clone(), class: name(path) }).collect()
}

/// The files of texts that a path means; none if it means something else.
///
/// # Errors
/// Two files for one split, one of two classes, or a folder that cannot be listed.
pub fn find(path: &Path, options: &TableOptions) -> Result<Option<Sources>, DataError> {
    match path.metadata() {
        Ok(metadata) if metadata.is_dir() => of_folder(path, options),
        Ok(metadata) if metadata.is_file() => of_file(path, options),
        _ => Ok(None),
    }
}

/// Whether a file holds texts with labels, by its content.
pub fn holds_texts(path: &Path, options: &TableOptions) -> bool {
    plain_text::start_of(path).is_some_and(|text| Layout::of(path, &text, options).is_some())
}

/// Whether a file is meant to hold texts, by its content: they may lack labels.
pub fn is_of_texts(path: &Path, options: &TableOptions) -> bool {
    let sheet = || Sheet::parse(path, &plain_text::start_of(path)?.content).ok();
    options.text_column.is_some() || holds_texts(path, options) || sheet().is_some_and(|sheet| names_texts(&sheet))
}

fn of_folder(folder: &Path, options: &TableOptions) -> Result<Option<Sources>, DataError> {
    let cannot = |error| io_error(folder, "list", error);
    let mut files = Vec::new();
    for entry in folder.read_dir().map_err(cannot)? {
        let entry = entry.map_err(cannot)?;
        let kind = entry.file_type().map_err(cannot)?;
        if kind.is_file() || kind.is_symlink() && entry.path().is_file() {
            files.push(entry.path());
        }
    }
    files.sort();
    let of = |wanted: &dyn Fn(&Path) -> bool| files.iter().filter(|path| wanted(path)).cloned().collect::<Vec<_>>();
    let holds = |p: &Path| ending(p) != CSV || holds_texts(p, options);
    let (train, mut test) = (of(&|p| names(p, "train") && holds(p)), of(&|p| names(p, "test") && holds(p)));
    let validates = |p: &Path| VALIDATION.iter().any(|name| names(p, name)) && !names(p, "train") && !names(p, "test");
    let validation = if train.is_empty() { Vec::new() } else { of(&|p| validates(p) && holds(p)) };
    let unlabelled = of(&|p| (names(p, "test") || validates(p) && !train.is_empty()) && !holds(p));
    if train.is_empty() {
        test.retain(|path| ending(path) != CSV);
    }
    for (split, found) in [("training", &train), ("validation", &validation), ("test", &test)] {
        if let [one, other, ..] = &found[..] {
            let problem = format!("both {} and {} could be the {split} texts", one.display(), other.display());
            return Err(files_error(folder, problem, "name one of the files, or move the other"));
        }
    }
    if !train.is_empty() || !test.is_empty() {
        let notes = unlabelled.iter().map(|path| without_labels(path)).collect();
        let [train, validation, test] = [&train, &validation, &test].map(|paths| labelled(paths));
        return Ok(Some(Sources { train, validation, test, notes }));
    }
    let (signed, plain) = (of(&|p| CLASSES.contains(&ending(p))), of(&|p| ending(p) == "txt"));
    let train = match (signed.is_empty(), plain.len()) {
        (false, _) => classed(&signed, Path::extension),
        (true, 0 | 1) => return Ok(None),
        (true, _) => classed(&plain, Path::file_stem),
    };
    Ok(Some(Sources { train, ..Sources::default() }))
}

fn without_labels(path: &Path) -> String {
    format!("{} ignored: no labels in it", path.file_name().unwrap_or_default().to_string_lossy())
}

fn of_file(path: &Path, options: &TableOptions) -> Result<Option<Sources>, DataError> {
    if CLASSES.contains(&ending(path)) {
        let pair = CLASSES.map(|class| path.with_extension(class));
        if let Some(missing) = pair.iter().find(|file| !file.is_file()) {
            let problem = format!("a file of one class, but {} is missing", missing.display());
            return Err(files_error(path, problem, "add it, or name a folder with a file for each class"));
        }
        return Ok(Some(Sources { train: classed(&pair, Path::extension), ..Sources::default() }));
    }
    if (!LABELLED.contains(&ending(path)) || ending(path) == CSV) && !is_of_texts(path, options) {
        return Ok(None);
    }
    let own = labelled(&[path.to_path_buf()]);
    if names(path, "test") {
        return Ok(Some(Sources { test: own, ..Sources::default() }));
    }
    let (mut test, mut notes) = (Vec::new(), Vec::new());
    if names(path, "train") {
        let name = path.file_name().unwrap_or_default().to_string_lossy().replace("train", "test");
        let beside = path.with_file_name(name);
        if beside.is_file() && (ending(&beside) != CSV || holds_texts(&beside, options)) {
            test = labelled(&[beside]);
        } else if beside.is_file() {
            notes.push(without_labels(&beside));
        }
    }
    Ok(Some(Sources { train: own, test, notes, ..Sources::default() }))
}

fn files_error(path: &Path, problem: String, hint: &str) -> DataError {
    TextError::Files { path: path.into(), problem, hint: hint.into() }.into()
}
