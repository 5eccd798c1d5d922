//! Folders and the files in them, as far as they may be data.

use std::fs;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::left_out::{LeftOut, is_hidden};
use crate::data::io::{IoError, io_error};
use crate::data::names;
use crate::data::pictures::{FileType, classify};

/// A folder in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Folder {
    /// Its name in one spelling.
    pub name: String,
    pub path: PathBuf,
}

/// What lies directly in a folder.
#[derive(Debug, Default)]
pub(super) struct Inside {
    /// Folders, links followed, by name in natural order.
    pub folders: Vec<Folder>,
    /// Folders that are no data.
    pub left_out: Vec<(LeftOut, PathBuf)>,
    /// Files that are not hidden.
    pub files: Vec<PathBuf>,
}

impl Inside {
    pub fn of(folder: &Path) -> Result<Self, IoError> {
        let cannot = |error| io_error(folder, "list", error);
        let mut inside = Inside::default();
        for entry in fs::read_dir(folder).map_err(cannot)? {
            let entry = entry.map_err(cannot)?;
            let kind = entry.file_type().map_err(cannot)?;
            let path = entry.path();
            // of a link, what it leads to; the entry itself tells of everything else
            let is = |own: bool, of_target: fn(&Path) -> bool| own || (kind.is_symlink() && of_target(&path));
            if is(kind.is_dir(), Path::is_dir) {
                let circular = kind.is_symlink().then(|| LeftOut::of_link(&path, folder)).flatten();
                match circular.or_else(|| LeftOut::of(&path)) {
                    Some(why) => inside.left_out.push((why, path)),
                    None => inside.folders.push(Folder { name: names::of(&entry.file_name()), path }),
                }
            } else if is(kind.is_file(), Path::is_file) && !is_hidden(&entry.file_name()) {
                inside.files.push(path);
            }
        }
        inside.folders.sort_by(|a, b| names::natural(&a.name, &b.name).then_with(|| a.path.cmp(&b.path)));
        inside.left_out.sort();
        Ok(inside)
    }

    /// Files that are pictures, or should be.
    pub fn pictures(&self) -> impl Iterator<Item = &PathBuf> {
        self.files.iter().filter(|path| is_picture(path))
    }
}

/// Whether a file is a picture, or should be one.
pub(super) fn is_picture(path: &Path) -> bool {
    !matches!(classify(&path.into()), FileType::Other)
}

/// Files that are looked at for a picture.
const LOOKED_AT: usize = 1000;

/// Whether there is a picture in a folder, however deep, among the first files.
pub(super) fn holds_picture(folder: &Path) -> bool {
    let walk = WalkDir::new(folder).follow_links(true).into_iter();
    let entries = walk.filter_entry(|entry| LeftOut::of_entry(entry).is_none()).flatten();
    entries.filter(|entry| entry.file_type().is_file()).take(LOOKED_AT).any(|entry| is_picture(entry.path()))
}
