//! Folders that are no data, whatever lies in them: those of systems and archivers, thumbnails, and runs of this program.

use std::ffi::OsStr;
use std::path::Path;

use walkdir::DirEntry;

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
    // Synology, QNAP
    ("@eadir", LeftOut::Thumbnails),
    ("@tmp", LeftOut::System),
    ("@sharebin", LeftOut::System),
    ("@recycle", LeftOut::System),
    ("@recently-snapshot", LeftOut::System),
    ("#recycle", LeftOut::System),
    ("#snapshot", LeftOut::System),
    // Windows
    ("$recycle.bin", LeftOut::System),
    ("recycler", LeftOut::System),
    ("recycled", LeftOut::System),
    ("system volume information", LeftOut::System),
    // macOS on other disks
    ("network trash folder", LeftOut::System),
    ("temporary items", LeftOut::System),
    // Linux, Python, JavaScript
    ("lost+found", LeftOut::System),
    ("__pycache__", LeftOut::System),
    ("node_modules", LeftOut::System),
    // viewers and galleries
    ("thumbs", LeftOut::Thumbnails),
    ("thumbnails", LeftOut::Thumbnails),
    ("_thumbs", LeftOut::Thumbnails),
    ("_thumbnails", LeftOut::Thumbnails),
];

/// Files of a run, one of which tells that a folder is one.
const OF_RUNS: &[&[&str]] =
    &[&["last.safetensors"], &["best.safetensors"], &["config.toml", "model.toml"], &["lr-find.json"], &["sweep.json"]];

impl LeftOut {
    /// Why a folder is left out; none if it is to be looked into.
    pub fn of(folder: &Path) -> Option<Self> {
        let name = folder.file_name().unwrap_or_default();
        let is_output = || folder.join(OUTPUT_MARK).is_file();
        let written = || if Self::is_run(folder) { Some(LeftOut::Run) } else { is_output().then_some(LeftOut::Output) };
        Self::by_name(name).or_else(written)
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

    fn by_name(name: &OsStr) -> Option<Self> {
        if is_hidden(name) {
            return Some(LeftOut::Hidden);
        }
        let name = name.to_string_lossy().to_lowercase();
        NAMES.iter().find(|(known, _)| *known == name).map(|&(_, why)| why)
    }

    fn is_run(folder: &Path) -> bool {
        OF_RUNS.iter().any(|files| files.iter().all(|file| folder.join(file).is_file()))
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

/// Whether a file or folder of this name is left out, wherever it is.
pub(in crate::data::formats) fn is_left_out_name(name: &str) -> bool {
    LeftOut::by_name(OsStr::new(name)).is_some()
}

/// Files and folders that start with a dot: macOS' `._0.png` among them.
pub(in crate::data::formats) fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}
