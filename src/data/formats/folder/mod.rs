//! Folders of pictures by class: `photos/cat/…`, or `photos/train/cat/…` with `val` and `test` beside `train`.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use super::{Detected, Format, Loading};
use crate::data::io::{IoError, io_error};
use crate::data::names;
use crate::data::picture::Place;
use crate::data::pictures::{Catalog, Damaged, Entry, FileType, Part, PictureError, Target, listed};
use crate::data::{DataError, DataKind, Dataset, LoadOptions, TableOptions};

mod archive;
mod doubts;
mod error;
mod layout;
mod left_out;
mod suggest;
mod tree;

pub(super) use archive::{Classes, Marks};
pub use error::FolderError;
pub(super) use layout::part_of;
use layout::{Arranged, Found, Looks};
use left_out::LeftOut;
pub(super) use left_out::{is_hidden, is_left_out_name};
pub use suggest::Suggestion;
use tree::{Inside, Tree, holds_picture, is_called_picture, is_picture};

pub(in crate::data) const FORMAT: Format = Format {
    name: "folder",
    what: "a folder with one folder of images for each class",
    kind: DataKind::Pictures,
    detect,
    load,
    list: Some(list),
};

fn detect(path: &Path, _: &TableOptions) -> Detected {
    let Some(inside) = path.is_dir().then(|| Inside::of(path).ok()).flatten() else { return Detected::No };
    if inside.folders.iter().any(|folder| holds_picture(&folder.path)) {
        return Detected::ByContent;
    }
    // pictures alone are one class, and an error that says where the others may be
    let is_one = !inside.folders.is_empty() || inside.pictures().next().is_some();
    if is_one { Detected::ByName } else { Detected::No }
}

fn load(path: &Path, loading: &Loading) -> Result<Dataset, DataError> {
    list(path, loading.options)?.load(loading.options, loading.cache, loading.on_pictures)
}

/// The pictures in a folder and below it, and what should be pictures, by name in natural order; runs, thumbnails and folders of
/// systems left out.
///
/// # Errors
/// The folder cannot be read.
pub fn pictures_in(folder: &Path) -> Result<Vec<PathBuf>, IoError> {
    let by_name =
        |a: &DirEntry, b: &DirEntry| names::natural(&a.file_name().to_string_lossy(), &b.file_name().to_string_lossy());
    let walk = WalkDir::new(folder).follow_links(true).sort_by(by_name).into_iter();
    let mut found = Vec::new();
    for entry in walk.filter_entry(|entry| LeftOut::of_entry(entry).is_none()) {
        match entry {
            Ok(entry) if entry.file_type().is_file() && is_picture(entry.path()) => found.push(entry.into_path()),
            // what is called a picture and is a pipe cannot be read, which is said of it
            Ok(entry) if !entry.file_type().is_dir() && is_called_picture(entry.path()) => {
                found.push(entry.into_path())
            }
            Ok(_) => {}
            Err(error) if error.depth() == 0 => return Err(io_error(folder, "list", cause(error))),
            // a link back to a folder above has been seen; one to nowhere should be a picture
            Err(error) if error.loop_ancestor().is_some() => {}
            Err(error) => found.extend(error.path().filter(|path| is_called_picture(path)).map(Path::to_path_buf)),
        }
    }
    Ok(found)
}

/// Lists a folder of pictures.
///
/// # Errors
/// It cannot be read, it could be several things, or there is a class without pictures.
fn list(root: &Path, options: &LoadOptions) -> Result<Catalog, DataError> {
    let Arranged { mut found, above, left_out, notes } = Looks::at(&Tree::Disk, root)?.arrange(options)?;
    let mut listing = Listing::new(root, left_out);
    listing.catalog.notes = notes;
    let mut walked = Vec::new();
    for one in &found {
        walked.push(listing.walk(&one.folder.path)?);
    }
    let mut held = walked.iter();
    found.retain(|_| held.next().is_some_and(|walked| !walked.is_left_out()));
    walked.retain(|walked| !walked.is_left_out());
    if found.is_empty() {
        return Err(no_folders(root)?);
    }
    listing.catalog.classes = classes(root, &found, options)?;
    for (one, walked) in found.iter().zip(walked) {
        listing.take(one, walked)?;
    }
    listing.catalog.notes.extend(merged(&found));
    for folder in &above {
        listing.loose(folder)?;
    }
    Ok(listing.finish())
}

/// What the system said, without the path.
fn cause(error: walkdir::Error) -> io::Error {
    let text = error.to_string();
    error.into_io_error().unwrap_or_else(|| io::Error::other(text))
}

fn no_folders(root: &Path) -> Result<DataError, DataError> {
    let images = Inside::of(root)?.pictures().count();
    let suggestion = suggest::instead(root, false);
    Ok(FolderError::NoFolders { root: root.to_path_buf(), images, suggestion }.into())
}

/// Class names in natural order: those of the training folders, or of a trained model; of all folders where nothing is learned
/// of them.
fn classes(root: &Path, found: &[Found], options: &LoadOptions) -> Result<Vec<String>, DataError> {
    let named = |wanted: fn(Part) -> bool| {
        let mut names: Vec<String> = found.iter().filter(|f| wanted(f.part)).map(|f| f.folder.name.clone()).collect();
        names.sort_by(|a, b| names::natural(a, b));
        names.dedup();
        names
    };
    let mut classes = named(|part| matches!(part, Part::Train | Part::Unknown));
    if classes.is_empty() || options.unlabelled {
        classes = named(|_| true);
    }
    let (classes, from) = match &options.classes {
        Some(expected) => (expected.clone(), "the model's classes"),
        None => (classes, "the training folders"),
    };
    if let Some(Found { folder, .. }) = found.iter().find(|f| names::place(&f.folder.name, &classes).is_none()) {
        let (path, name) = (folder.path.clone(), folder.name.clone());
        return Err(PictureError::UnknownClass { path, name, from, classes }.into());
    }
    match &classes[..] {
        [class] if options.fewest_classes() > 1 => {
            let (root, class, suggestion) = (root.to_path_buf(), class.clone(), suggest::instead(root, true));
            Err(FolderError::OneClass { root, class, suggestion }.into())
        }
        _ => Ok(classes),
    }
}

/// What was found below a class folder.
#[derive(Default)]
struct Walked {
    pictures: Vec<Place>,
    damaged: Vec<Damaged>,
    /// Folders that are no data.
    left_out: usize,
}

impl Walked {
    fn is_empty(&self) -> bool {
        self.pictures.is_empty() && self.damaged.is_empty()
    }

    /// Whether it held nothing but folders that are no data, as `runs` does.
    fn is_left_out(&self) -> bool {
        self.is_empty() && self.left_out > 0
    }
}

struct Listing {
    catalog: Catalog,
    /// Files that are no pictures, by what they are.
    ignored: BTreeMap<String, usize>,
    left_out: Vec<(LeftOut, PathBuf)>,
}

impl Listing {
    fn new(root: &Path, left_out: Vec<(LeftOut, PathBuf)>) -> Self {
        Listing { catalog: Catalog::new(root), ignored: BTreeMap::new(), left_out }
    }

    /// Everything below a class folder.
    fn walk(&mut self, folder: &Path) -> Result<Walked, DataError> {
        let mut walked = Walked::default();
        let mut left_out = Vec::new();
        let walk = WalkDir::new(folder).follow_links(true).sort_by_file_name().into_iter();
        let walk = walk.filter_entry(|entry| {
            let why = LeftOut::of_entry(entry);
            left_out.extend(why.map(|why| (why, entry.path().to_path_buf())));
            why.is_none()
        });
        for entry in walk {
            match entry {
                Ok(entry) if entry.file_type().is_file() => self.file(entry.into_path(), &mut walked),
                Ok(_) => {}
                // a link back to a folder above: what is there has been seen
                Err(error) if error.loop_ancestor().is_some() => self.ignore("circular links"),
                Err(error) => {
                    let at = error.path().unwrap_or(folder).to_path_buf();
                    let is_broken_link = at.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink());
                    if !is_broken_link {
                        return Err(io_error(&at, "read", cause(error)).into());
                    }
                    walked.damaged.push(Damaged { place: at.into(), reason: "a broken link".into() });
                }
            }
        }
        left_out.retain(|(why, _)| why.words().is_some());
        walked.left_out = left_out.len();
        self.left_out.extend(left_out);
        Ok(walked)
    }

    fn file(&mut self, path: PathBuf, walked: &mut Walked) {
        let (place, kind) = listed(path);
        match kind {
            FileType::Picture => walked.pictures.push(place),
            FileType::Damaged(reason) => walked.damaged.push(Damaged { place, reason }),
            FileType::Other => self.ignore(&kind_of(place.name())),
        }
    }

    /// Takes in the pictures of a class folder.
    fn take(&mut self, Found { part, folder }: &Found, walked: Walked) -> Result<(), DataError> {
        if walked.is_empty() {
            return Err(PictureError::EmptyClass { path: folder.path.clone() }.into());
        }
        let label = names::place(&folder.name, &self.catalog.classes);
        let target = Target::Class(label.expect("classes come from the folders") as u32);
        let entry = |place| Entry { place, part: *part, target: target.clone() };
        self.catalog.entries.extend(walked.pictures.into_iter().map(entry));
        self.catalog.damaged.extend(walked.damaged);
        Ok(())
    }

    fn ignore(&mut self, kind: &str) {
        *self.ignored.entry(kind.into()).or_default() += 1;
    }

    /// Counts what lies beside the class folders.
    fn loose(&mut self, folder: &Path) -> Result<(), DataError> {
        for path in Inside::of(folder)?.files {
            if is_picture(&path) {
                self.ignore("images outside the class folders");
            } else {
                self.ignore(&kind_of(&path));
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Catalog {
        self.catalog.notes.extend(ignored_note(&self.ignored));
        let left_out = left_out::notes(&self.catalog.root, self.left_out);
        self.catalog.notes.extend(left_out);
        self.catalog
    }
}

/// Says which folders are one class, since their names are spelt alike.
fn merged(found: &[Found]) -> Vec<String> {
    let mut folders: BTreeMap<(Part, &str), usize> = BTreeMap::new();
    for Found { part, folder } in found {
        *folders.entry((*part, &folder.name)).or_default() += 1;
    }
    let notes = folders.iter().filter(|(_, count)| **count > 1).map(|((_, name), count)| {
        format!("{count} folders are called `{name}`, spelt in different ways or in different places: one class")
    });
    notes.collect()
}

/// Names that fit a line.
fn few(names: &[String]) -> String {
    const NAMED: usize = 4;
    match names.get(NAMED..).map(<[String]>::len) {
        Some(more @ 1..) => format!("{} and {more} more", names[..NAMED].join(", ")),
        _ => names.join(", "),
    }
}

/// A line about files that are no pictures, by what they are.
pub(super) fn ignored_note(ignored: &BTreeMap<String, usize>) -> Option<String> {
    let kinds: Vec<String> = ignored.iter().map(|(kind, count)| format!("{kind} ({count})")).collect();
    (!kinds.is_empty()).then(|| format!("ignored: {}", kinds.join(", ")))
}

/// The end of a file's name, as `.txt files`.
pub(super) fn kind_of(path: &Path) -> String {
    match path.extension() {
        Some(end) => format!(".{} files", end.to_string_lossy().to_lowercase()),
        None => "files without an extension".into(),
    }
}
