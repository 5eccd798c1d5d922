//! Folders of pictures that do not say what the classes are.

use std::path::{Path, PathBuf};

use thiserror::Error;

use super::few;
use super::suggest::{self, Suggestion};
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
    /// Folders that probably are no classes.
    #[error("{}: {doubt}", root.display())]
    Doubtful {
        /// The folder.
        root: PathBuf,
        /// Why.
        doubt: Doubt,
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

/// Why folders probably are no classes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Doubt {
    /// A folder that holds folders called as those beside it.
    Copy {
        /// Its name.
        folder: String,
        /// The folders in it that are called so.
        inside: Vec<String>,
    },
    /// A folder that holds a data set of its own.
    Inner {
        /// Its name.
        folder: String,
        /// Its folders.
        inside: Vec<String>,
    },
    /// Folders that are each called after a split and a class.
    SplitNames {
        /// Their names.
        folders: Vec<String>,
    },
    /// Folders that are numbered parts of one.
    Parts {
        /// Their names.
        folders: Vec<String>,
    },
    /// Folders whose images have the same names.
    Masks {
        /// Their names.
        folders: Vec<String>,
    },
}

impl std::fmt::Display for Doubt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Doubt::Copy { folder, inside } => {
                write!(
                    f,
                    "`{folder}` holds folders of the same names as those beside it ({}): is it a copy of the data, or a class?",
                    few(inside)
                )
            }
            Doubt::Inner { folder, inside } => {
                write!(f, "`{folder}` holds the folders {}: is it the data set itself, or a class?", few(inside))
            }
            Doubt::SplitNames { folders } => {
                write!(f, "each folder is named after a split and a class: {}", few(folders))
            }
            Doubt::Parts { folders } => {
                write!(f, "are the folders {} numbered parts of one set, or classes?", few(folders))
            }
            Doubt::Masks { folders } => {
                write!(
                    f,
                    "the images in {} have the same names: are some of them masks, or are the folders classes?",
                    quoted(folders)
                )
            }
        }
    }
}

impl Doubt {
    /// What to do, beside saying that they are classes.
    fn way(&self, root: &Path) -> Hint {
        let train = |folder: &String| Hint::command(["train", &root.join(folder).display().to_string()]);
        match self {
            Doubt::Copy { folder, .. } | Doubt::Inner { folder, .. } => train(folder),
            Doubt::SplitNames { .. } => {
                Hint::advice("a folder for each split with a folder for each class: train/cats/…, val/cats/…")
            }
            Doubt::Parts { .. } => match suggest::instead(root, true) {
                Some(suggestion) => suggestion.hint(),
                None => Hint::advice("a table of the images with their labels, and --images with this folder"),
            },
            Doubt::Masks { .. } => {
                Hint::advice("a folder for each class: outlines of objects (segmentation) cannot be learned here")
            }
        }
    }
}

impl FolderError {
    /// Whether a layout answers it.
    pub fn is_question(&self) -> bool {
        matches!(self, FolderError::Ambiguous { .. } | FolderError::Nested { .. } | FolderError::Doubtful { .. })
    }
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
            FolderError::Doubtful { root, doubt } => {
                let [classes, _] = layouts();
                vec![doubt.way(root), classes]
            }
            FolderError::Nested { root, folders, .. } => {
                let [classes, _] = layouts();
                let trains = |name: &&String| name.to_lowercase().contains("train");
                let first = folders.iter().find(trains).or(folders.first());
                let inside = first.map(|name| root.join(name).display().to_string()).unwrap_or_default();
                let splits = Hint::advice("folders called train, val and test, if they are splits");
                vec![Hint::command(["train", &inside]), classes, splits]
            }
            FolderError::Unsorted { root, folders, suggestion } => {
                let [classes, _] = layouts();
                let several = (folders.len() > 1).then_some(classes);
                [suggested(suggestion, root)].into_iter().chain(several).collect()
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
