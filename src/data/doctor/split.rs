//! A data set as a table that says the split of each example.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::division::{Item, Shares, divide};
use super::{Print, groups};
use crate::data::io::io_error;
use crate::data::part::Part;
use crate::data::picture::Place;
use crate::data::pictures::{Catalog, Target};
use crate::data::survey::aim_of;
use crate::data::{DataError, LoadOptions, OnPictures, Places, formats, load_with, picture};
use crate::defaults::Aim;

/// A table that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Divided {
    /// The table as CSV: `image,label,split`, or `text,label,split`; columns of numbers where there are no classes.
    pub csv: String,
    /// Examples for training, validation and testing.
    pub counts: [usize; 3],
    /// Examples that are copies of others, or nearly look so: each has the split of the others.
    pub copies: usize,
    /// Classes that have no example for training, validation or testing although a share is wanted, since too few of theirs differ.
    pub undivided: Vec<String>,
    /// Images that cannot be read or are missing, and are left out.
    pub left_out: usize,
}

/// Divides a data set of pictures in a folder or table, or of texts. Paths in the table start from `folder`, or are whole.
///
/// # Errors
/// As [`load`](crate::data::load), and for data that are neither.
pub fn split(
    path: &Path,
    options: &LoadOptions,
    shares: Shares,
    seed: u64,
    folder: &Path,
    on_pictures: OnPictures,
) -> Result<Divided, DataError> {
    let format = formats::detect(path, &options.table);
    if let Some(list) = format.and_then(|format| format.list) {
        let catalog = list(path, options)?;
        if catalog.entries.is_empty() {
            catalog.check_missing(options)?;
        }
        return pictures(catalog, shares, seed, folder, on_pictures);
    }
    if format.is_none() {
        // what is wrong is said as of any data
        load_with(path.to_str(), options, &Places::default(), &|_, _| {})?;
    }
    #[cfg(feature = "text")]
    if let Some(samples) = formats::text::samples(path, options)? {
        let names = ["text", "label"].map(String::from).to_vec();
        let prints: Vec<Print> = samples.iter().map(|sample| Print::of_bytes(sample.key.as_bytes())).collect();
        let examples = samples.into_iter().map(|sample| Example {
            name: sample.key,
            class: sample.label.clone(),
            part: sample.part,
            fields: vec![sample.text, sample.label],
        });
        return Ok(table(names, examples.collect(), &prints, shares, seed));
    }
    Err(DataError::NotDivided { path: path.to_path_buf() })
}

/// An example with what the table says about it.
struct Example {
    name: String,
    class: String,
    part: Part,
    fields: Vec<String>,
}

fn pictures(
    catalog: Catalog,
    shares: Shares,
    seed: u64,
    folder: &Path,
    on_pictures: OnPictures,
) -> Result<Divided, DataError> {
    let (done, count) = (AtomicUsize::new(0), catalog.entries.len());
    let prints: Vec<Option<Print>> = catalog
        .entries
        .par_iter()
        .map(|entry| {
            let print = picture::decode(&entry.place).ok().map(|picture| Print::of(&picture));
            on_pictures(done.fetch_add(1, Ordering::Relaxed) + 1, count);
            print
        })
        .collect();
    let is_classes = aim_of(catalog.entries.iter().map(|entry| &entry.target)) == Aim::Classes;
    let targets = if is_classes { vec!["label".to_string()] } else { catalog.classes.clone() };
    let names = std::iter::once("image".to_string()).chain(targets).collect();
    let mut left_out = catalog.damaged.len() + catalog.missing.len();
    let (mut examples, mut kept) = (Vec::new(), Vec::new());
    for (entry, print) in catalog.entries.iter().zip(prints) {
        let Some(print) = print else {
            left_out += 1;
            continue;
        };
        let name = super::super::pictures::short(&catalog.root, &entry.place);
        let image = within(file(&entry.place)?, folder)?;
        let (class, values) = match &entry.target {
            Target::Class(class) => (catalog.classes[*class as usize].clone(), None),
            Target::Values(values) => (String::new(), Some(values.iter().map(f32::to_string))),
        };
        let fields = match values {
            None => vec![image, class.clone()],
            Some(values) => std::iter::once(image).chain(values).collect(),
        };
        examples.push(Example { name, class, part: entry.part, fields });
        kept.push(print);
    }
    Ok(Divided { left_out, ..table(names, examples, &kept, shares, seed) })
}

/// The file of a picture; in a shard there is none that a table could name.
fn file(place: &Place) -> Result<&Path, DataError> {
    place.file().ok_or_else(|| DataError::NotDivided { path: place.path().to_path_buf() })
}

/// A file's path from a folder, with slashes; the whole path where it is not below.
fn within(path: &Path, folder: &Path) -> Result<String, DataError> {
    let whole = |path: &Path| path.canonicalize().map_err(|error| io_error(path, "find", error));
    let folder = whole(if folder.as_os_str().is_empty() { Path::new(".") } else { folder })?;
    // a link stays one: only its folder is resolved
    let parent = whole(path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")))?;
    let path: PathBuf = parent.join(path.file_name().unwrap_or_default());
    let shown = path.strip_prefix(&folder).unwrap_or(&path);
    let text = shown.to_str().ok_or_else(|| DataError::NotUtf8 { path: path.clone() })?;
    Ok(if cfg!(windows) { text.replace('\\', "/") } else { text.to_string() })
}

fn table(mut names: Vec<String>, examples: Vec<Example>, prints: &[Print], shares: Shares, seed: u64) -> Divided {
    let alike = groups(prints, |i| &examples[i].class);
    let mut group: Vec<usize> = (0..examples.len()).collect();
    alike.iter().for_each(|alike| alike.members.iter().for_each(|&i| group[i] = alike.members[0]));
    let items: Vec<Item> = examples
        .iter()
        .zip(group)
        .map(|(example, group)| Item {
            name: example.name.clone(),
            class: example.class.clone(),
            group,
            part: example.part,
        })
        .collect();
    let parts = divide(&items, shares, seed);
    let undivided = undivided(&items, &parts);
    names.push("split".into());
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut write = |fields: &[String]| writer.write_record(fields).expect("a vector takes every record");
    write(&names);
    for (mut example, part) in examples.into_iter().zip(&parts) {
        example.fields.push(part.name().to_string());
        write(&example.fields);
    }
    let csv = String::from_utf8(writer.into_inner().expect("a vector takes everything")).expect("fields are text");
    let counts =
        [Part::Train, Part::Validation, Part::Test].map(|wanted| parts.iter().filter(|part| **part == wanted).count());
    let copies = alike.iter().map(|alike| alike.members.len() - 1).sum();
    Divided { csv, counts, copies, undivided, left_out: 0 }
}

/// The classes of which a split has no example that has some of others.
fn undivided(items: &[Item], parts: &[Part]) -> Vec<String> {
    let mut splits: BTreeMap<&str, BTreeSet<Part>> = BTreeMap::new();
    items.iter().zip(parts).for_each(|(item, part)| {
        splits.entry(&item.class).or_default().insert(*part);
    });
    let all: BTreeSet<Part> = parts.iter().copied().collect();
    splits.into_iter().filter(|(_, of)| *of != all).map(|(class, _)| class.to_string()).collect()
}
