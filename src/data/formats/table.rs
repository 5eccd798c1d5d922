//! Tables of pictures: a CSV file with a header, one row for each picture, paths from where the file is.
//!
//! One column names the picture, at most one the split; a column of labels gives classes, or several labels with `|`
//! between them; other columns of numbers are values to predict, or labels where all of them are 0 or 1. A column of labels that
//! are numbers with a fraction is one of values, too.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use csv::{ReaderBuilder, StringRecord};
use thiserror::Error;

use crate::hint::{Hint, Hints};

use super::{Detected, Format, Loading};
use crate::data::io::io_error;
use crate::data::pictures::{Catalog, Damaged, Entry, FileType, Part, PictureError, Target, classify};
use crate::data::{DataError, DataKind, Dataset, LoadOptions};

const PATHS: [&str; 6] = ["image", "path", "filename", "file", "image_path", "file_name"];
const LABELS: [&str; 5] = ["label", "class", "labels", "classes", "category"];
const SPLITS: [&str; 2] = ["split", "subset"];

/// What is wrong with a table.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TableError {
    /// Not a table.
    #[error("{}: {reason}", path.display())]
    Malformed {
        /// Path of the table.
        path: PathBuf,
        /// What the parser says, with the line.
        reason: String,
    },
    /// A column that is needed and not there.
    #[error("{}: line 1: no column for {what}; found {}", path.display(), found.join(", "))]
    NoColumn {
        /// Path of the table.
        path: PathBuf,
        /// What the column would hold.
        what: &'static str,
        /// The columns there are.
        found: Vec<String>,
        /// Names it could have.
        wanted: Vec<&'static str>,
    },
    /// Two columns of one name, or of one meaning.
    #[error("{}: line 1: `{first}` and `{second}` both hold {what}", path.display())]
    TwoColumns {
        /// Path of the table.
        path: PathBuf,
        /// What they hold.
        what: &'static str,
        /// Name of the first such column.
        first: String,
        /// Name of the second one.
        second: String,
    },
    /// A row with too many or too few fields.
    #[error("{}: line {line}: {found} fields, but the header has {expected}",
            path.display())]
    Fields {
        /// Path of the table.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// Fields of the row.
        found: usize,
        /// Fields of the header.
        expected: usize,
    },
    /// A field that is not what its column holds.
    #[error("{}: line {line}, column `{column}`: {problem}", path.display())]
    Field {
        /// Path of the table.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// The column's name.
        column: String,
        /// What is wrong with the field.
        problem: String,
        /// What the field should hold.
        hint: &'static str,
    },
}

impl Hints for TableError {
    fn hints(&self) -> Vec<Hint> {
        let advice = match self {
            TableError::Malformed { .. } => {
                "a CSV file in UTF-8 that starts with a header such as image,label".to_string()
            }
            TableError::NoColumn { wanted, .. } => format!("a header with one of: {}", wanted.join(", ")),
            TableError::TwoColumns { .. } => "one of them".into(),
            TableError::Fields { .. } => "quotes around fields that contain a comma".into(),
            TableError::Field { hint, .. } => (*hint).into(),
        };
        vec![Hint::advice(advice)]
    }
}

/// Columns by what they hold.
struct Columns {
    names: Vec<String>,
    path: usize,
    split: Option<usize>,
    /// Labels; otherwise there are `values`.
    label: Option<usize>,
    values: Vec<usize>,
}

/// A row with its line.
struct Row {
    line: u64,
    fields: StringRecord,
}

pub(super) const FORMAT: Format = Format {
    name: "table",
    what: "a table of images (a .csv or .tsv file with a header such as image,label)",
    kind: DataKind::Pictures,
    detect,
    load,
    list: Some(list),
};

/// Bytes of a file that tell whether it is a table of pictures.
const LOOKED_AT: u64 = 1 << 16;

/// By a column that names pictures; a `.csv` file without one is a table that says what is missing.
fn detect(path: &Path) -> Detected {
    if !path.is_file() {
        return Detected::No;
    }
    let ends_with = |end: &str| path.extension().is_some_and(|own| own.eq_ignore_ascii_case(end));
    let is_table = ends_with("csv") || ends_with("tsv");
    let mut start = Vec::new();
    let read = File::open(path).and_then(|file| file.take(LOOKED_AT).read_to_end(&mut start));
    let mut lines = start.split(|&byte| byte == b'\n').map(String::from_utf8_lossy);
    let header = lines.next().unwrap_or_default();
    let fields = |line: &str| -> Vec<String> {
        let delimiter = delimiter(header.as_bytes()) as char;
        line.split(delimiter).map(|field| field.trim().trim_matches('"').to_lowercase()).collect()
    };
    let names = fields(&header);
    let names_pictures = names.len() > 1 && names.iter().any(|name| PATHS.contains(&name.as_str()));
    if names_pictures && read.is_ok() && is_table {
        Detected::ByContent
    } else if ends_with("csv") {
        Detected::ByName
    } else {
        Detected::No
    }
}

/// The sign that most often stands in a header; a comma where several do.
fn delimiter(header: &[u8]) -> u8 {
    let count = |sign: u8| header.iter().filter(|&&byte| byte == sign).count();
    *b",;\t".iter().max_by_key(|&&sign| (count(sign), sign == b',')).expect("three signs")
}

fn load(path: &Path, loading: &Loading) -> Result<Dataset, DataError> {
    list(path, loading.options)?.load(loading.options, loading.cache, loading.on_pictures)
}

/// Lists a table.
///
/// # Errors
/// [`TableError`] with line and column, or what is wrong with the classes.
fn list(path: &Path, options: &LoadOptions) -> Result<Catalog, DataError> {
    let (mut columns, rows) = read(path)?;
    if let Some(label) = columns.label.filter(|&label| holds_fractions(&rows, label)) {
        (columns.label, columns.values) = (None, vec![label]);
    }
    let mut catalog = Catalog::new(path);
    let targets = match columns.label {
        Some(column) => labels(path, &columns, column, &rows, &mut catalog, options)?,
        None => values(path, &columns, &rows, &mut catalog)?,
    };
    let unused: Vec<&str> = (0..columns.names.len())
        .filter(|&i| {
            i != columns.path && ![columns.split, columns.label].contains(&Some(i)) && !columns.values.contains(&i)
        })
        .map(|i| columns.names[i].as_str())
        .collect();
    if !unused.is_empty() {
        catalog.notes.push(format!("columns ignored: {}", unused.join(", ")));
    }
    let folder = path.parent().unwrap_or(Path::new(""));
    for (row, target) in rows.iter().zip(targets) {
        let part = part(path, &columns, row)?;
        let name = row.fields[columns.path].trim();
        if name.is_empty() {
            return Err(field(path, &columns, columns.path, row.line, "empty", "the path of an image").into());
        }
        let picture = folder.join(name);
        let damaged = match classify(&picture) {
            FileType::Picture => None,
            FileType::Damaged(reason) => Some(reason),
            FileType::Other => Some("not an image in a supported format".to_string()),
        };
        match damaged {
            None => catalog.entries.push(Entry { path: picture, part, target }),
            Some(reason) => {
                catalog.damaged.push(Damaged { path: picture, reason: format!("line {}: {reason}", row.line) });
            }
        }
    }
    Ok(catalog)
}

/// Whether a column of labels holds numbers with a fraction: nobody names classes so.
fn holds_fractions(rows: &[Row], column: usize) -> bool {
    let number = |row: &Row| row.fields[column].trim().parse::<f64>().ok();
    rows.iter().all(|row| number(row).is_some()) && rows.iter().filter_map(number).any(|number| number.fract() != 0.0)
}

fn field(path: &Path, columns: &Columns, column: usize, line: u64, problem: &str, hint: &'static str) -> TableError {
    let (path, column) = (path.to_path_buf(), columns.names[column].clone());
    TableError::Field { path, line, column, problem: problem.into(), hint }
}

fn read(path: &Path) -> Result<(Columns, Vec<Row>), DataError> {
    let bytes = std::fs::read(path).map_err(|error| io_error(path, "read", error))?;
    let first = bytes.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let mut reader = ReaderBuilder::new().delimiter(delimiter(first)).flexible(true).from_reader(bytes.as_slice());
    let malformed = |reason: String| TableError::Malformed { path: path.to_path_buf(), reason };
    let header = reader.headers().map_err(|error| malformed(error.to_string()))?.clone();
    let names: Vec<String> = header.iter().map(|name| name.trim().to_string()).collect();
    let columns = columns(path, names)?;
    let mut rows = Vec::new();
    for record in reader.records() {
        let fields = record.map_err(|error| malformed(error.to_string()))?;
        let line = fields.position().map_or(0, |position| line_of(position, &bytes));
        let (found, expected) = (fields.len(), columns.names.len());
        if found != expected {
            return Err(TableError::Fields { path: path.to_path_buf(), line, found, expected }.into());
        }
        rows.push(Row { line, fields });
    }
    if rows.is_empty() {
        return Err(malformed("0 rows below the header".into()).into());
    }
    Ok((columns, rows))
}

/// The line of a row, from 1. The parser counts empty lines before a row as its start.
fn line_of(position: &csv::Position, bytes: &[u8]) -> u64 {
    let rest = bytes.get(position.byte() as usize..).unwrap_or_default();
    let empty = rest.iter().take_while(|&byte| matches!(byte, b'\r' | b'\n')).filter(|&&byte| byte == b'\n');
    position.line() + empty.count() as u64
}

fn columns(path: &Path, names: Vec<String>) -> Result<Columns, TableError> {
    let find = |what: &'static str, wanted: &[&str]| {
        let mut found = (0..names.len()).filter(|&i| wanted.contains(&names[i].to_lowercase().as_str()));
        match (found.next(), found.next()) {
            (Some(a), Some(b)) => {
                let (first, second) = (names[a].clone(), names[b].clone());
                Err(TableError::TwoColumns { path: path.to_path_buf(), what, first, second })
            }
            (first, _) => Ok(first),
        }
    };
    let missing = |what, wanted: &[&'static str]| {
        let (path, found, wanted) = (path.to_path_buf(), names.clone(), wanted.to_vec());
        TableError::NoColumn { path, what, found, wanted }
    };
    let image = find("paths", &PATHS)?.ok_or_else(|| missing("the image path", &PATHS))?;
    let (label, split) = (find("labels", &LABELS)?, find("splits", &SPLITS)?);
    let values: Vec<usize> = match label {
        Some(_) => Vec::new(),
        None => (0..names.len()).filter(|&i| i != image && Some(i) != split).collect(),
    };
    if label.is_none() && values.is_empty() {
        return Err(missing("labels or values", &LABELS));
    }
    Ok(Columns { names, path: image, split, label, values })
}

fn part(path: &Path, columns: &Columns, row: &Row) -> Result<Part, TableError> {
    let Some(column) = columns.split else { return Ok(Part::Unknown) };
    match row.fields[column].trim().to_lowercase().as_str() {
        "train" | "training" => Ok(Part::Train),
        "val" | "valid" | "validation" => Ok(Part::Validation),
        "test" | "testing" => Ok(Part::Test),
        other => {
            Err(field(path, columns, column, row.line, &format!("`{other}` is not a split"), "train, val or test"))
        }
    }
}

/// Classes, or labels of which a picture may have several.
fn labels(
    path: &Path,
    columns: &Columns,
    column: usize,
    rows: &[Row],
    catalog: &mut Catalog,
    options: &LoadOptions,
) -> Result<Vec<Target>, DataError> {
    let several = rows.iter().any(|row| row.fields[column].contains('|'));
    let of = |row: &Row| -> Vec<String> {
        let words = row.fields[column].split('|').map(|word| word.trim().to_string());
        words.filter(|word| !word.is_empty()).collect()
    };
    if let Some(row) = rows.iter().find(|row| !several && of(row).is_empty()) {
        return Err(field(path, columns, column, row.line, "empty", "add a label, or remove the row").into());
    }
    let mut classes: Vec<String> = rows.iter().flat_map(&of).collect();
    // 2 comes before 10
    classes.sort_by(|a, b| (a.parse::<u64>().ok(), a).cmp(&(b.parse::<u64>().ok(), b)));
    classes.dedup();
    if let Some(expected) = &options.classes {
        if let Some(name) = classes.iter().find(|class| !expected.contains(class)).cloned() {
            let (path, from, classes) = (path.to_path_buf(), "the model's classes", expected.clone());
            return Err(PictureError::UnknownClass { path, name, from, classes }.into());
        }
        classes = expected.clone();
    }
    if classes.len() < options.fewest_classes() {
        return Err(PictureError::OneClass { path: path.to_path_buf(), classes }.into());
    }
    let mut targets = Vec::with_capacity(rows.len());
    for row in rows {
        let words = of(row);
        let index = |word: &String| classes.iter().position(|class| class == word).expect("classes come from the rows");
        targets.push(if several {
            let mut values = vec![0.0; classes.len()];
            words.iter().for_each(|word| values[index(word)] = 1.0);
            Target::Values(values)
        } else {
            Target::Class(index(&words[0]) as u32)
        });
    }
    catalog.classes = classes;
    Ok(targets)
}

/// Numbers in columns of their own.
fn values(path: &Path, columns: &Columns, rows: &[Row], catalog: &mut Catalog) -> Result<Vec<Target>, DataError> {
    catalog.classes = columns.values.iter().map(|&i| columns.names[i].clone()).collect();
    let mut targets = Vec::with_capacity(rows.len());
    for row in rows {
        let mut numbers = Vec::with_capacity(columns.values.len());
        for &column in &columns.values {
            let text = row.fields[column].trim();
            match text.parse::<f32>() {
                Ok(number) if number.is_finite() => numbers.push(number),
                _ => {
                    let problem = format!("`{text}` is not a number");
                    let hint = "numbers in every column except the path and the split, or a column named label";
                    return Err(field(path, columns, column, row.line, &problem, hint).into());
                }
            }
        }
        targets.push(Target::Values(numbers));
    }
    Ok(targets)
}
