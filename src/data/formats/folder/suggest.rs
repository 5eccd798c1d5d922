//! Where the classes may be, if not in the folder that was named: further in, further out, or in a table.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::layout::{Looks, part_of};
use super::tree::{Inside, Tree};
use crate::data::FolderLayout as Layout;
use crate::data::pictures::Part;
use crate::data::{LoadOptions, names};
use crate::hint::Hint;

/// What was probably meant by a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Suggestion {
    /// Another folder, with these classes.
    Folder {
        /// Its path.
        path: PathBuf,
        /// Names of its classes.
        classes: Vec<String>,
    },
    /// A table beside the pictures.
    Table {
        /// Path of the table.
        path: PathBuf,
        /// Where the pictures are.
        images: Option<PathBuf>,
    },
    /// Pictures whose names begin with their classes, as `cat.0.jpg` and `dog.0.jpg`.
    Names {
        /// The folder that they lie in.
        path: PathBuf,
        /// What their names begin with.
        classes: Vec<String>,
    },
}

impl Suggestion {
    /// The command to run.
    pub fn hint(&self) -> Hint {
        let text = |path: &Path| path.display().to_string();
        match self {
            Suggestion::Names { path, classes } => {
                const SHOWN: usize = 3;
                let folder = |class: &String| path.join(class).join("…").display().to_string();
                let mut folders: Vec<String> = classes.iter().take(SHOWN).map(folder).collect();
                folders.extend((classes.len() > SHOWN).then(|| format!("{} in all", classes.len())));
                Hint::advice(format!("one folder for each class, as the images' names begin: {}", folders.join(", ")))
            }
            Suggestion::Folder { path, .. } => Hint::command(["train", &text(path)]),
            Suggestion::Table { path, images: None } => Hint::command(["train", &text(path)]),
            Suggestion::Table { path, images: Some(images) } => {
                Hint::command(["train", &text(path), "--images", &text(images)])
            }
        }
    }
}

/// Folders that are looked into.
const MOST: usize = 64;
/// How far in.
const DEPTH: usize = 3;

/// What was probably meant by `root`: a table in it, a folder in it, or, unless its folders hold the pictures, the one above.
pub(super) fn instead(root: &Path, is_sorted_in_folders: bool) -> Option<Suggestion> {
    let outside = || if is_sorted_in_folders { None } else { above(root) };
    table(root).or_else(|| within(root)).or_else(outside).or_else(|| by_names(root))
}

/// The fewest pictures of a class that names are believed with.
const FEWEST: usize = 2;

/// Classes in the names of pictures in a folder, or in its folder of training pictures: what they begin with, where each comes twice.
fn by_names(root: &Path) -> Option<Suggestion> {
    let inside = Inside::of(root).ok()?;
    let trains = inside.folders.iter().find(|folder| part_of(&folder.name) == Some(Part::Train));
    let path = match (inside.pictures().next(), trains.or(inside.folders.first())) {
        (Some(_), _) => root,
        (None, folder) => &folder?.path,
    };
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for picture in Inside::of(path).ok()?.pictures() {
        let stem = names::of(picture.file_stem()?);
        *counts.entry(stem.trim_end_matches(|c: char| !c.is_alphabetic()).into()).or_default() += 1;
    }
    let are_classes = counts.len() > 1 && counts.iter().all(|(name, count)| !name.is_empty() && *count >= FEWEST);
    are_classes.then(|| Suggestion::Names { path: path.to_path_buf(), classes: counts.into_keys().collect() })
}

/// A folder's classes, if it has two or more.
fn fits(folder: &Path) -> Option<(Layout, Vec<String>, bool)> {
    let looks = Looks::at(&Tree::Disk, folder).ok()?;
    let layout = looks.decide(&LoadOptions::default()).ok()?;
    let classes = looks.classes(layout);
    (classes.len() > 1).then(|| (layout, classes, looks.is_plain()))
}

fn within(root: &Path) -> Option<Suggestion> {
    let mut level = vec![root.to_path_buf()];
    for _ in 0..DEPTH {
        let inside = level.iter().filter_map(|folder| Inside::of(folder).ok());
        level = inside.flat_map(|inside| inside.folders).map(|folder| folder.path).take(MOST).collect();
        let mut fitting = level.iter().filter_map(|path| Some((path, fits(path)?)));
        if let Some((path, (_, classes, _))) = fitting.next() {
            return Some(Suggestion::Folder { path: path.clone(), classes });
        }
    }
    None
}

/// The folder above, if it has a folder of pictures for each class; or the one above that, if they are a split of it.
fn above(root: &Path) -> Option<Suggestion> {
    let outer = |folder: &Path| match folder.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => Some(parent.to_path_buf()),
        _ => folder.canonicalize().ok()?.parent().map(Path::to_path_buf),
    };
    let folder = |path, classes| Some(Suggestion::Folder { path, classes });
    let parent = outer(root)?;
    let (_, classes, is_plain) = fits(&parent)?;
    if let Some(grandparent) = outer(&parent)
        && let Some((Layout::Splits, classes, _)) = fits(&grandparent)
    {
        return folder(grandparent, classes);
    }
    if is_plain { folder(parent, classes) } else { None }
}

/// The table of training pictures in a folder: the one called after training or labels, or the only one.
fn table(root: &Path) -> Option<Suggestion> {
    let inside = Inside::of(root).ok()?;
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let is_table = |path: &&PathBuf| [".csv", ".tsv"].iter().any(|end| name(path).ends_with(end));
    let mut tables: Vec<&PathBuf> = inside.files.iter().filter(is_table).collect();
    tables.retain(|path| !["submission", "test"].iter().any(|word| name(path).contains(word)));
    tables.sort();
    let named = |word: &str| tables.iter().find(|path| name(path).contains(word)).copied();
    let only = || if let [only] = tables[..] { Some(only) } else { None };
    let path = named("train").or_else(|| named("label")).or_else(only)?.clone();
    let is_train = |folder: &&super::tree::Folder| folder.name.to_lowercase().contains("train");
    let images = inside.folders.iter().find(is_train).or_else(|| inside.folders.first());
    Some(Suggestion::Table { path, images: images.map(|folder| folder.path.clone()) })
}
