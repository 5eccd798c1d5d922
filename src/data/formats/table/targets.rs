//! What a table says about its pictures: classes, several labels, or numbers.

use std::collections::BTreeSet;
use std::path::Path;

use super::read::Table;
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
    let Some(column) = table.roles.label else {
        let mut targets = values(path, table, &table.roles.values, catalog)?;
        // a model that was trained on these numbers as they are goes on with them
        if options.classes.is_none() || options.several_labels {
            catalog.notes.extend(with_signs(&mut targets));
        }
        catalog.notes.extend(kinds_of_values(&targets, table));
        return Ok(targets);
    };
    without_decimal_commas(path, table, column)?;
    if let Some(reason) = is_regression(table, column, options) {
        let name = &table.roles.names[column];
        catalog.notes.push(format!("`{name}` holds {reason}: a value to predict (regression), not classes"));
        return Ok(values(path, table, &[column], catalog)?);
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

/// Reads -1 and 1 as labels that an image has not or has, where there is nothing else.
fn with_signs(targets: &mut [Target]) -> Option<String> {
    let all = || targets.iter().flat_map(|target| if let Target::Values(values) = target { &values[..] } else { &[] });
    if !all().all(|value| value.abs() == 1.0) || !all().any(|&value| value < 0.0) || !all().any(|&value| value > 0.0) {
        return None;
    }
    for target in targets {
        if let Target::Values(values) = target {
            values.iter_mut().for_each(|value| *value = value.max(0.0));
        }
    }
    Some("labels are -1 and 1, read as 0 and 1: an image may have several of them".into())
}

/// A line about what columns of numbers were taken for, where they may be something else.
fn kinds_of_values(targets: &[Target], table: &Table) -> Option<String> {
    let rows = || targets.iter().map(|target| if let Target::Values(values) = target { &values[..] } else { &[] });
    let are_labels = rows().flatten().all(|&value| value == 0.0 || value == 1.0);
    match table.roles.values[..] {
        [] => None,
        [only] if !are_labels && rows().flatten().all(|value| value.fract() == 0.0) => {
            let name = &table.roles.names[only];
            Some(format!("`{name}` holds numbers to predict (regression); --label-column {name} makes each a class"))
        }
        [_, _, ..] if are_labels && rows().all(|row| row.iter().sum::<f32>() == 1.0) => Some(
            "each image has exactly one of the labels: a single column `label` with their names makes them classes"
                .into(),
        ),
        _ => None,
    }
}

/// Why a column of labels holds values instead: nobody names classes by fractions, or gives as good as each image its own; or a trained
/// model gives the value of this name; or numbers are asked for.
fn is_regression(table: &Table, column: usize, options: &LoadOptions) -> Option<String> {
    /// Of fewer rows nothing can be said.
    const FEW: usize = 10;
    let fields = || table.rows.iter().map(|row| row.fields[column].trim());
    // 007 is a name
    let is_name = |field: &str| field.len() > 1 && field.starts_with('0') && field.bytes().all(|b| b.is_ascii_digit());
    let number = |field: &str| field.parse::<f64>().ok().filter(|_| !is_name(field));
    let numbers: Vec<f64> = fields().map(number).collect::<Option<_>>()?;
    let different = fields().collect::<BTreeSet<_>>().len();
    if options.values {
        return Some("numbers, and the loss is one over numbers".into());
    }
    match options.classes.as_deref() {
        Some([only]) if *only == names::composed(&table.roles.names[column]) => {
            return Some("what the model was trained to predict".into());
        }
        Some(classes) if fields().all(|field| names::place(field, classes).is_some()) => return None,
        _ => {}
    }
    if numbers.iter().any(|number| number.fract() != 0.0) {
        return Some("numbers with a fraction".into());
    }
    let rows = table.rows.len();
    (rows >= FEW && different * 4 >= rows * 3).then(|| format!("{different} different numbers in {rows} rows"))
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

/// Numbers in columns of their own.
fn values(path: &Path, table: &Table, columns: &[usize], catalog: &mut Catalog) -> Result<Vec<Target>, TableError> {
    catalog.classes = columns.iter().map(|&i| table.roles.names[i].clone()).collect();
    let mut targets = Vec::with_capacity(table.rows.len());
    for row in &table.rows {
        let mut numbers = Vec::with_capacity(columns.len());
        for &column in columns {
            let text = row.fields[column].trim();
            match text.parse::<f32>() {
                Ok(number) if number.is_finite() => numbers.push(number),
                _ => {
                    let problem = format!("`{text}` is not a number");
                    let hint = "numbers in every column except the path and the split, or a column named label";
                    return Err(field(path, table, column, row.line, &problem, hint));
                }
            }
        }
        targets.push(Target::Values(numbers));
    }
    Ok(targets)
}

/// What is wrong with a field.
pub fn field(path: &Path, table: &Table, column: usize, line: u64, problem: &str, hint: &'static str) -> TableError {
    let (path, column) = (path.to_path_buf(), table.roles.names[column].clone());
    TableError::Field { path, line, column, problem: problem.into(), hint }
}
