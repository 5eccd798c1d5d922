//! Submissions to a competition: the rows and columns of a sample, filled in.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::output::line;
use crate::cli::CliError;
use crate::cli::tasks::Row;
use crate::data::names::composed;
use crate::platform::files;
use crate::report::{aside, say};

/// A sample that is being filled in.
pub struct Submission {
    path: PathBuf,
    header: Vec<String>,
    rows: Vec<Vec<String>>,
    /// What stands in each column but the first.
    columns: Vec<Column>,
    answers: HashMap<String, Row>,
}

/// What a column takes of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    /// A cell of its own.
    Cell(usize),
    /// The probability of a class.
    Probability(usize),
}

impl Submission {
    /// Opens a sample: its first column are ids; others are named after classes, after what the model answers, or one is
    /// called as it may be.
    ///
    /// # Errors
    /// It cannot be read, or has columns that the model does not answer.
    pub fn open(path: &Path, cells: &[String], classes: &[String]) -> Result<Self, CliError> {
        let bytes = files::read(path).map_err(CliError::file(path))?;
        let unusable = |reason: String| {
            CliError::Usage(format!("{}: {reason}\n  try: a CSV file with the columns id and label", path.display()))
        };
        let content = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(content);
        let mut rows = Vec::new();
        for record in reader.records() {
            let record = record.map_err(|error| unusable(error.to_string()))?;
            rows.push(record.iter().map(|field| field.trim().to_string()).collect::<Vec<_>>());
        }
        if rows.len() < 2 || rows[0].len() < 2 {
            return Err(unusable("no sample of a submission: it needs a header of two columns and a row".into()));
        }
        let header = rows.remove(0);
        let column = |name: &String| {
            let of = |names: &[String]| names.iter().position(|own| own == name);
            of(classes).map(Column::Probability).or_else(|| of(cells).map(Column::Cell))
        };
        let columns: Vec<Option<Column>> = header[1..].iter().map(column).collect();
        let columns = match &columns[..] {
            // whatever it is called
            [None] if cells.len() == 1 => vec![Column::Cell(0)],
            _ => match columns.iter().position(Option::is_none) {
                Some(at) => {
                    let name = &header[1 + at];
                    return Err(unusable(format!("column `{name}` is none of the model's: {}", classes.join(", "))));
                }
                None => columns.into_iter().flatten().collect(),
            },
        };
        Ok(Submission { path: path.to_path_buf(), header, rows, columns, answers: HashMap::new() })
    }

    /// Takes an answer by the image's name.
    pub fn take(&mut self, id: &str, row: Row) {
        let name = Path::new(id).file_name().map_or(id.into(), |name| name.to_string_lossy().into_owned());
        self.answers.insert(composed(&name), row);
    }

    /// Prints it; whether every row is filled in. Rows without an answer stay as the sample has them.
    ///
    /// # Errors
    /// If no row has an answer.
    pub fn finish(self) -> Result<bool, CliError> {
        let stem =
            |name: &str| Path::new(name).file_stem().map_or(name.into(), |stem| stem.to_string_lossy().into_owned());
        let by_stem: HashMap<String, &Row> = self.answers.iter().map(|(name, row)| (stem(name), row)).collect();
        let answer = |id: &str| {
            let name = composed(id.rsplit(['/', '\\']).next().unwrap_or(id));
            self.answers.get(&name).or_else(|| by_stem.get(&name).copied())
        };
        let missing: Vec<&str> =
            self.rows.iter().map(|row| row[0].as_str()).filter(|id| answer(id).is_none()).collect();
        if missing.len() == self.rows.len() {
            return Err(CliError::Usage(format!(
                "{}: none of its {} ids is the name of an image, such as `{}`\n  try: the folder of the test images",
                self.path.display(),
                missing.len(),
                missing[0]
            )));
        }
        say!("{}", line(self.header.clone()));
        for row in &self.rows {
            let Some(found) = answer(&row[0]) else {
                say!("{}", line(row.clone()));
                continue;
            };
            let cell = |column: &Column| match *column {
                Column::Cell(at) => found.cells[at].clone(),
                Column::Probability(class) => format!("{:.6}", found.probabilities.get(class).copied().unwrap_or(0.0)),
            };
            say!("{}", line(std::iter::once(row[0].clone()).chain(self.columns.iter().map(cell))));
        }
        if let Some(first) = missing.first() {
            aside!(
                "{} of {} rows have no image and stay as they are, such as `{first}`",
                missing.len(),
                self.rows.len()
            );
        }
        Ok(missing.is_empty())
    }
}
