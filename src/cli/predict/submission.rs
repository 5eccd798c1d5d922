//! Submissions to a competition: the rows and columns of a sample, filled in.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use super::output::line;
use crate::cli::CliError;
use crate::cli::tasks::Row;
use crate::data::names::composed;
use crate::data::{DataError, Sheet};
use crate::platform::files;
use crate::report::{aside, say};

/// A sample that is being filled in.
pub struct Submission {
    path: PathBuf,
    delimiter: u8,
    header: Vec<String>,
    rows: Vec<Vec<String>>,
    /// What stands in each column but the first.
    columns: Vec<Column>,
    /// By the names of images without folders: an image's whole name, and its answer. Of two images of one name both are there.
    answers: HashMap<String, Vec<(String, Row)>>,
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
        let content = std::str::from_utf8(&bytes).map_err(|_| unusable("not UTF-8".into()))?;
        let sheet = Sheet::parse(path, content.strip_prefix('\u{feff}').unwrap_or(content)).map_err(DataError::from)?;
        let trimmed = |fields: Vec<String>| fields.iter().map(|field| field.trim().to_string()).collect();
        let mut rows: Vec<Vec<String>> = sheet.rows.into_iter().map(|row| trimmed(row.fields)).collect();
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
                    let (name, known) = (&header[1 + at], if classes.is_empty() { cells } else { classes });
                    return Err(unusable(format!("column `{name}` is none of the model's: {}", known.join(", "))));
                }
                None => columns.into_iter().flatten().collect(),
            },
        };
        let (path, delimiter) = (path.to_path_buf(), sheet.delimiter);
        Ok(Submission { path, delimiter, header, rows, columns, answers: HashMap::new() })
    }

    /// Takes an answer by the image's name.
    pub fn take(&mut self, id: &str, row: Row) {
        let name = Path::new(id).file_name().map_or(id.into(), |name| name.to_string_lossy().into_owned());
        self.answers.entry(composed(&name)).or_default().push((id.into(), row));
    }

    /// Prints it; whether every row is filled in. Rows without an answer stay as the sample has them.
    ///
    /// # Errors
    /// If no row has an answer, or one has two.
    pub fn finish(self) -> Result<bool, CliError> {
        let stem =
            |name: &str| Path::new(name).file_stem().map_or(name.into(), |stem| stem.to_string_lossy().into_owned());
        // other ways to name an image: without its extension, in another case, or both
        let mut by_stem: HashMap<String, Vec<&(String, Row)>> = HashMap::new();
        let mut by_case: HashMap<String, Vec<&(String, Row)>> = HashMap::new();
        for (name, answers) in &self.answers {
            by_stem.entry(stem(name)).or_default().extend(answers);
            for name in BTreeSet::from([name.clone(), stem(name)]) {
                by_case.entry(name.to_lowercase()).or_default().extend(answers);
            }
        }
        let answers = |id: &str| -> Vec<&(String, Row)> {
            let name = composed(id.rsplit(['/', '\\']).next().unwrap_or(id));
            let all: Vec<_> = match self.answers.get(&name) {
                Some(answers) => answers.iter().collect(),
                None => by_stem.get(&name).or_else(|| by_case.get(&name.to_lowercase())).cloned().unwrap_or_default(),
            };
            // an id with folders says which of several images it is
            let ends = |path: &Path| path.ends_with(id) || path.with_extension("").ends_with(id);
            let told: Vec<_> = all.iter().copied().filter(|(path, _)| ends(Path::new(path))).collect();
            if told.len() == 1 { told } else { all }
        };
        for row in &self.rows {
            if let [(one, _), (other, _), ..] = &answers(&row[0])[..] {
                let (path, id) = (self.path.display(), &row[0]);
                let (one, other) = if one <= other { (one, other) } else { (other, one) };
                return Err(CliError::Usage(format!(
                    "{path}: id `{id}` could be {one} or {other}\n  try: a folder in which each id is the name of one image"
                )));
            }
        }
        let answer = |id: &str| answers(id).first().map(|(_, row)| row);
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
        say!("{}", line(self.header.clone(), self.delimiter));
        for row in &self.rows {
            let Some(found) = answer(&row[0]) else {
                say!("{}", line(row.clone(), self.delimiter));
                continue;
            };
            let cell = |column: &Column| match *column {
                Column::Cell(at) => found.cells[at].clone(),
                Column::Probability(class) => format!("{:.6}", found.probabilities[class]),
            };
            say!("{}", line(std::iter::once(row[0].clone()).chain(self.columns.iter().map(cell)), self.delimiter));
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
