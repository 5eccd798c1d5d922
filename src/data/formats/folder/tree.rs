//! Folders and the files in them, as far as they may be data: on a disk, or in an archive.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use super::left_out::{LeftOut, is_hidden};
use super::suggest::{self, Suggestion};
use crate::data::io::{IoError, io_error};
use crate::data::names;
use crate::data::pictures::{FileType, classify, promises_picture};

/// A folder in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Folder {
    /// Its name in one spelling.
    pub name: String,
    pub path: PathBuf,
}

/// Where folders are looked up.
pub(super) enum Tree {
    Disk,
    /// The folders of an archive, by their paths behind the archive's.
    Archive(HashMap<PathBuf, Inside>),
}

impl Tree {
    /// What lies directly in a folder.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn inside(&self, folder: &Path) -> Result<Inside, IoError> {
        match self {
            Tree::Disk => Inside::of(folder),
            Tree::Archive(folders) => {
                Ok(folders.get(folder).cloned().unwrap_or_else(|| Inside::new(is_called_picture)))
            }
        }
    }

    /// Whether there is a picture in a folder, however deep; on a disk among the first files.
    pub fn holds_picture(&self, folder: &Path) -> bool {
        match self {
            Tree::Disk => holds_picture(folder),
            Tree::Archive(_) => self.files_below(folder).iter().any(|path| is_called_picture(path)),
        }
    }

    /// All files in a folder, however deep.
    pub fn files_below(&self, folder: &Path) -> Vec<PathBuf> {
        match self {
            Tree::Disk => {
                let entries = WalkDir::new(folder).follow_links(true).into_iter().flatten();
                entries.filter(|entry| entry.file_type().is_file()).map(DirEntry::into_path).collect()
            }
            Tree::Archive(folders) => {
                let below = folders.iter().filter(|(path, _)| path.starts_with(folder));
                below.flat_map(|(_, inside)| inside.files.iter().cloned()).collect()
            }
        }
    }

    /// What was probably meant by a folder; of an archive nothing else can be named.
    pub fn suggestion(&self, root: &Path, is_sorted_in_folders: bool) -> Option<Suggestion> {
        match self {
            Tree::Disk => suggest::instead(root, is_sorted_in_folders),
            Tree::Archive(_) => None,
        }
    }
}

/// What lies directly in a folder.
#[derive(Clone, Debug)]
pub(super) struct Inside {
    /// Folders, links followed, by name in natural order.
    pub folders: Vec<Folder>,
    /// Folders that are no data.
    pub left_out: Vec<(LeftOut, PathBuf)>,
    /// Files that are not hidden.
    pub files: Vec<PathBuf>,
    /// Whether a file is a picture, or should be one.
    is_picture: fn(&Path) -> bool,
}

impl Inside {
    pub fn new(is_picture: fn(&Path) -> bool) -> Self {
        Inside { folders: Vec::new(), left_out: Vec::new(), files: Vec::new(), is_picture }
    }

    pub fn of(folder: &Path) -> Result<Self, IoError> {
        let cannot = |error| io_error(folder, "list", error);
        let mut inside = Inside::new(is_picture);
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
        inside.sort();
        Ok(inside)
    }

    /// Brings folders into natural order.
    pub fn sort(&mut self) {
        self.folders.sort_by(|a, b| names::natural(&a.name, &b.name).then_with(|| a.path.cmp(&b.path)));
        self.left_out.sort();
    }

    /// Files that are pictures, or should be.
    pub fn pictures(&self) -> impl Iterator<Item = &PathBuf> {
        self.files.iter().filter(|path| (self.is_picture)(path))
    }
}

/// Whether a file is a picture, or should be one.
pub(super) fn is_picture(path: &Path) -> bool {
    !matches!(classify(&path.into()), FileType::Other)
}

/// Whether a file's name promises a picture.
pub(super) fn is_called_picture(path: &Path) -> bool {
    path.extension().is_some_and(|end| promises_picture(&end.to_string_lossy().to_lowercase()))
}

/// Files that are looked at for a picture.
const LOOKED_AT: usize = 1000;

/// Whether there is a picture in a folder, however deep, among the first files.
pub(super) fn holds_picture(folder: &Path) -> bool {
    let walk = WalkDir::new(folder).follow_links(true).into_iter();
    let entries = walk.filter_entry(|entry| LeftOut::of_entry(entry).is_none()).flatten();
    entries.filter(|entry| entry.file_type().is_file()).take(LOOKED_AT).any(|entry| is_picture(entry.path()))
}
