//! What can be wrong with pictures in folders and tables.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::data::names;
use crate::data::picture::Place;
use crate::hint::{Hint, Hints};
use crate::platform::files::below;

/// A picture that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damaged {
    /// Where the picture is.
    pub place: Place,
    /// What is wrong with it.
    pub reason: String,
}

/// Pictures that cannot be learned from.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PictureError {
    /// Pictures that cannot be read.
    #[error("{}: {} of {total} images cannot be read:{}", root.display(), damaged.len(), list(root, damaged))]
    Damaged {
        /// The folder or the table.
        root: PathBuf,
        /// Which, and why.
        damaged: Vec<Damaged>,
        /// Number of all pictures.
        total: usize,
    },
    /// Files that a table names, and that are not there.
    #[error("{}: {count} of {total} images are missing, such as {}: {}", root.display(), short(root, &first.place), first.reason)]
    Missing {
        /// The table.
        root: PathBuf,
        /// Number of missing files.
        count: usize,
        /// Number of all pictures.
        total: usize,
        /// The first of them, and why.
        first: Damaged,
        /// Folders that have the first one.
        elsewhere: Vec<PathBuf>,
    },
    /// A class folder without pictures.
    #[error("{}: no images of this class, at least 1 is needed",
            path.display())]
    EmptyClass {
        /// Path of the class folder.
        path: PathBuf,
    },
    /// A class that training never sees.
    #[error("{}: class `{class}` has no training images, at least 1 is needed",
            root.display())]
    Untrained {
        /// The folder or the table.
        root: PathBuf,
        /// Name of the class.
        class: String,
    },
    /// Fewer than two classes.
    #[error("{}: {} class{}, at least 2 are needed",
            path.display(), classes.len(),
            classes.first().map(|name| format!(" (`{name}`)")).unwrap_or_else(|| "es".into()))]
    OneClass {
        /// The table or the shards.
        path: PathBuf,
        /// Names of the classes that there are.
        classes: Vec<String>,
    },
    /// A class that nobody knows.
    #[error("{}: class `{}` is not one of {from}: {}", path.display(), names::visible(name), list_names(classes))]
    UnknownClass {
        /// Path of the folder or table that names it.
        path: PathBuf,
        /// Name of the class.
        name: String,
        /// Where the known ones come from.
        from: &'static str,
        /// Names of the known classes.
        classes: Vec<String>,
    },
    /// No picture at all.
    #[error("{}: no training images", root.display())]
    Nothing {
        /// The folder or the table.
        root: PathBuf,
    },
    /// Its own validation images, and a share besides.
    #[error("{}: there already are {count} validation images, so a fraction of {share} cannot be held out",
            root.display())]
    TwoValidations {
        /// The folder or the table.
        root: PathBuf,
        /// Number of its validation images.
        count: usize,
        /// The share of the training images that was to be held out.
        share: f64,
    },
    /// Images so large that no batch of them can be on a device.
    #[error("{}: an image of {}x{}x{} is {bytes} bytes, the limit is {limit}", root.display(), shape[0], shape[1], shape[2])]
    TooBig {
        /// The folder or the table.
        root: PathBuf,
        /// Shape of an image, `[h, w, c]`.
        shape: [usize; 3],
        /// Bytes of an image, one for each pixel and channel.
        bytes: u128,
        /// The most bytes that an image may have.
        limit: u64,
    },
    /// Images of channels that no picture has.
    #[error("{}: the model takes images of {channels} channels, but image files have 1 or 3",
            root.display())]
    Channels {
        /// The folder or the table.
        root: PathBuf,
        /// The model's channels.
        channels: usize,
    },
}

impl Hints for PictureError {
    fn hints(&self) -> Vec<Hint> {
        let advice = match self {
            PictureError::Damaged { .. } => {
                return vec![Hint::set("images.skip_damaged", true), Hint::advice("repair or remove them")];
            }
            PictureError::Missing { count, total, elsewhere, .. } => {
                let folders = elsewhere.iter().take(2).map(|folder| Hint::set("table.images", folder.display()));
                let mut hints: Vec<Hint> = folders.collect();
                if hints.is_empty() {
                    hints.push(Hint::Change { key: "table.images" });
                }
                if count < total {
                    hints.push(Hint::set("images.skip_damaged", true));
                }
                return hints;
            }
            PictureError::TwoValidations { .. } => return vec![Hint::Unset { key: "validation" }],
            PictureError::TooBig { .. } => return vec![Hint::Smaller { key: "size" }],
            PictureError::EmptyClass { .. } => "add images, or remove the folder".to_string(),
            PictureError::Untrained { .. } => "add training images, or remove the class".into(),
            PictureError::OneClass { .. } => {
                return vec![Hint::advice("images of another class"), Hint::Change { key: "table.label_column" }];
            }
            PictureError::UnknownClass { name, classes, .. } => {
                // the name that was meant, if there is one like it
                let is_alike = |class: &&String| class.trim().to_lowercase() == name.trim().to_lowercase();
                let rename = match classes.iter().find(is_alike) {
                    Some(class) => format!("rename the folder to `{}`", names::visible(class)),
                    None => "rename the folder, or remove it".into(),
                };
                return vec![Hint::advice(rename)];
            }
            PictureError::Nothing { .. } => "a folder with one folder of images for each class".into(),
            PictureError::Channels { .. } => "a model with input = [64, 64, 3]".into(),
        };
        vec![Hint::advice(advice)]
    }
}

/// A place from the folder or the table that holds it. A table names pictures from where it is, and may name itself.
pub(in crate::data) fn short(root: &Path, place: &Place) -> String {
    let mut below = below(root, place.path());
    if below.as_os_str().is_empty() {
        below = Path::new(root.file_name().unwrap_or_default());
    }
    match place {
        Place::File(_) => below.display().to_string(),
        Place::Member(_) => format!("{}: {}", below.display(), place.name().display()),
        #[cfg(feature = "parquet")]
        Place::Row(row) => format!("{}: row {}", below.display(), row.number()),
    }
}

fn list_names(classes: &[String]) -> String {
    classes.iter().map(|class| names::visible(class)).collect::<Vec<_>>().join(", ")
}

/// Files that are named before the rest is counted: all fit a screen.
const NAMED: usize = 8;

fn list(root: &Path, damaged: &[Damaged]) -> String {
    let mut text = String::new();
    for Damaged { place, reason } in damaged.iter().take(NAMED) {
        let _ = write!(text, "\n    {}: {reason}", short(root, place));
    }
    if damaged.len() > NAMED {
        let _ = write!(text, "\n    and {} more (lepton-gpu data check names them all)", damaged.len() - NAMED);
    }
    text
}
