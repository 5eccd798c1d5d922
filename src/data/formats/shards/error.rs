//! What can be wrong with shards.

use std::path::PathBuf;

use thiserror::Error;

use crate::data::formats::folder::FolderError;
use crate::data::names;
use crate::hint::{Hint, Hints};

/// Shards that cannot be learned from.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ShardError {
    /// A compressed archive, in which nothing can be found without reading everything before it.
    #[error("{}: a compressed archive, whose images cannot be read one by one", path.display())]
    Packed {
        /// Path of the archive.
        path: PathBuf,
        /// The command that unpacks it.
        command: String,
    },
    /// Shards that a pattern names, and that are not there.
    #[error("{}: {count} of {total} shards are missing, such as {}", path.display(), first.display())]
    Missing {
        /// The pattern.
        path: PathBuf,
        /// How many there are not.
        count: usize,
        /// How many the pattern names.
        total: usize,
        /// The first that is not there.
        first: PathBuf,
    },
    /// A folder of several data sets.
    #[error("{}: each of its folders is a data set: {}", path.display(), list(folders))]
    Several {
        /// The folder.
        path: PathBuf,
        /// Its folders.
        folders: Vec<PathBuf>,
    },
    /// A compression that is not read.
    #[error("{}: compressed with {codec}, which is not supported", path.display())]
    Codec {
        /// Path of the Parquet file.
        path: PathBuf,
        /// What it is compressed with.
        codec: String,
    },
    /// No picture in any shard.
    #[error("{}: no images among {members} {what}", path.display())]
    NoPictures {
        /// The shard, folder or pattern.
        path: PathBuf,
        /// What there is instead.
        members: usize,
        /// What these are, in words.
        what: &'static str,
    },
    /// Pictures that nothing is said about.
    #[error("{}: no labels for its {images} images: {}", path.display(), looked.join(", "))]
    NoLabels {
        /// The shard, folder or pattern.
        path: PathBuf,
        /// How many pictures there are.
        images: usize,
        /// Where labels were looked for.
        looked: Vec<String>,
        /// How they could be there.
        advice: &'static str,
    },
    /// A label beyond the names of classes.
    #[error("{place}: label {label}, but {from} names {classes} classes (0 to {})", classes - 1)]
    NoName {
        /// The picture.
        place: String,
        /// Its label.
        label: i64,
        /// Where the names come from.
        from: String,
        /// How many names there are.
        classes: usize,
    },
    /// Folders in a shard that could mean several things.
    #[error("{error}")]
    Folders {
        /// The shard, folder or pattern.
        path: PathBuf,
        /// What they could mean.
        error: Box<FolderError>,
    },
    /// Shards whose numbers stand for different classes.
    #[error("{}: its classes are not those of {}: `{}`, but there {}", path.display(), first.display(), names::visible(name),
            names.iter().map(|name| names::visible(name)).collect::<Vec<_>>().join(", "))]
    OtherNames {
        /// Path of the shard.
        path: PathBuf,
        /// One of its classes.
        name: String,
        /// Path of the first shard that names classes.
        first: PathBuf,
        /// The names there.
        names: Vec<String>,
    },
    /// A shard that is not what its name says, or not whole.
    #[error("{}: {reason}", path.display())]
    Malformed {
        /// Path of the shard.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A column that was asked for and is not there.
    #[error("{}: no column `{name}`; found {}", path.display(), found.join(", "))]
    NoColumn {
        /// Path of the shard.
        path: PathBuf,
        /// The name that was asked for.
        name: String,
        /// What there is.
        found: Vec<String>,
    },
}

fn list(folders: &[PathBuf]) -> String {
    let name = |folder: &PathBuf| folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    folders.iter().map(name).collect::<Vec<_>>().join(", ")
}

impl Hints for ShardError {
    fn hints(&self) -> Vec<Hint> {
        let advice = match self {
            ShardError::Packed { command, .. } => format!("{command}, and its result as the data"),
            ShardError::Missing { .. } => "a pattern of the shards that are there, or their folder".into(),
            ShardError::Several { folders, .. } => {
                let train = |folder: &PathBuf| Hint::command(["train", &folder.display().to_string()]);
                return folders.iter().take(3).map(train).collect();
            }
            ShardError::Codec { path, .. } => {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                format!(
                    "python -c \"import pyarrow.parquet as p; p.write_table(p.read_table('{name}'), 'snappy-{name}')\", to rewrite it with Snappy"
                )
            }
            ShardError::NoPictures { what, .. } if what.starts_with("columns") => {
                "a column of encoded images (JPEG, PNG), as bytes or as a struct {bytes, path}".into()
            }
            ShardError::NoPictures { .. } => {
                "a shard of images such as 000123.jpg with labels such as 000123.cls".into()
            }
            ShardError::NoLabels { advice, .. } => (*advice).into(),
            ShardError::NoName { .. } => "a line for each class in it, or other labels".into(),
            ShardError::OtherNames { .. } => "shards of one data set, or one list of classes in all of them".into(),
            ShardError::Malformed { .. } => "another copy of the file".into(),
            ShardError::Folders { path, error } => {
                // a folder in a shard cannot be named
                let unpack = format!("tar xf {}, and the folder that is meant", path.display());
                let said = error.hints().into_iter().filter(|hint| matches!(hint, Hint::Set { .. }));
                return said.chain([Hint::advice(unpack)]).collect();
            }
            ShardError::NoColumn { name, found, .. } => return vec![Hint::one_of(name, found)],
        };
        vec![Hint::advice(advice)]
    }
}
