//! Folders of pictures that do not say what the classes are.

use std::path::{Path, PathBuf};

use thiserror::Error;

use super::suggest::Suggestion;
use crate::hint::{Hint, Hints};

/// Folders of pictures that could mean several things, or no classes.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FolderError {
    /// A folder that is called as a split is, beside folders that could be classes.
    #[error("{}: {} could be a split or a class: as classes there are {}; as splits, {} of {}", root.display(),
            quoted(split), classes.join(", "), inside.join(", "), quoted(split))]
    Ambiguous {
        /// The folder.
        root: PathBuf,
        /// Folders that are called as splits are.
        split: Vec<String>,
        /// The classes, if each folder is one.
        classes: Vec<String>,
        /// The classes, if those folders are splits.
        inside: Vec<String>,
    },
    /// Folders that all hold the same folders.
    #[error("{}: {} each hold the folders {}; which of them are the classes?", root.display(), quoted(folders),
            inside.join(", "))]
    Nested {
        /// The folder.
        root: PathBuf,
        /// Its folders.
        folders: Vec<String>,
        /// What each of them holds.
        inside: Vec<String>,
    },
    /// Splits without classes, as competitions have them.
    #[error("{}: {} {} images and no folder for each class", root.display(), quoted(folders),
            if folders.len() == 1 { "holds" } else { "hold" })]
    Unsorted {
        /// The folder.
        root: PathBuf,
        /// Its folders.
        folders: Vec<String>,
        /// Where the classes may be instead.
        suggestion: Option<Suggestion>,
    },
    /// Pictures alone.
    #[error("{}: {images} image{} and no folder for each class", root.display(), if *images == 1 { "" } else { "s" })]
    NoFolders {
        /// The folder.
        root: PathBuf,
        /// Pictures in it.
        images: usize,
        /// Where the classes may be instead.
        suggestion: Option<Suggestion>,
    },
    /// One class.
    #[error("{}: 1 class (`{class}`), at least 2 are needed", root.display())]
    OneClass {
        /// The folder.
        root: PathBuf,
        /// Name of the class.
        class: String,
        /// Where more classes may be.
        suggestion: Option<Suggestion>,
    },
}

impl Hints for FolderError {
    fn hints(&self) -> Vec<Hint> {
        let layouts = || ["classes", "splits"].map(|layout| Hint::set("images.layout", layout));
        let sorted =
            |root: &Path| Hint::advice(format!("one folder for each class: {0}/cats/…, {0}/dogs/…", root.display()));
        let suggested = |suggestion: &Option<Suggestion>, root: &Path| match suggestion {
            Some(suggestion) => suggestion.hint(),
            None => sorted(root),
        };
        match self {
            FolderError::Ambiguous { .. } => layouts().to_vec(),
            FolderError::Nested { root, folders, .. } => {
                let [classes, _] = layouts();
                let inside = folders.first().map(|name| root.join(name).display().to_string()).unwrap_or_default();
                let splits = Hint::advice("folders called train, val and test, if they are splits");
                vec![Hint::command(["train", &inside]), classes, splits]
            }
            FolderError::Unsorted { root, suggestion, .. } => {
                let [classes, _] = layouts();
                vec![suggested(suggestion, root), classes]
            }
            FolderError::NoFolders { root, suggestion, .. } | FolderError::OneClass { root, suggestion, .. } => {
                vec![suggested(suggestion, root)]
            }
        }
    }
}

fn quoted(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match names.split_last() {
        Some((last, before @ [_, ..])) => format!("{} and {last}", before.join(", ")),
        _ => names.concat(),
    }
}
