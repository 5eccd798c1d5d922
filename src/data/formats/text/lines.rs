//! A file of texts as samples: labelled lines, or the rows of a table.

use std::path::Path;

use super::error::TextError;
use super::files::Source;
use super::layout::{self, Columns, Layout};
use crate::data::io::io_error;
use crate::data::names;
use crate::data::part::Part;
use crate::data::plain_text;
use crate::data::tabular::{Role, Row, Sheet, TableError};
use crate::data::{DataError, TableOptions};
use crate::platform::files;

/// A text with its label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Name of its class.
    pub label: String,
    /// Its text, as it stands in the file.
    pub text: String,
    /// Its line, from 1.
    pub line: usize,
    /// The split that its row says.
    pub part: Part,
    /// The number of its file among those of the data set.
    pub file: usize,
}

/// What a file holds.
pub struct File {
    pub samples: Vec<Sample>,
    /// Whether it was read as latin-1 because it is not valid UTF-8.
    pub latin1: bool,
    /// What people should know about how it was read.
    pub notes: Vec<String>,
}

/// The samples of a file. Lines of white space are passed over.
///
/// # Errors
/// The file cannot be read or is no text; a line has no label or no text.
pub fn read(source: &Source, coarse: bool, options: &TableOptions) -> Result<File, DataError> {
    let path = &source.path;
    let bytes = files::read(path).map_err(|error| io_error(path, "read", error))?;
    let not_text = |source| TextError::NotText { path: path.into(), source };
    let mut text = plain_text::decode(&bytes).map_err(not_text)?;
    let latin1 = text.latin1.is_some();
    let mut samples = match &source.class {
        Some(class) => of_class(&text.content, class),
        None => match table(path, &text.content, options)? {
            Some((columns, sheet)) => {
                text.notes.push(columns.in_words());
                rows(path, &columns, sheet)?
            }
            None => lines(path, &text.content)?,
        },
    };
    if samples.is_empty() {
        return Err(TextError::Empty { path: path.clone(), lines: text.content.lines().count() }.into());
    }
    if coarse {
        let short = |label: &str| label.split(':').next().unwrap_or(label).to_string();
        samples.iter_mut().for_each(|sample| sample.label = short(&sample.label));
    }
    samples.iter_mut().for_each(|sample| sample.label = names::composed(&sample.label));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let notes = text.notes.iter().map(|note| format!("{name}: {note}")).collect();
    Ok(File { samples, latin1, notes })
}

/// The lines that are not blank, with their numbers, from 1.
fn filled(content: &str) -> impl Iterator<Item = (usize, &str)> {
    content.split('\n').enumerate().map(|(i, line)| (i + 1, line)).filter(|(_, line)| !line.trim().is_empty())
}

fn of_class(content: &str, class: &str) -> Vec<Sample> {
    let sample = |(line, text): (usize, &str)| Sample {
        label: class.into(),
        text: text.trim().into(),
        line,
        part: Part::Unknown,
        file: 0,
    };
    filled(content).map(sample).collect()
}

fn lines(path: &Path, content: &str) -> Result<Vec<Sample>, TextError> {
    let tab = filled(content).next().is_some_and(|(_, line)| line.contains('\t'));
    filled(content).map(|(line, text)| labelled(path, line, text, tab)).collect()
}

/// The columns and rows of a table; none where the file has labelled lines.
fn table(path: &Path, content: &str, options: &TableOptions) -> Result<Option<(Columns, Sheet)>, DataError> {
    let said = options.text_column.is_some() || options.label_column.is_some();
    let sheet = match Sheet::parse(path, content) {
        Ok(sheet) => sheet,
        // its lines would have labels such as `{"text":`
        Err(error @ TableError::Json { .. }) => return Err(error.into()),
        Err(error) if said || is_csv(path) => return Err(error.into()),
        Err(_) => return Ok(None),
    };
    if said || is_csv(path) {
        // an error of a named column is worth more than what lines would say
        layout::named(path, &sheet, options)?;
    }
    let text = plain_text::PlainText { content: content.into(), ..plain_text::PlainText::default() };
    match Layout::of(path, &text, options) {
        Some(Layout::Table(columns)) => Ok(Some((columns, sheet))),
        None if said || is_csv(path) => {
            let found = sheet.rows.first().map_or(Vec::new(), |row| row.fields.clone());
            let (what, wanted) = ("labels", Role::LABEL.names.to_vec());
            let key = Role::LABEL.key.expect("labels have an option");
            Err(TableError::NoColumn { path: path.into(), what, found, wanted, key }.into())
        }
        _ => Ok(None),
    }
}

fn is_csv(path: &Path) -> bool {
    path.extension().is_some_and(|end| end.eq_ignore_ascii_case("csv"))
}

impl Columns {
    /// What is read from where, for people.
    fn in_words(&self) -> String {
        let name = |column: usize| match self.has_header {
            true => format!("column `{}`", self.names[column]),
            false => format!("column {} (no header)", self.names[column]),
        };
        format!("texts from {}, labels from {}", name(self.text), name(self.label))
    }
}

fn rows(path: &Path, columns: &Columns, sheet: Sheet) -> Result<Vec<Sample>, DataError> {
    let header = sheet.rows.first().map(|row| row.fields.clone()).filter(|_| columns.has_header);
    let body = sheet.rows.into_iter().filter(|row| header.as_ref() != Some(&row.fields));
    let sample = |Row { line, fields }: Row| {
        let (found, expected) = (fields.len(), columns.names.len());
        if found != expected {
            return Err(TableError::Fields { path: path.into(), line, found, expected }.into());
        }
        let field = |column: usize| fields[column].trim().to_string();
        let (label, text, number) = (field(columns.label), field(columns.text), line as usize);
        if label.is_empty() {
            let problem = "empty".into();
            let (column, hint) = (columns.names[columns.label].clone(), "add a label, or remove the row");
            return Err(TableError::Field { path: path.into(), line, column, problem, hint }.into());
        }
        if text.is_empty() {
            return Err(TextError::NoText { path: path.into(), line: number, label }.into());
        }
        let part = match columns.split {
            None => Part::Unknown,
            Some(column) => Part::named(&fields[column]).ok_or_else(|| TableError::Field {
                path: path.into(),
                line,
                column: columns.names[column].clone(),
                problem: format!("`{}` is not a split", field(column)),
                hint: "train, val or test",
            })?,
        };
        Ok(Sample { label, text, line: number, part, file: 0 })
    };
    body.map(sample).collect()
}

/// What ends a label.
pub fn separator(tab: bool) -> &'static str {
    if tab { "tab" } else { "space" }
}

fn labelled(path: &Path, line: usize, text: &str, tab: bool) -> Result<Sample, TextError> {
    let text = text.trim_end();
    // a label alone has lost its separator with the text
    let (label, rest) =
        text.split_once(if tab { '\t' } else { ' ' }).unwrap_or(if tab { ("", text) } else { (text, "") });
    let (label, rest) = (label.trim(), rest.trim());
    if label.is_empty() {
        let found = text.chars().take(40).collect();
        return Err(TextError::NoLabel { path: path.into(), line, separator: separator(tab), found });
    }
    if rest.is_empty() {
        return Err(TextError::NoText { path: path.into(), line, label: label.into() });
    }
    Ok(Sample { label: label.into(), text: rest.into(), line, part: Part::Unknown, file: 0 })
}
