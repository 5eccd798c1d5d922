//! Pictures whose labels a trained model is asked about.

use std::path::Path;

use super::Member;
use crate::data::picture::Place;
use crate::data::pictures::Target;
use crate::data::{DataError, LoadOptions, formats, known};

/// A picture and what a report calls it.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Where it is.
    pub place: Place,
    /// The number of its class.
    pub class: usize,
    /// What it is called.
    pub member: Member,
}

/// The pictures of a folder or table with their classes; none where data are no files of pictures, or have no classes.
///
/// # Errors
/// As [`load`](crate::data::load).
pub fn listed(spec: &str, options: &LoadOptions) -> Result<Option<Vec<Listed>>, DataError> {
    let path = Path::new(spec);
    let format = formats::detect(path, &options.table).filter(|_| known::find(spec).is_none());
    let Some(list) = format.and_then(|format| format.list) else { return Ok(None) };
    let catalog = list(path, options)?;
    let of = |entry: &crate::data::pictures::Entry| {
        let Target::Class(class) = entry.target else { return None };
        let name = crate::data::pictures::short(&catalog.root, &entry.place);
        let label = catalog.classes[class as usize].clone();
        let member = Member { name, label, part: super::count_of(entry.part) };
        Some(Listed { place: entry.place.clone(), class: class as usize, member })
    };
    Ok(catalog.entries.iter().map(of).collect())
}
