//! Folders of pictures by class: `photos/cat/…`, or `photos/train/cat/…` with `val` and `test` beside `train`.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::{Detected, Format, Loading};
use crate::data::io::io_error;
use crate::data::pictures::{Catalog, Damaged, Entry, FileType, Part, PictureError, Target, classify};
use crate::data::{DataError, DataKind, Dataset, LoadOptions, TableOptions};

pub(super) const FORMAT: Format = Format {
    name: "folder",
    what: "a folder with one folder of images for each class",
    kind: DataKind::Pictures,
    detect,
    load,
    list: Some(list),
};

/// Files that are looked at for a picture before the layout of the folders decides.
const LOOKED_AT: usize = 1000;

fn detect(path: &Path, _: &TableOptions) -> Detected {
    if !path.is_dir() || !looks_like_one(path) {
        return Detected::No;
    }
    let below = WalkDir::new(path).min_depth(2).follow_links(true).into_iter().flatten().take(LOOKED_AT);
    let mut files = below.filter(|entry| entry.file_type().is_file() && !is_hidden(entry.file_name()));
    let holds_picture = files.any(|entry| !matches!(classify(entry.path()), FileType::Other));
    if holds_picture { Detected::ByContent } else { Detected::ByName }
}

fn load(path: &Path, loading: &Loading) -> Result<Dataset, DataError> {
    list(path, loading.options)?.load(loading.options, loading.cache, loading.on_pictures)
}

/// Folders of a split layout, by name.
fn part_of(name: &str) -> Option<Part> {
    match name.to_lowercase().as_str() {
        "train" | "training" => Some(Part::Train),
        "val" | "valid" | "validation" => Some(Part::Validation),
        "test" | "testing" => Some(Part::Test),
        _ => None,
    }
}

/// Whether a folder could be one of pictures by class: it has a folder that is not hidden.
fn looks_like_one(folder: &Path) -> bool {
    subfolders(folder).is_ok_and(|folders| !folders.is_empty())
}

/// Lists a folder of pictures.
///
/// # Errors
/// It cannot be read, or there is a class without pictures.
fn list(folder: &Path, options: &LoadOptions) -> Result<Catalog, DataError> {
    let top = subfolders(folder)?;
    let mut listing = Listing { catalog: Catalog::new(folder), ignored: BTreeMap::new() };
    let parts: Vec<(Part, PathBuf)> =
        top.iter().filter_map(|(name, path)| Some((part_of(name)?, path.clone()))).collect();
    let by_part = !parts.is_empty() && parts.iter().all(|(_, path)| holds_folders_alone(path));
    let mut found = Vec::new();
    if by_part {
        for (part, path) in parts {
            found.extend(subfolders(&path)?.into_iter().map(|(name, path)| (part, name, path)));
        }
        let others: Vec<&str> =
            top.iter().map(|(name, _)| name.as_str()).filter(|name| part_of(name).is_none()).collect();
        if !others.is_empty() {
            listing.catalog.notes.push(format!("ignored next to train, val and test: {}", others.join(", ")));
        }
    } else {
        found.extend(top.into_iter().map(|(name, path)| (Part::Unknown, name, path)));
    }
    listing.catalog.classes = classes(folder, &found, options)?;
    for (part, name, path) in &found {
        listing.class(*part, name, path)?;
    }
    listing.loose(folder)?;
    Ok(listing.finish())
}

/// Class names, sorted: those of the training folders, or of a trained model; of all folders where nothing is learned of them.
fn classes(folder: &Path, found: &[(Part, String, PathBuf)], options: &LoadOptions) -> Result<Vec<String>, DataError> {
    let named = |wanted: fn(Part) -> bool| {
        let mut names: Vec<String> = found.iter().filter(|f| wanted(f.0)).map(|f| f.1.clone()).collect();
        names.sort();
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
    if let Some((_, name, path)) = found.iter().find(|f| !classes.contains(&f.1)) {
        let (path, name) = (path.clone(), name.clone());
        return Err(PictureError::UnknownClass { path, name, from, classes }.into());
    }
    if classes.len() < options.fewest_classes() {
        let path = folder.to_path_buf();
        return Err(PictureError::OneClass { path, classes }.into());
    }
    Ok(classes)
}

struct Listing {
    catalog: Catalog,
    /// Files that are no pictures, by what they are.
    ignored: BTreeMap<String, usize>,
}

impl Listing {
    /// Takes in every picture below a class folder.
    fn class(&mut self, part: Part, name: &str, path: &Path) -> Result<(), DataError> {
        let label = self.catalog.classes.iter().position(|c| c == name).expect("classes come from the folders");
        let before = self.catalog.entries.len() + self.catalog.damaged.len();
        let walk = WalkDir::new(path).follow_links(true).sort_by_file_name().into_iter();
        for entry in walk.filter_entry(|e| e.depth() == 0 || !is_hidden(e.file_name())) {
            let entry = match entry {
                Ok(entry) => entry,
                // a link back to a folder above: what is there has been seen
                Err(error) if error.loop_ancestor().is_some() => {
                    self.ignore("circular links");
                    continue;
                }
                Err(error) => {
                    let at = error.path().unwrap_or(path).to_path_buf();
                    let broken_link = at.symlink_metadata().is_ok_and(|m| m.is_symlink());
                    let error = std::io::Error::from(error);
                    if !broken_link {
                        return Err(io_error(&at, "read", error).into());
                    }
                    self.catalog.damaged.push(Damaged { path: at, reason: "a broken link".into() });
                    continue;
                }
            };
            if !entry.file_type().is_file() {
                continue;
            }
            let path = entry.into_path();
            match classify(&path) {
                FileType::Picture => {
                    self.catalog.entries.push(Entry { path, part, target: Target::Class(label as u32) })
                }
                FileType::Damaged(reason) => self.catalog.damaged.push(Damaged { path, reason }),
                FileType::Other => self.ignore(&kind_of(&path)),
            }
        }
        if self.catalog.entries.len() + self.catalog.damaged.len() == before {
            return Err(PictureError::EmptyClass { path: path.to_path_buf() }.into());
        }
        Ok(())
    }

    fn ignore(&mut self, kind: &str) {
        *self.ignored.entry(kind.into()).or_default() += 1;
    }

    /// Counts what lies beside the class folders.
    fn loose(&mut self, folder: &Path) -> Result<(), DataError> {
        for entry in fs::read_dir(folder).map_err(|error| io_error(folder, "list", error))? {
            let path = entry.map_err(|error| io_error(folder, "list", error))?.path();
            if path.is_file() && !path.file_name().is_some_and(is_hidden) {
                let what = match classify(&path) {
                    FileType::Other => kind_of(&path),
                    _ => "images outside the class folders".into(),
                };
                self.ignore(&what);
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Catalog {
        if !self.ignored.is_empty() {
            let kinds: Vec<String> = self.ignored.iter().map(|(kind, count)| format!("{kind} ({count})")).collect();
            self.catalog.notes.push(format!("ignored: {}", kinds.join(", ")));
        }
        self.catalog
    }
}

/// Names and paths of the folders in a folder, links followed, sorted; hidden ones and those of archivers left out.
fn subfolders(folder: &Path) -> Result<Vec<(String, PathBuf)>, DataError> {
    let cannot = |error| io_error(folder, "list", error);
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(cannot)? {
        let path = entry.map_err(cannot)?.path();
        let name = path.file_name().unwrap_or_default();
        if path.is_dir() && !is_hidden(name) {
            found.push((name.to_string_lossy().into_owned(), path));
        }
    }
    found.sort();
    Ok(found)
}

/// Whether a folder holds folders and no picture of its own, as `train` does in a split layout.
fn holds_folders_alone(folder: &Path) -> bool {
    let is_picture = |path: PathBuf| path.is_file() && !matches!(classify(&path), FileType::Other);
    let picture = fs::read_dir(folder).is_ok_and(|entries| entries.flatten().any(|entry| is_picture(entry.path())));
    looks_like_one(folder) && !picture
}

fn is_hidden(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    name.starts_with('.') || name == "__MACOSX"
}

/// The end of a file's name, as `.txt files`.
fn kind_of(path: &Path) -> String {
    match path.extension() {
        Some(end) => format!(".{} files", end.to_string_lossy().to_lowercase()),
        None => "files without an extension".into(),
    }
}
