//! Labels of pictures in shards, which become targets as a table's do.

use std::path::Path;

use super::error::ShardError;
use crate::data::formats::table::{Table, labels_of, targets_of};
use crate::data::part::Part;
use crate::data::picture::Place;
use crate::data::pictures::{Catalog, Damaged, Entry, PictureError, Target};
use crate::data::tabular::{Roles, Row};
use crate::data::{DataError, LoadOptions};

/// A picture in a shard, and what is said about it.
#[derive(Clone, Debug)]
pub struct Labelled {
    pub place: Place,
    pub part: Part,
    /// Its label as text; none if nothing is said.
    pub label: Option<String>,
}

/// What the labels of all shards are.
#[derive(Clone, Debug)]
pub struct Labels {
    /// Where they stand, as a column would be called.
    pub name: String,
    /// Whether each is a class, even where all of them are numbers.
    pub are_classes: bool,
    /// Whether a picture may have several, with `|` between them.
    pub are_several: bool,
    /// Names of the classes that numbers stand for, and where they come from.
    pub names: Option<(Vec<String>, String)>,
    /// Why a picture without a label has none.
    pub missing: &'static str,
}

/// Lists pictures with their targets. One without a label is damaged, and where nothing is learned of labels none needs one.
///
/// # Errors
/// A number without a name, or as a table's labels.
pub fn catalog(
    root: &Path,
    pictures: Vec<Labelled>,
    labels: Labels,
    options: &LoadOptions,
) -> Result<Catalog, DataError> {
    let mut catalog = Catalog::new(root);
    if options.unlabelled && pictures.iter().all(|picture| picture.label.is_none()) {
        let entry = |Labelled { place, part, .. }| Entry { place, part, target: Target::Values(Vec::new()) };
        catalog.entries = pictures.into_iter().map(entry).collect();
        return Ok(catalog);
    }
    let pictures = without_unlabelled(pictures, &labels, &mut catalog);
    let (mut rows, mut kept) = (Vec::new(), Vec::new());
    for Labelled { place, part, label } in pictures {
        let Some(label) = label else {
            catalog.damaged.push(Damaged { place, reason: labels.missing.into() });
            continue;
        };
        let label = match named(&labels, label, &place) {
            Ok(label) => label,
            // where nothing is learned of labels, that is one picture less
            Err(error) if options.unlabelled => {
                catalog.damaged.push(Damaged { place, reason: error.to_string() });
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        rows.push(Row { line: rows.len() as u64 + 1, fields: vec![String::new(), label] });
        kept.push((place, part));
    }
    if rows.is_empty() {
        return Err(PictureError::Nothing { root: root.to_path_buf() }.into());
    }
    let roles = Roles {
        names: vec!["image".into(), labels.name.clone()],
        main: 0,
        split: None,
        label: Some(1),
        values: Vec::new(),
    };
    let table = Table { roles, rows, notes: Vec::new() };
    let own = match (&options.classes, &labels.names) {
        (None, Some((names, _))) => {
            if names.len() < options.fewest_classes() {
                return Err(PictureError::OneClass { path: root.to_path_buf(), classes: names.clone() }.into());
            }
            catalog.declared = true;
            LoadOptions { classes: Some(names.clone()), ..options.clone() }
        }
        _ => options.clone(),
    };
    let own = LoadOptions { several_labels: own.several_labels || labels.are_several, ..own };
    let targets = if labels.are_classes {
        labels_of(root, &table, 1, None, &mut catalog, &own)?
    } else {
        targets_of(root, &table, &mut catalog, &own)?
    };
    let entry = |((place, part), target)| Entry { place, part, target };
    catalog.entries = kept.into_iter().zip(targets).map(entry).collect();
    Ok(catalog)
}

/// Pictures without those of a split in which none has a label, as test splits of competitions are. A number below zero is no label
/// where numbers have names.
fn without_unlabelled(mut pictures: Vec<Labelled>, labels: &Labels, catalog: &mut Catalog) -> Vec<Labelled> {
    let is_below_zero = |label: &String| label.trim().parse::<i64>().is_ok_and(|number| number < 0);
    if labels.names.is_some() {
        pictures
            .iter_mut()
            .for_each(|picture| picture.label = picture.label.take().filter(|label| !is_below_zero(label)));
    }
    for part in [Part::Validation, Part::Test] {
        let of_part = || pictures.iter().filter(|picture| picture.part == part);
        let count = of_part().count();
        if count > 0 && of_part().all(|picture| picture.label.is_none()) {
            let name = part.name();
            catalog.notes.push(format!("ignored: the {count} images of `{name}`, none of which has a label"));
            pictures.retain(|picture| picture.part != part);
        }
    }
    pictures
}

/// The name of a class whose number a label is.
fn named(labels: &Labels, label: String, place: &Place) -> Result<String, ShardError> {
    let Some((names, from)) = &labels.names else { return Ok(label) };
    if labels.are_several {
        let one = Labels { are_several: false, ..labels.clone() };
        let each = label.split('|').filter(|word| !word.is_empty()).map(|word| named(&one, word.into(), place));
        return Ok(each.collect::<Result<Vec<_>, _>>()?.join("|"));
    }
    let Ok(number) = label.trim().parse::<i64>() else { return Ok(label) };
    if let Some(name) = usize::try_from(number).ok().and_then(|number| names.get(number)) {
        return Ok(name.clone());
    }
    // a class may be called by a number
    if names.contains(&label) {
        return Ok(label);
    }
    Err(ShardError::NoName { place: place.to_string(), label: number, from: from.clone(), classes: names.len() })
}
