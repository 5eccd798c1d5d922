//! Columns of numbers: values to predict, labels of 0 and 1, or classes in columns of their own.

use std::path::Path;

use super::read::Table;
use super::targets::field;
use crate::data::names;
use crate::data::pictures::{Catalog, PictureError, Target};
use crate::data::tabular::TableError;
use crate::data::{DataError, LoadOptions};

/// The targets of rows whose columns hold numbers.
///
/// # Errors
/// A field that is no number, or columns that a trained model does not know.
pub fn targets(
    path: &Path,
    table: &Table,
    catalog: &mut Catalog,
    options: &LoadOptions,
) -> Result<Vec<Target>, DataError> {
    let columns = known(path, table, table.roles.values.clone(), options)?;
    let mut targets = numbers(path, table, &columns, catalog)?;
    // a model that was trained on these numbers as they are goes on with them
    if options.classes.is_none() || options.several_labels {
        catalog.notes.extend(with_signs(&mut targets));
    }
    if let Some(classes) = one_of_each(&targets, options) {
        let count = catalog.classes.len();
        catalog.notes.push(format!(
            "each image has exactly one of the {count} labels in columns of 0 and 1: they are classes (--loss bce makes them labels)"
        ));
        return as_classes(classes, catalog, options);
    }
    catalog.notes.extend(kinds(&targets, table));
    Ok(targets)
}

/// The columns of a table in the order in which a trained model gives what is in them; as they are where there is none.
///
/// # Errors
/// The model gives a value that no column is called after.
pub fn known(path: &Path, table: &Table, columns: Vec<usize>, options: &LoadOptions) -> Result<Vec<usize>, TableError> {
    let Some(expected) = options.classes.as_ref().filter(|_| options.several_labels || options.values) else {
        return Ok(columns);
    };
    // a model of another program, or of arrays, has no names but numbers
    let are_numbers = expected.iter().enumerate().all(|(i, name)| *name == i.to_string());
    // a column that somebody named is meant, whatever it is called
    let is_said = options.table.label_column.is_some() && expected.len() == columns.len();
    if columns.is_empty() || expected.is_empty() || options.unlabelled || are_numbers || is_said {
        return Ok(columns);
    }
    let called = |name: &String| columns.iter().copied().find(|&i| names::composed(&table.roles.names[i]) == *name);
    let found: Option<Vec<usize>> = expected.iter().map(|name| called(&names::composed(name))).collect();
    found.ok_or_else(|| {
        let missing = expected.iter().filter(|name| called(&names::composed(name)).is_none()).cloned().collect();
        TableError::NotPredicted { path: path.to_path_buf(), missing, found: table.roles.names.clone() }
    })
}

/// For each row the column that alone has a 1, where all rows have one: of fewer rows it may be chance, and a loss may ask for labels
/// or numbers.
fn one_of_each(targets: &[Target], options: &LoadOptions) -> Option<Vec<usize>> {
    const FEW: usize = 10;
    if targets.len() < FEW || options.several_labels || options.values || options.unlabelled {
        return None;
    }
    let only = |target: &Target| {
        let Target::Values(values) = target else { return None };
        let ones: Vec<usize> = (0..values.len()).filter(|&i| values[i] == 1.0).collect();
        let others = values.iter().all(|&value| value == 0.0 || value == 1.0);
        if let [one] = ones[..] { (values.len() > 1 && others).then_some(one) } else { None }
    };
    targets.iter().map(only).collect()
}

/// Columns as classes: in natural order, or as a trained model has them.
fn as_classes(columns: Vec<usize>, catalog: &mut Catalog, options: &LoadOptions) -> Result<Vec<Target>, DataError> {
    let named: Vec<String> = catalog.classes.iter().map(|name| names::composed(name)).collect();
    let mut classes = named.clone();
    classes.sort_by(|a, b| names::natural(a, b));
    if let Some(expected) = &options.classes {
        let other = columns.iter().find(|&&column| names::place(&named[column], expected).is_none());
        if let Some(&column) = other {
            let (path, from, name) = (catalog.root.clone(), "the model's classes", named[column].clone());
            return Err(PictureError::UnknownClass { path, name, from, classes: expected.clone() }.into());
        }
        classes.clone_from(expected);
    }
    let label = |column: usize| names::place(&named[column], &classes).expect("a column of the table") as u32;
    let targets = columns.into_iter().map(|column| Target::Class(label(column))).collect();
    catalog.classes = classes;
    Ok(targets)
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
fn kinds(targets: &[Target], table: &Table) -> Option<String> {
    let rows = || targets.iter().map(|target| if let Target::Values(values) = target { &values[..] } else { &[] });
    let are_labels = rows().flatten().all(|&value| value == 0.0 || value == 1.0);
    match table.roles.values[..] {
        [] => None,
        [only] if !are_labels && rows().flatten().all(|value| value.fract() == 0.0) => {
            let name = &table.roles.names[only];
            Some(format!("`{name}` holds numbers to predict (regression); --label-column {name} makes each a class"))
        }
        [_, _, ..] if !are_labels => {
            let names: Vec<&str> = table.roles.values.iter().map(|&i| table.roles.names[i].as_str()).collect();
            let names = names.join(", ");
            Some(format!("numbers to predict (regression): {names}; --label-column NAME, if one of them holds classes"))
        }
        [_, _, ..] if rows().all(|row| row.iter().sum::<f32>() == 1.0) => Some(
            "each image has exactly one of the labels: a single column `label` with their names makes them classes"
                .into(),
        ),
        _ => None,
    }
}

/// Numbers in columns of their own.
pub fn numbers(
    path: &Path,
    table: &Table,
    columns: &[usize],
    catalog: &mut Catalog,
) -> Result<Vec<Target>, TableError> {
    catalog.classes = columns.iter().map(|&i| table.roles.names[i].clone()).collect();
    let mut targets = Vec::with_capacity(table.rows.len());
    for row in &table.rows {
        let mut numbers = Vec::with_capacity(columns.len());
        for &column in columns {
            let text = row.fields[column].trim();
            match text.parse::<f32>() {
                Ok(number) if number.is_finite() => numbers.push(number),
                _ => {
                    let problem = if text.is_empty() { "empty".into() } else { format!("`{text}` is not a number") };
                    let hint = "numbers in every column except the path and the split, or a column named label";
                    return Err(field(path, table, column, row.line, &problem, hint));
                }
            }
        }
        targets.push(Target::Values(numbers));
    }
    Ok(targets)
}
