//! What a table says about its pictures: classes, several labels, or numbers.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::read::Table;
use super::values;
use crate::data::names;
use crate::data::pictures::{Catalog, PictureError, Target};
use crate::data::tabular::{Row, TableError};
use crate::data::{DataError, LoadOptions, TableOptions};

/// The targets of every row; the names of classes, labels or numbers go to the catalog.
pub fn targets(
    path: &Path,
    table: &Table,
    catalog: &mut Catalog,
    options: &LoadOptions,
) -> Result<Vec<Target>, DataError> {
    let Some(column) = table.roles.label else { return values::targets(path, table, catalog, options) };
    without_decimal_commas(path, table, column)?;
    almost_numbers(path, table, column, options)?;
    let fields: Vec<&str> = fields_of(table, column).collect();
    if let Some(reason) = is_regression(&fields, &table.roles.names[column], options) {
        let name = &table.roles.names[column];
        catalog.notes.push(format!("`{name}` holds {reason}: a value to predict (regression), not classes"));
        return Ok(values::numbers(path, table, &values::known(path, table, vec![column], options)?, catalog)?);
    }
    let found = separator(table, column, &options.table);
    let separator = found.or_else(|| options.several_labels.then(|| "|".to_string()));
    if let Some(separator) = &separator
        && separator != "|"
    {
        let (name, shown) = (&table.roles.names[column], shown(separator));
        catalog.notes.push(format!(
            "`{name}` holds several labels separated by {shown} (--label-separator none if each is one label)"
        ));
    }
    labels(path, table, column, separator.as_deref(), catalog, options)
}

/// The fields of a column.
fn fields_of(table: &Table, column: usize) -> impl Iterator<Item = &str> {
    table.rows.iter().map(move |row| row.fields[column].trim())
}

/// A label as a number; 007 is a name.
fn number(field: &str) -> Option<f64> {
    let is_name = field.len() > 1 && field.starts_with('0') && field.bytes().all(|b| b.is_ascii_digit());
    field.parse::<f64>().ok().filter(|number| number.is_finite() && !is_name)
}

/// Labels of fewer rows say nothing about what they are.
const FEW: usize = 10;

/// Why labels are values instead: nobody names classes by fractions, or gives as good as each image its own; or a trained model gives the
/// value of this name; or numbers are asked for.
fn is_regression(fields: &[&str], name: &str, options: &LoadOptions) -> Option<String> {
    let numbers: Vec<f64> = fields.iter().map(|field| number(field)).collect::<Option<_>>()?;
    if options.values {
        return Some("numbers, and the loss is one over numbers".into());
    }
    match options.classes.as_deref() {
        Some([only]) if *only == names::composed(name) => return Some("what the model was trained to predict".into()),
        Some(classes) if fields.iter().all(|field| names::place(field, classes).is_some()) => return None,
        _ => {}
    }
    if numbers.iter().any(|number| number.fract() != 0.0) {
        return Some("numbers with a fraction".into());
    }
    let (rows, different) = (fields.len(), fields.iter().collect::<BTreeSet<_>>().len());
    (rows >= FEW && different * 4 >= rows * 3).then(|| format!("{different} different numbers in {rows} rows"))
}

/// What stands in a table where a value is missing, in small letters, as other programs write it.
const MISSING: [&str; 9] = ["nan", "na", "n/a", "#n/a", "<na>", "null", "none", "?", "-"];

/// Whether a field says that its value is missing.
fn is_missing(field: &str) -> bool {
    MISSING.contains(&field.to_lowercase().as_str())
}

/// Refuses a column of values to predict, of which some are none: as classes, each number would be one.
fn almost_numbers(path: &Path, table: &Table, column: usize, options: &LoadOptions) -> Result<(), TableError> {
    let (numbers, others): (Vec<&str>, Vec<&str>) = fields_of(table, column).partition(|field| number(field).is_some());
    let are_few = others.iter().all(|field| is_missing(field)) || others.len() * 10 <= table.rows.len();
    if others.is_empty() || numbers.len() < FEW || !are_few {
        return Ok(());
    }
    let is_own = |field: &str| options.classes.as_ref().is_some_and(|known| names::place(field, known).is_some());
    let wrong = table.rows.iter().find(|row| number(row.fields[column].trim()).is_none());
    match wrong.filter(|row| !is_own(row.fields[column].trim())) {
        Some(row) if is_regression(&numbers, &table.roles.names[column], options).is_some() => {
            let (text, count, rows) = (row.fields[column].trim(), numbers.len(), table.rows.len());
            let problem = match text {
                "" => format!("empty, but {count} of {rows} rows have a number"),
                text => format!("`{text}` is not a number, but {count} of {rows} are"),
            };
            Err(field(path, table, column, row.line, &problem, "a number, or remove the row"))
        }
        _ => Ok(()),
    }
}

/// Lines about labels that probably are none: marks of missing ones, and a label of its own for as good as each row.
pub fn doubtful_classes(table: &Table, options: &LoadOptions) -> Vec<String> {
    let Some(column) = table.roles.label.filter(|_| options.classes.is_none()) else { return Vec::new() };
    let (name, rows) = (&table.roles.names[column], table.rows.len());
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    fields_of(table, column).for_each(|field| *counts.entry(field).or_default() += 1);
    let marks = counts.iter().filter(|(field, _)| is_missing(field)).map(|(field, count)| {
        let rows = if *count == 1 { "1 row".into() } else { format!("{count} rows") };
        format!("`{name}` is `{field}` in {rows}: a class of this name; if it means that none is known, remove them")
    });
    let mut notes: Vec<String> = marks.collect();
    if rows >= FEW && counts.len() * 4 >= rows * 3 {
        let (count, first) = (counts.len(), counts.keys().next().copied().unwrap_or_default());
        notes.push(format!(
            "`{name}` has {count} different labels in {rows} rows, such as `{first}`, each a class; --label-column names another column"
        ));
    }
    notes
}

/// A note on labels that are numbers and stay classes, with how to predict them as numbers. Two of them, as 0 and 1, are none.
pub fn numbered_classes(table: &Table, options: &LoadOptions) -> Option<String> {
    let column = table.roles.label?;
    let name = &table.roles.names[column];
    let fields: BTreeSet<&str> = table.rows.iter().map(|row| row.fields[column].trim()).collect();
    let are_numbers = fields.iter().all(|field| field.parse::<f64>().is_ok());
    if !are_numbers || fields.len() < 3 || options.classes.is_some() {
        return None;
    }
    let classes = fields.len();
    Some(format!("`{name}` holds {classes} different numbers, each a class; --loss mse predicts them as numbers"))
}

/// Refuses a column of labels whose fields all are numbers, some with a comma in them: `3,5` is no class.
fn without_decimal_commas(path: &Path, table: &Table, column: usize) -> Result<(), TableError> {
    let is_number = |row: &Row| row.fields[column].trim().replacen(',', ".", 1).parse::<f64>().is_ok();
    let has_comma = |row: &&Row| row.fields[column].contains(',');
    match table.rows.iter().find(has_comma).filter(|_| table.rows.iter().all(is_number)) {
        None => Ok(()),
        Some(row) => {
            let problem = format!("`{}` has a decimal comma", row.fields[column].trim());
            Err(field(path, table, column, row.line, &problem, "numbers with a decimal point, such as 3.5"))
        }
    }
}

/// What separates the labels of a row; none where each row has one label.
fn separator(table: &Table, column: usize, options: &TableOptions) -> Option<String> {
    match options.label_separator.as_deref() {
        Some("none") => return None,
        Some("space") => return Some(" ".into()),
        Some(said) => return Some(said.into()),
        None => {}
    }
    let fields: BTreeSet<&str> = table.rows.iter().map(|row| row.fields[column].trim()).collect();
    if fields.iter().any(|field| field.contains('|')) {
        return Some("|".into());
    }
    if fields.iter().all(|field| field.starts_with('[') && field.ends_with(']')) {
        return Some(",".into());
    }
    let divided = |sign: char| fields.iter().any(|field| field.contains(sign));
    let is_number = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit());
    if divided(' ') && fields.iter().all(|field| field.split(' ').all(is_number)) {
        return Some(" ".into());
    }
    let name = table.roles.names[column].trim().to_lowercase();
    let is_tags = name.contains("tag") || name.contains("attribute");
    let is_plural = ["labels", "classes", "categories", "targets"].contains(&name.as_str());
    let found = [';', ',', ' '].into_iter().filter(|_| is_tags || is_plural).find(|&sign| divided(sign))?;
    (is_tags || are_combined(&fields, found)).then(|| found.to_string())
}

/// Whether words are combined freely, as tags are: there are no more words than fields, or a word also stands alone.
fn are_combined(fields: &BTreeSet<&str>, sign: char) -> bool {
    let words = |field: &str| field.split(sign).map(|word| word.trim().to_string()).collect::<Vec<_>>();
    let several: Vec<Vec<String>> = fields.iter().map(|field| words(field)).filter(|words| words.len() > 1).collect();
    let all: BTreeSet<String> = fields.iter().flat_map(|field| words(field)).collect();
    all.len() <= fields.len() || several.iter().flatten().any(|word| fields.contains(word.as_str()))
}

fn shown(separator: &str) -> String {
    match separator {
        " " => "spaces".into(),
        other => format!("`{other}`"),
    }
}

/// A label of a list without its quotes.
fn bare(word: &str, of_list: bool) -> &str {
    let word = word.trim();
    if of_list { word.trim_matches(['\'', '"']).trim() } else { word }
}

/// The labels of a row: several with a separator between them, as a list in brackets too.
fn of_row(field: &str, separator: Option<&str>) -> Vec<String> {
    let list = field.trim().strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).filter(|_| separator.is_some());
    let field = list.unwrap_or(field);
    let words: Vec<&str> = match separator {
        None => vec![field.trim()],
        Some(separator) => field.split(separator).map(|word| bare(word, list.is_some())).collect(),
    };
    words.into_iter().filter(|word| !word.is_empty()).map(names::composed).collect()
}

/// Classes, or labels of which a picture may have several, with this between them.
pub fn labels(
    path: &Path,
    table: &Table,
    column: usize,
    separator: Option<&str>,
    catalog: &mut Catalog,
    options: &LoadOptions,
) -> Result<Vec<Target>, DataError> {
    let several = separator.is_some();
    let of = |row: &Row| of_row(&row.fields[column], separator);
    if let Some(row) = table.rows.iter().find(|row| !several && of(row).is_empty()) {
        return Err(field(path, table, column, row.line, "empty", "add a label, or remove the row").into());
    }
    let mut classes: Vec<String> = table.rows.iter().flat_map(&of).collect();
    classes.sort_by(|a, b| names::natural(a, b));
    classes.dedup();
    if let Some(expected) = &options.classes {
        if let Some(name) = classes.iter().find(|class| names::place(class, expected).is_none()).cloned() {
            let (path, from, classes) = (path.to_path_buf(), "the model's classes", expected.clone());
            return Err(PictureError::UnknownClass { path, name, from, classes }.into());
        }
        classes = expected.clone();
    }
    if classes.len() < options.fewest_classes() {
        return Err(PictureError::OneClass { path: path.to_path_buf(), classes }.into());
    }
    let numbers: std::collections::HashMap<String, usize> =
        classes.iter().enumerate().map(|(i, class)| (names::composed(class), i)).collect();
    let targets = table.rows.iter().map(|row| {
        let words = of(row);
        let index = |word: &String| numbers[word.as_str()];
        if several {
            let mut values = vec![0.0; classes.len()];
            words.iter().for_each(|word| values[index(word)] = 1.0);
            Target::Values(values)
        } else {
            Target::Class(index(&words[0]) as u32)
        }
    });
    let targets = targets.collect();
    catalog.classes = classes;
    Ok(targets)
}

/// What is wrong with a field.
pub fn field(path: &Path, table: &Table, column: usize, line: u64, problem: &str, hint: &'static str) -> TableError {
    let (path, column) = (path.to_path_buf(), table.roles.names[column].clone());
    TableError::Field { path, line, column, problem: problem.into(), hint }
}
