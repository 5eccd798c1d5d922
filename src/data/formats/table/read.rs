//! A table of pictures as it is written: its header, its rows, and which column holds what.

use std::collections::BTreeSet;
use std::path::Path;

use super::files::{Files, is_address, is_picture_name};
use crate::data::io::io_error;
use crate::data::part::Part;
use crate::data::plain_text;
use crate::data::tabular::{Role, Roles, Row, Sheet, TableError, is_unnamed};
use crate::data::{DataError, LoadOptions, TableOptions};
use crate::platform::files;

/// A table of pictures.
pub struct Table {
    pub roles: Roles,
    pub rows: Vec<Row>,
    pub notes: Vec<String>,
}

/// Rows that tell what a column holds.
const LOOKED_AT: usize = 50;

/// Reads a table.
///
/// # Errors
/// [`TableError`] with line and column.
pub fn read(path: &Path, options: &LoadOptions, files: &mut Files) -> Result<Table, DataError> {
    let (options, unlabelled) = (&options.table, options.unlabelled);
    let bytes = files::read(path).map_err(|error| io_error(path, "read", error))?;
    let malformed = |reason: String| TableError::Malformed { path: path.to_path_buf(), reason };
    let not_text = |source| TableError::NotText { path: path.to_path_buf(), source };
    let text = plain_text::decode(&bytes).map_err(not_text)?;
    if let Some(line) = text.latin1 {
        return Err(malformed(format!("line {line}: not valid UTF-8")).into());
    }
    if text.content.trim().is_empty() {
        return Err(malformed("it is empty".into()).into());
    }
    let Sheet { mut rows, .. } = Sheet::parse(path, &text.content)?;
    let mut notes = text.notes;
    let names = header(&mut rows, options, files, &mut notes);
    same_width(path, &names, &mut rows)?;
    let roles = roles(path, names, &rows, (options, unlabelled), (files, &mut notes))?;
    if rows.is_empty() {
        return Err(malformed("0 rows below the header".into()).into());
    }
    Ok(Table { roles, rows, notes })
}

/// Takes the header out of the rows: the names of the columns, or numbers where the first row already is a picture.
fn header(rows: &mut Vec<Row>, options: &TableOptions, files: &mut Files, notes: &mut Vec<String>) -> Vec<String> {
    let Some(first) = rows.first().map(|row| row.fields.clone()) else { return vec![String::new()] };
    let names: Vec<String> = first.iter().map(|name| name.trim().to_string()).collect();
    let said = [&options.image_column, &options.label_column].into_iter().flatten().any(|name| names.contains(name));
    let is_picture = |name: &String| is_picture_name(name) || files.is_there(name);
    if !said && !Role::any_is_called(&names) && names.iter().any(is_picture) {
        notes.push("no header: columns are numbered from 1".into());
        return (1..=names.len()).map(|number| number.to_string()).collect();
    }
    let before = rows.len();
    rows.retain(|row| row.fields != first);
    if before > rows.len() + 1 {
        let again = before - rows.len() - 1;
        notes.push(format!("the header is repeated {} further down, and ignored there", times(again)));
    }
    names
}

fn times(count: usize) -> String {
    if count == 1 { "once".into() } else { format!("{count} times") }
}

/// Checks that every row has a field for each column. A delimiter at the end of every row adds none.
fn same_width(path: &Path, names: &[String], rows: &mut [Row]) -> Result<(), TableError> {
    let expected = names.len();
    let trailing = |row: &Row| row.fields.len() == expected + 1 && row.fields[expected].trim().is_empty();
    if !rows.is_empty() && rows.iter().all(trailing) {
        rows.iter_mut().for_each(|row| row.fields.truncate(expected));
    }
    match rows.iter().find(|row| row.fields.len() != expected) {
        None => Ok(()),
        Some(Row { line, fields }) => {
            Err(TableError::Fields { path: path.to_path_buf(), line: *line, found: fields.len(), expected })
        }
    }
}

/// The fields of a column in the first rows, those that are filled.
fn looked_at(rows: &[Row], column: usize) -> impl Iterator<Item = &str> {
    rows.iter().take(LOOKED_AT).map(move |row| row.fields[column].trim()).filter(|field| !field.is_empty())
}

fn roles(
    path: &Path,
    names: Vec<String>,
    rows: &[Row],
    (options, unlabelled): (&TableOptions, bool),
    (files, notes): (&mut Files, &mut Vec<String>),
) -> Result<Roles, TableError> {
    let label = Role::LABEL.said(path, &names, options.label_column.as_deref())?;
    let main = image(path, &names, rows, options, label, files)?;
    let split = split(path, &names, rows, [Some(main), label], notes)?;
    let taken = [Some(main), split];
    let label = match label {
        Some(label) => Some(label),
        None => match Role::LABEL.named(path, &names, &taken)? {
            None => Role::LABEL.other(path, &names, &taken)?,
            named => named,
        },
    };
    let rest: Vec<usize> =
        (0..names.len()).filter(|&i| i != main && Some(i) != split && !is_unnamed(&names[i])).collect();
    let words = |column: usize| {
        let (number, word): (Vec<&str>, Vec<&str>) =
            rows.iter().map(|row| row.fields[column].trim()).partition(|field| field.parse::<f64>().is_ok());
        word.len() > number.len()
    };
    let (label, values) = match (label, &rest[..]) {
        (Some(label), _) => (Some(label), Vec::new()),
        (None, &[only]) if words(only) || are_classes(&names, rows, only) => (Some(only), Vec::new()),
        (None, rest) if !rest.is_empty() && !rest.iter().any(|&column| words(column)) => (None, rest.to_vec()),
        // pictures to be answered need nothing else
        (None, _) if unlabelled => (None, Vec::new()),
        (None, rest) => {
            // the last one is proposed
            let mut found: Vec<String> = names.clone();
            if let Some(&column) = rest.iter().rev().find(|&&column| words(column)) {
                let name = found.remove(column);
                found.push(name);
            }
            let (path, wanted) = (path.to_path_buf(), Role::LABEL.names.to_vec());
            let key = Role::LABEL.key.expect("labels have an option");
            return Err(TableError::NoColumn { path, what: "labels or values", found, wanted, key });
        }
    };
    Ok(Roles { names, main, split, label, values })
}

/// The column of splits: by its name, or the only one of which every field is the name of a split.
fn split(
    path: &Path,
    names: &[String],
    rows: &[Row],
    taken: [Option<usize>; 2],
    notes: &mut Vec<String>,
) -> Result<Option<usize>, TableError> {
    if let Some(named) = Role::SPLIT.named(path, names, &taken)? {
        return Ok(Some(named));
    }
    if let Some(named) = Role::SPLIT.other(path, names, &taken)? {
        return Ok(Some(named));
    }
    let label = Role::LABEL.named(path, names, &taken)?;
    let holds_splits = |&column: &usize| {
        let parts: Option<BTreeSet<Part>> = rows.iter().map(|row| Part::named(&row.fields[column])).collect();
        parts.is_some_and(|parts| parts.len() > 1 && parts.contains(&Part::Train))
    };
    let free = |i: &usize| !taken.contains(&Some(*i)) && Some(*i) != label;
    let found: Vec<usize> = (0..names.len()).filter(free).filter(holds_splits).collect();
    let [only] = found[..] else { return Ok(None) };
    notes.push(format!("splits from column `{}`", names[only]));
    Ok(Some(only))
}

/// Different whole numbers that may be those of classes in a column that is called in no known way.
const FEW_CLASSES: usize = 20;
/// Names that mean an amount or a place on a scale.
const AMOUNTS: [&str; 20] = [
    "value", "values", "age", "count", "counts", "number", "score", "scores", "rating", "ratings", "price", "year",
    "years", "weight", "height", "width", "length", "size", "angle", "distance",
];

/// Whether the numbers of the only column that is left are classes: whole numbers that repeat. In a table without a header, as lists of
/// images are, all such are; otherwise few of them, and not two, which are one label that an image has or has not.
fn are_classes(names: &[String], rows: &[Row], column: usize) -> bool {
    let fields = || rows.iter().map(|row| row.fields[column].trim());
    let different: BTreeSet<&str> = fields().collect();
    let are_whole = fields().all(|field| field.parse::<i64>().is_ok());
    let repeat = different.len() * 4 < rows.len() * 3;
    let has_header = names.iter().enumerate().any(|(i, name)| *name != (i + 1).to_string());
    let name = names[column].to_lowercase();
    let is_amount = || name.split(|c: char| !c.is_alphanumeric()).any(|word| AMOUNTS.contains(&word));
    are_whole && repeat && (!has_header || (3..=FEW_CLASSES).contains(&different.len()) && !is_amount())
}

/// The column that names the pictures: by what was said, by its name, by what it holds, or by a name that often means it.
fn image(
    path: &Path,
    names: &[String],
    rows: &[Row],
    options: &TableOptions,
    label: Option<usize>,
    files: &mut Files,
) -> Result<usize, TableError> {
    if let Some(said) = Role::IMAGE.said(path, names, options.image_column.as_deref())? {
        return Ok(said);
    }
    if let Some(named) = Role::IMAGE.named(path, names, &[label])? {
        return Ok(named);
    }
    let mut holds_pictures = |column: usize| {
        let mut count = 0;
        looked_at(rows, column).all(|name| {
            count += 1;
            is_picture_name(name) || files.is_there(name)
        }) && count > 0
    };
    let mut held: Vec<usize> = (0..names.len()).filter(|&i| Some(i) != label && holds_pictures(i)).collect();
    let other = Role::IMAGE.other(path, names, &[label])?;
    // addresses of pictures say where they were, and an id what they are called here
    held.retain(|&i| other.is_none() || other == Some(i) || !looked_at(rows, i).any(is_address));
    if let [one] = held[..] {
        return Ok(one);
    }
    let key = Role::IMAGE.key.expect("images have an option");
    if !held.is_empty() {
        let columns = held.iter().map(|&i| names[i].clone()).collect();
        return Err(TableError::TwoColumns {
            path: path.to_path_buf(),
            what: Role::IMAGE.what,
            columns,
            key: Some(key),
        });
    }
    other.ok_or_else(|| {
        let (path, wanted) = (path.to_path_buf(), Role::IMAGE.names.to_vec());
        TableError::NoColumn { path, what: "the image path", found: names.to_vec(), wanted, key }
    })
}
