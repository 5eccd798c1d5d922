//! Labels from a file of their own, in place of those that a data set came with.
//!
//! The file is a table (CSV) with a header. `file` says which example a row is about: a path, from the folder of the data on or whole,
//! or a file's name if only one example has it; of a text its file and line. Examples without files are told by `split` (train, val or
//! test) and `number` (from 0). `label` is the class; without one the example is removed, and so it is where `drop` says 1, x, yes or
//! true. `given` is the label that the data must have. Other columns are not read, so that the table of `errors` can be taken as it is.

mod error;
mod index;

use std::path::{Path, PathBuf};

pub use error::LabelsError;
use index::{Found, Index};

use super::dataset::Relabelled;
use super::io::io_error;
use super::part::Part;
use super::tabular::{Role, Row, Sheet, TableError};
use super::{DataError, Dataset, LabelsFile, Splits, names, plain_text};
use crate::platform::files;

/// What a row wants of an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Class(u32),
    Removed,
}

/// Which column holds what.
struct Columns {
    file: Option<usize>,
    split: Option<usize>,
    number: Option<usize>,
    label: Option<usize>,
    /// The label that an example had when the table was written.
    given: Option<usize>,
    drop: Option<usize>,
}

/// A data set with the labels of a file, and a note that says what changed.
///
/// # Errors
/// [`LabelsError`] with the line that does not fit the data, and if the file is not what it was; [`TableError`] if it is no table.
pub fn relabelled(data: Dataset, from: &LabelsFile) -> Result<Dataset, DataError> {
    let (path, bytes) = labels_bytes(from)?;
    let content =
        plain_text::decode(&bytes).map_err(|source| TableError::NotText { path: path.into(), source })?.content;
    let wanted = wanted(&data, path, &content)?;
    let mut data = applied(data, path, wanted)?;
    if path != Path::new(&from.path) {
        let mut notes = data.notes().to_vec();
        notes.push(format!("{} is no longer the table that the run began with, so the run's copy is used", from.path));
        data = data.with_notes(notes);
    }
    Ok(data)
}

/// A file of labels and its bytes: the run's copy, if the file is no longer what it was.
///
/// # Errors
/// If neither can be read, and [`LabelsError::Changed`] if it was changed and there is no copy.
pub(crate) fn labels_bytes(from: &LabelsFile) -> Result<(&Path, Vec<u8>), DataError> {
    let path = Path::new(&from.path);
    // without its SHA-256 nothing says that the copy is one of this file
    let copy = from.copy.as_deref().filter(|_| from.sha256.is_some());
    read_as_it_was(path, from.sha256.as_deref())
        .or_else(|error| copy.and_then(|copy| read_as_it_was(copy, from.sha256.as_deref()).ok()).ok_or(error))
}

/// A file of this SHA-256, where there is one to compare.
fn read_as_it_was<'a>(path: &'a Path, expected: Option<&str>) -> Result<(&'a Path, Vec<u8>), DataError> {
    let bytes = files::read(path).map_err(|error| io_error(path, "read", error))?;
    match (expected, files::sha256(&bytes)) {
        (Some(expected), Some(found)) if expected != found => {
            Err(LabelsError::Changed { path: path.into(), expected: expected.into(), found }.into())
        }
        _ => Ok((path, bytes)),
    }
}

/// What is wanted of each example of each split, in the order of [`Splits::iter`].
fn wanted(data: &Dataset, path: &Path, content: &str) -> Result<Vec<Vec<Option<Wanted>>>, DataError> {
    if let Some((_, split)) = data.splits().iter().find(|(_, split)| split.values().is_some() || split.targets() == 0) {
        let what = if split.values().is_some() { "numbers or several labels" } else { "nothing to learn" };
        return Err(LabelsError::NoClasses { path: path.into(), data: data.name().into(), what }.into());
    }
    let mut rows = Sheet::parse(path, content)?.rows;
    if rows.len() < 2 {
        return Err(LabelsError::Empty { path: path.into() }.into());
    }
    let header = rows.remove(0);
    let columns = Columns::of(path, &header.fields)?;
    let index = Index::new(data, path);
    let mut all: Vec<Vec<Option<(Wanted, u64)>>> =
        data.splits().iter().map(|(_, split)| vec![None; split.len()]).collect();
    for row in &rows {
        if row.fields.len() != header.fields.len() {
            let (line, found, expected) = (row.line, row.fields.len(), header.fields.len());
            return Err(TableError::Fields { path: path.into(), line, found, expected }.into());
        }
        let Some(now) = columns.wanted(path, row, data)? else { continue };
        let mut about = columns.examples(path, row, data, &index)?;
        // of a file that stands in the data with several labels, those with the row's
        if about.iter().any(|&at| columns.fits(row, data, at)) {
            about.retain(|&at| columns.fits(row, data, at));
        }
        for (split, example) in about {
            columns.check_given(path, row, data, (&index, split, example))?;
            match all[split][example] {
                Some((before, before_line)) if before != now => {
                    let (path, name, line) = (path.into(), index.name(data, split, example), row.line);
                    let [now, before] = [now, before].map(|wanted| in_words(wanted, data));
                    return Err(LabelsError::Contradiction { path, line, now, name, before_line, before }.into());
                }
                _ => all[split][example] = Some((now, row.line)),
            }
        }
    }
    Ok(all.into_iter().map(|split| split.into_iter().map(|row| row.map(|(wanted, _)| wanted)).collect()).collect())
}

fn in_words(wanted: Wanted, data: &Dataset) -> String {
    match wanted {
        Wanted::Class(class) => format!("`{}`", data.classes()[class as usize]),
        Wanted::Removed => "that it be removed".into(),
    }
}

impl Columns {
    fn of(path: &Path, names: &[String]) -> Result<Self, DataError> {
        let called = |wanted: &str| names.iter().position(|name| name.trim().eq_ignore_ascii_case(wanted));
        let file = Role::IMAGE.named(path, names, &[])?;
        let columns = Columns {
            file,
            split: Role::SPLIT.named(path, names, &[file])?,
            number: called("number"),
            label: Role::LABEL.named(path, names, &[file])?,
            given: called("given"),
            drop: called("drop"),
        };
        let wanted = match (&columns.file, &columns.number, &columns.label, &columns.drop) {
            (None, None, ..) => "no column `file`, and none `number`, says which example a row is about",
            (_, _, None, None) => "no column `label`, and none `drop`, says what becomes of it",
            _ => return Ok(columns),
        };
        Err(LabelsError::NoColumn { path: path.into(), wanted, found: names.to_vec() }.into())
    }

    /// What a row wants; nothing where it neither drops an example nor there are labels.
    fn wanted(&self, path: &Path, row: &Row, data: &Dataset) -> Result<Option<Wanted>, DataError> {
        let field = |column: Option<usize>| column.map_or("", |column| row.fields[column].trim());
        if ["1", "x", "yes", "true", "drop"].contains(&field(self.drop).to_lowercase().as_str()) {
            return Ok(Some(Wanted::Removed));
        }
        let label = names::composed(field(self.label));
        if label.is_empty() {
            return Ok(self.label.map(|_| Wanted::Removed));
        }
        let class = names::place(&label, data.classes());
        let class = class.ok_or_else(|| LabelsError::UnknownClass {
            path: path.into(),
            line: row.line,
            label,
            known: data.classes().to_vec(),
        })?;
        Ok(Some(Wanted::Class(class as u32)))
    }

    /// The examples that a row is about: one, or those of a file that stands in the data several times.
    fn examples(
        &self,
        path: &Path,
        row: &Row,
        data: &Dataset,
        index: &Index,
    ) -> Result<Vec<(usize, usize)>, DataError> {
        let (field, line) = (|column: Option<usize>| column.map_or("", |column| row.fields[column].trim()), row.line);
        let name = field(self.file);
        if !name.is_empty() {
            return match index.find(name) {
                Found::These(examples) => Ok(examples.to_vec()),
                Found::Several(examples) => {
                    let (name, count) = (name.to_string(), examples.len());
                    let first = index.name(data, examples[0].0, examples[0].1);
                    Err(LabelsError::Ambiguous { path: path.into(), line, name, count, first }.into())
                }
                Found::None => {
                    let (path, name, known) = (path.into(), name.to_string(), index.names());
                    Err(LabelsError::UnknownExample { path, line, data: data.name().into(), name, known }.into())
                }
            };
        }
        let [split, number] = [field(self.split), field(self.number)];
        if number.is_empty() {
            return Err(LabelsError::Unnamed { path: path.into(), line }.into());
        }
        let part = if split.is_empty() { Some(Part::Train) } else { Part::named(split) };
        let part = part.ok_or_else(|| LabelsError::UnknownSplit { path: path.into(), line, split: split.into() })?;
        let wanted = match part {
            Part::Unknown | Part::Train => "training",
            Part::Validation => "validation",
            Part::Test => "test",
        };
        let place = data.splits().iter().position(|(name, _)| name == wanted);
        let count = data.splits().iter().find(|(name, _)| *name == wanted).map_or(0, |(_, split)| split.len());
        let example = number.parse().ok().filter(|&example: &usize| example < count);
        place.zip(example).map(|example| vec![example]).ok_or_else(|| {
            let (number, split) = (number.to_string(), wanted.to_string());
            LabelsError::Number { path: path.into(), line, number, split, count }.into()
        })
    }
}

impl Columns {
    /// The label that a row says an example had.
    fn given(&self, row: &Row) -> String {
        names::composed(self.given.map_or("", |column| row.fields[column].trim()))
    }

    /// Whether an example has the label that the row says it had, or the row says none.
    fn fits(&self, row: &Row, data: &Dataset, (split, example): (usize, usize)) -> bool {
        let (given, label) = (self.given(row), label(data, split, example));
        given.is_empty() || names::place(&given, data.classes()) == Some(label)
    }

    /// A table that says which label an example had is of no other data.
    fn check_given(
        &self,
        path: &Path,
        row: &Row,
        data: &Dataset,
        (index, split, example): (&Index, usize, usize),
    ) -> Result<(), DataError> {
        if self.fits(row, data, (split, example)) {
            return Ok(());
        }
        let (path, name, given) = (path.into(), index.name(data, split, example), self.given(row));
        let label = data.classes()[label(data, split, example)].clone();
        Err(LabelsError::Given { path, line: row.line, name, label, given }.into())
    }
}

/// The label that an example has.
fn label(data: &Dataset, split: usize, example: usize) -> usize {
    let (_, of) = data.splits().iter().nth(split).expect("a split of the data");
    of.labels()[example] as usize
}

/// The data with what is wanted of their examples.
fn applied(data: Dataset, path: &Path, wanted: Vec<Vec<Option<Wanted>>>) -> Result<Dataset, DataError> {
    let (mut changed, mut removed, mut same) = (0, 0, 0);
    let (mut new, mut relabelled) = (Splits::default(), Vec::new());
    for ((name, split), wanted) in data.splits().iter().zip(&wanted) {
        let mut labels = split.labels().to_vec();
        for (number, (label, wanted)) in labels.iter_mut().zip(wanted).enumerate() {
            let given = *label;
            let mut row = |label| {
                let name_of = split.name(number).map(String::from);
                relabelled.push(Relabelled { split: name, number, name: name_of, given, label });
            };
            match wanted {
                Some(Wanted::Class(class)) if class == label => same += 1,
                Some(Wanted::Class(class)) => {
                    *label = *class;
                    changed += 1;
                    row(Some(*class));
                }
                Some(Wanted::Removed) => {
                    removed += 1;
                    row(None);
                }
                None => {}
            }
        }
        let kept: Vec<usize> = (0..split.len()).filter(|&i| wanted[i] != Some(Wanted::Removed)).collect();
        if kept.is_empty() {
            return Err(LabelsError::NothingLeft { path: path.into(), count: split.len(), split: name }.into());
        }
        let labelled = split.clone().with_labels(labels)?;
        let split = if kept.len() == labelled.len() { labelled } else { labelled.select(&kept) };
        match name {
            "training" => new.train = Some(split),
            "validation" => new.validation = Some(split),
            _ => new.test = Some(split),
        }
    }
    let mut notes = data.notes().to_vec();
    notes.push(note(path, changed, removed, same));
    Ok(data.with_splits(new)?.with_notes(notes).with_relabelled(relabelled))
}

fn note(path: &Path, changed: usize, removed: usize, same: usize) -> String {
    let examples = |count: usize| if count == 1 { "1 example".to_string() } else { format!("{count} examples") };
    let labels = if changed == 1 { "1 label".to_string() } else { format!("{changed} labels") };
    let mut text = format!("{} changes {labels} and removes {}", path.display(), examples(removed));
    if same > 0 {
        text += &format!("; {} had {} already", examples(same), if same == 1 { "its label" } else { "their labels" });
    }
    text
}

/// The path that a configuration keeps, and the file's SHA-256.
///
/// # Errors
/// If it cannot be read.
pub fn labels_file(path: &Path) -> Result<LabelsFile, DataError> {
    let whole: PathBuf = path.canonicalize().map_err(|error| io_error(path, "find", error))?;
    let bytes = files::read(&whole).map_err(|error| io_error(path, "read", error))?;
    Ok(LabelsFile { path: whole.to_string_lossy().into_owned(), sha256: files::sha256(&bytes), copy: None })
}

#[cfg(test)]
mod tests;
