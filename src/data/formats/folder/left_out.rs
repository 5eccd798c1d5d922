//! Folders that are no data, whatever lies in them: those of systems and archivers, thumbnails, and runs of this program.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use walkdir::DirEntry;

use super::few;
use crate::platform::files::OUTPUT_MARK;

/// Why a folder is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum LeftOut {
    /// Its name says that nobody wants to see it.
    Hidden,
    /// A folder that a system or a program keeps for itself.
    System,
    /// Smaller copies of the pictures beside it.
    Thumbnails,
    /// A run of this program: its curves are no pictures to learn from.
    Run,
    /// What else this program wrote: maps of explanations, pictures that it sorted.
    Output,
    /// A link back to a folder that it lies in.
    Circular,
}

/// Names of folders and why each is left out, whatever their case.
const NAMES: &[(&str, LeftOut)] = &[
    ("__macosx", LeftOut::Hidden),
    ("_macosx", LeftOut::Hidden),
    // Synology, QNAP
    ("@eadir", LeftOut::Thumbnails),
    ("@__thumb", LeftOut::Thumbnails),
    ("@tmp", LeftOut::System),
    ("@sharebin", LeftOut::System),
    ("@recycle", LeftOut::System),
    ("@recently-snapshot", LeftOut::System),
    ("#recycle", LeftOut::System),
    ("#snapshot", LeftOut::System),
    ("~snapshot", LeftOut::System),
    // Windows
    ("$recycle.bin", LeftOut::System),
    ("recycle bin", LeftOut::System),
    ("recycler", LeftOut::System),
    ("found.000", LeftOut::System),
    ("windowsimagebackup", LeftOut::System),
    ("recycled", LeftOut::System),
    ("system volume information", LeftOut::System),
    // macOS on other disks
    ("network trash folder", LeftOut::System),
    ("temporary items", LeftOut::System),
    ("thevolumesettingsfolder", LeftOut::System),
    // Linux, Python, JavaScript
    ("lost+found", LeftOut::System),
    ("__pycache__", LeftOut::System),
    ("ipynb_checkpoints", LeftOut::System),
    ("node_modules", LeftOut::System),
    // viewers and galleries
    ("thumbs", LeftOut::Thumbnails),
    ("thumbnails", LeftOut::Thumbnails),
    ("_thumb", LeftOut::Thumbnails),
    ("_thumbs", LeftOut::Thumbnails),
    ("__thumbs", LeftOut::Thumbnails),
    ("_thumbnails", LeftOut::Thumbnails),
];

/// Files of a run, one of which tells that a folder is one.
const OF_RUNS: &[&[&str]] =
    &[&["last.safetensors"], &["best.safetensors"], &["config.toml", "model.toml"], &["lr-find.json"], &["sweep.json"]];

impl LeftOut {
    /// Why a folder is left out; none if it is to be looked into.
    pub fn of(folder: &Path) -> Option<Self> {
        let name = folder.file_name().unwrap_or_default();
        Self::by_name(name).or_else(|| Self::by_files(|file| folder.join(file).is_file()))
    }

    /// Why a folder is left out that has these files.
    pub fn by_files(has: impl Fn(&str) -> bool) -> Option<Self> {
        let is_run = OF_RUNS.iter().any(|files| files.iter().all(|file| has(file)));
        if is_run { Some(LeftOut::Run) } else { has(OUTPUT_MARK).then_some(LeftOut::Output) }
    }

    /// Whether a folder of a file that is called so may be left out for it.
    pub fn is_mark(file: &str) -> bool {
        file == OUTPUT_MARK || OF_RUNS.iter().any(|files| files.contains(&file))
    }

    /// Why an entry of a walk is left out; hidden files are, too. The walk's root never is.
    pub fn of_entry(entry: &DirEntry) -> Option<Self> {
        match (entry.depth(), entry.file_type().is_dir()) {
            (0, _) => None,
            (_, true) => Self::of(entry.path()),
            (_, false) => is_hidden(entry.file_name()).then_some(LeftOut::Hidden),
        }
    }

    /// Whether a link leads back to the folder that it lies in, or to one above.
    pub fn of_link(link: &Path, folder: &Path) -> Option<Self> {
        let (target, folder) = (link.canonicalize().ok()?, folder.canonicalize().ok()?);
        folder.starts_with(target).then_some(LeftOut::Circular)
    }

    /// Why a file or folder of this name is left out, wherever it is.
    pub fn by_name(name: &OsStr) -> Option<Self> {
        if is_hidden(name) {
            return Some(LeftOut::Hidden);
        }
        let name = name.to_string_lossy().to_lowercase();
        NAMES.iter().find(|(known, _)| *known == name).map(|&(_, why)| why)
    }

    /// What such folders are, for a note; none where nobody needs to be told.
    pub fn words(self) -> Option<&'static str> {
        match self {
            LeftOut::Hidden => None,
            LeftOut::System => Some("folders of the system"),
            LeftOut::Thumbnails => Some("thumbnails (rename the folder if it is a class)"),
            LeftOut::Run => Some("runs of lepton-gpu"),
            LeftOut::Output => Some("what lepton-gpu wrote (remove the file .lepton-gpu in it if it is data)"),
            LeftOut::Circular => Some("links back to a folder above"),
        }
    }
}

/// A line for each reason why folders of a data set are left out.
pub(super) fn notes(root: &Path, mut left_out: Vec<(LeftOut, PathBuf)>) -> Vec<String> {
    let below = |path: &PathBuf| path.strip_prefix(root).unwrap_or(path).display().to_string();
    left_out.sort();
    let groups = left_out.chunk_by(|a, b| a.0 == b.0).filter_map(|group| Some((group[0].0.words()?, group)));
    let line = |(words, group): (&str, &[(LeftOut, PathBuf)])| {
        let paths: Vec<String> = group.iter().map(|(_, path)| below(path)).collect();
        format!("left out: {words}: {}", few(&paths))
    };
    groups.map(line).collect()
}

/// Whether a file or folder of this name is left out, wherever it is.
pub(in crate::data::formats) fn is_left_out_name(name: &str) -> bool {
    LeftOut::by_name(OsStr::new(name)).is_some()
}

/// Files and folders that start with a dot: macOS' `._0.png` among them.
pub(in crate::data::formats) fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}
