//! What can go wrong with data: every message names the place, both numbers and a way out.

use std::fmt::Write as _;
use std::path::PathBuf;

use thiserror::Error;

use super::io::IoError;
use crate::hint::{Hint, Hints};

/// A data set that cannot be found, read, understood or downloaded.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DataError {
    /// Arrays that do not make a data set.
    #[error(transparent)]
    Dataset(#[from] super::DatasetError),
    /// An image that is streamed cannot be read.
    #[error(transparent)]
    Source(#[from] super::SourceError),
    /// Pictures in folders and tables.
    #[cfg(feature = "images")]
    #[error(transparent)]
    Pictures(#[from] super::pictures::PictureError),
    /// Folders of pictures that do not say what the classes are.
    #[cfg(feature = "images")]
    #[error(transparent)]
    Folder(#[from] super::formats::folder::FolderError),
    /// Shards of pictures.
    #[cfg(feature = "images")]
    #[error(transparent)]
    Shards(#[from] super::formats::ShardError),
    /// CIFAR's files.
    #[error(transparent)]
    Cifar(#[from] super::formats::cifar::CifarError),
    /// A table of pictures or texts.
    #[cfg(any(feature = "images", feature = "text"))]
    #[error(transparent)]
    Table(#[from] super::tabular::TableError),
    /// Labels in a file of their own.
    #[cfg(any(feature = "images", feature = "text"))]
    #[error(transparent)]
    Labels(#[from] super::LabelsError),
    /// Labels in a file, in a build that reads no tables.
    #[cfg(not(any(feature = "images", feature = "text")))]
    #[error("labels are in a table, and this build reads none (feature `images` or `text`)")]
    NoTables,
    /// Texts that cannot be used.
    #[cfg(feature = "text")]
    #[error(transparent)]
    Text(#[from] super::formats::text::TextError),
    /// The data set inside the program, in a build without it.
    #[cfg(not(feature = "samples"))]
    #[error("no data set was named, and this build includes none (feature `samples`)")]
    NoSamples,
    /// A known data set is in none of the places it is looked up in.
    #[error("data set `{name}` is not on this machine; looked in:{}", list(looked))]
    NotFound {
        /// Name of the data set.
        name: String,
        /// Every folder looked in, in order.
        looked: Vec<PathBuf>,
        /// The system package that has it.
        package: Option<String>,
    },
    /// Neither a folder nor the name of a known data set.
    #[error("`{spec}` is neither a folder nor a file nor the name of a data set")]
    Unknown {
        /// What was asked for.
        spec: String,
        /// What is read, in words.
        formats: Vec<&'static str>,
        /// Names of the known data sets.
        known: Vec<String>,
    },
    /// A file in no format that is read.
    #[error("{}: not a folder, nor a file in a supported format", path.display())]
    NotAFolder {
        /// The path that was given.
        path: PathBuf,
        /// What is read, in words.
        formats: Vec<&'static str>,
    },
    /// A folder in no format that is read.
    #[error("{}: no IDX files among its {entries} entries, nor anything else supported", path.display())]
    NoFormat {
        /// Path of the folder.
        path: PathBuf,
        /// How many entries the folder has.
        entries: usize,
        /// What is read, in words.
        formats: Vec<&'static str>,
    },
    /// Data that no table can list.
    #[cfg(feature = "images")]
    #[error("{}: only image files and texts can be listed in a table with their splits", path.display())]
    NotDivided {
        /// The path that was given.
        path: PathBuf,
    },
    /// A name that a text file cannot hold.
    #[cfg(feature = "images")]
    #[error("{}: its name is not valid UTF-8, so a table cannot hold it", path.display())]
    NotUtf8 {
        /// The file.
        path: PathBuf,
    },
    /// IDX files.
    #[error(transparent)]
    Idx(#[from] super::formats::idx::IdxError),
    /// The operating system refused.
    #[error(transparent)]
    Io(#[from] IoError),
    /// No folder to put data in: the system names no home.
    #[error("no cache folder is known for this user")]
    NoFolder,
    /// A data set that has nothing to download.
    #[error("data set `{name}` is built into the program; there is nothing to download")]
    NothingToFetch {
        /// Name of the data set.
        name: String,
    },
    /// Somebody else downloads the same file now.
    #[error("{}: another process is downloading this file", path.display())]
    Busy {
        /// The unfinished file.
        path: PathBuf,
    },
    /// Every address failed.
    #[error("{}: not downloaded ({kept_bytes} of {total_bytes} bytes kept):{}", path.display(), list_text(tries))]
    Download {
        /// The file that should be there now.
        path: PathBuf,
        /// Bytes kept beside it for the next try.
        kept_bytes: u64,
        /// Size of the download.
        total_bytes: u64,
        /// One line for each address: the address and what was wrong.
        tries: Vec<String>,
    },
}

impl Hints for DataError {
    fn hints(&self) -> Vec<Hint> {
        let advice = match self {
            DataError::Dataset(error) => return error.hints(),
            DataError::Source(error) => return error.hints(),
            #[cfg(feature = "images")]
            DataError::Pictures(error) => return error.hints(),
            #[cfg(feature = "images")]
            DataError::Folder(error) => return error.hints(),
            #[cfg(feature = "images")]
            DataError::Shards(error) => return error.hints(),
            DataError::Cifar(error) => return error.hints(),
            #[cfg(any(feature = "images", feature = "text"))]
            DataError::Table(error) => return error.hints(),
            #[cfg(any(feature = "images", feature = "text"))]
            DataError::Labels(error) => return error.hints(),
            #[cfg(not(any(feature = "images", feature = "text")))]
            DataError::NoTables => return vec![Hint::Unset { key: "labels" }],
            #[cfg(feature = "text")]
            DataError::Text(error) => return error.hints(),
            DataError::Idx(error) => return error.hints(),
            DataError::Io(error) => return error.hints(),
            #[cfg(not(feature = "samples"))]
            DataError::NoSamples => "the name or the folder of a data set".into(),
            DataError::NotFound { name, package, .. } => {
                let fetch = Hint::command(["data", "fetch", name]);
                let install = |package| Hint::advice(format!("on Debian and Ubuntu: apt install {package}"));
                let here =
                    std::path::Path::new(name).is_dir().then(|| Hint::advice(format!("./{name} for the folder here")));
                return here.into_iter().chain([fetch]).chain(package.as_deref().map(install)).collect();
            }
            DataError::Unknown { spec, formats, known } => {
                return vec![Hint::one_of(spec, known), Hint::advice(formats.join(", or "))];
            }
            DataError::NotAFolder { formats, .. } | DataError::NoFormat { formats, .. } => formats.join(", or "),
            #[cfg(feature = "images")]
            DataError::NotDivided { .. } => return vec![Hint::set("validation", 0.1)],
            #[cfg(feature = "images")]
            DataError::NotUtf8 { .. } => "rename the file".into(),
            DataError::NoFolder => "LEPTON_DATA=<folder>".into(),
            DataError::NothingToFetch { .. } => "leave it out: it is the default data set".into(),
            DataError::Busy { .. } => "wait for it, then run the command again".into(),
            DataError::Download { kept_bytes, .. } => {
                let resumes = if *kept_bytes > 0 { " (it resumes where it stopped)" } else { "" };
                format!("run the command again{resumes}, set LEPTON_DATA_MIRROR, or put the file there yourself")
            }
        };
        vec![Hint::advice(advice)]
    }
}

fn list(paths: &[PathBuf]) -> String {
    paths.iter().fold(String::new(), |mut text, path| {
        let _ = write!(text, "\n    {}", path.display());
        text
    })
}

fn list_text(lines: &[String]) -> String {
    lines.iter().fold(String::new(), |mut text, line| {
        let _ = write!(text, "\n    {line}");
        text
    })
}
