//! Folders of pictures in an archive, by the names of its members: what they mean is decided as it is on a disk.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

use super::error::FolderError;
use super::layout::{Arranged, Looks};
use super::left_out::{self, LeftOut};
use super::merged;
use super::tree::{Folder, Inside, Tree, is_called_picture};
use crate::data::io::IoError;
use crate::data::pictures::Part;
use crate::data::{LoadOptions, names};

/// Folders of an archive that are left out for the files in them: runs of this program.
pub(in crate::data::formats) struct Marks<'a>(HashMap<&'a str, LeftOut>);

impl<'a> Marks<'a> {
    /// Of an archive with members of these names.
    pub fn of(members: impl Iterator<Item = &'a str>) -> Self {
        let mut files: HashMap<&str, HashSet<&str>> = HashMap::new();
        for (folder, file) in members.filter_map(|name| name.rsplit_once('/')) {
            if LeftOut::is_mark(file) {
                files.entry(folder).or_default().insert(file);
            }
        }
        let why =
            |(folder, files): (&'a str, HashSet<&str>)| Some((folder, LeftOut::by_files(|file| files.contains(file))?));
        Marks(files.into_iter().filter_map(why).collect())
    }

    /// The folder, or the member itself, for which a member is left out, and why.
    fn left_out(&self, name: &'a str) -> Option<(LeftOut, &'a str)> {
        let ends = name.match_indices('/').map(|(end, _)| end).chain([name.len()]);
        let mut above = ends.map(|end| &name[..end]);
        above.find_map(|path| {
            let last = path.rsplit('/').next().filter(|last| !matches!(*last, "" | "." | ".."))?;
            let why = LeftOut::by_name(OsStr::new(last)).or_else(|| self.0.get(path).copied())?;
            Some((why, path))
        })
    }

    /// Whether a member is no data.
    pub fn is_left_out(&self, name: &'a str) -> bool {
        self.left_out(name).is_some()
    }

    fn all(&self, members: impl Iterator<Item = &'a str>) -> BTreeSet<(LeftOut, &'a str)> {
        members.filter_map(|name| self.left_out(name)).filter(|(why, _)| why.words().is_some()).collect()
    }

    /// What is left out of these members, as lines.
    pub fn notes(&self, members: impl Iterator<Item = &'a str>) -> Vec<String> {
        let paths = self.all(members).into_iter().map(|(why, path)| (why, path.into()));
        left_out::notes(Path::new("."), paths.collect())
    }

    /// These folders without those that are left out, or that hold some of `members` that are.
    pub fn kept(&self, mut folders: Vec<&'a str>, members: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
        let left_out = self.all(members);
        let holds = |folder: &str| {
            let mut below = left_out.iter().filter_map(|(_, path)| path.strip_prefix(folder.trim_end_matches('/')));
            below.any(|rest| rest.starts_with('/'))
        };
        folders.retain(|folder| !self.is_left_out(folder.trim_end_matches('/')) && !holds(folder));
        folders
    }
}

/// The classes and splits of an archive by its folders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::data::formats) struct Classes {
    /// Names of classes by their folders.
    folders: HashMap<PathBuf, (Part, String)>,
    /// Folders above those of classes.
    above: Vec<PathBuf>,
    /// A class without pictures.
    empty: Option<PathBuf>,
    /// Lines for people.
    pub notes: Vec<String>,
}

impl Classes {
    /// Of an archive at `root` with pictures of these names. A folder that alone lies in it is the data set.
    ///
    /// # Errors
    /// The folders could mean several things, or no classes.
    pub fn of<'a>(
        root: &Path,
        folders: impl Iterator<Item = &'a str>,
        pictures: impl Iterator<Item = &'a str>,
        options: &LoadOptions,
    ) -> Result<Self, FolderError> {
        let is_known = |name: &str| options.classes.as_ref().is_some_and(|known| names::place(name, known).is_some());
        let tree = Tree::Archive(folders_of(root, folders, pictures));
        let arranged = |root: &Path| Ok::<_, IoError>(Looks::at(&tree, root)?.arrange(options));
        let top = |root: &Path| {
            let inside = tree.inside(root)?;
            let [only] = &inside.folders[..] else { return Ok(None) };
            let deeper = tree.inside(&only.path)?;
            let is_top = inside.pictures().next().is_none()
                && !is_known(&only.name)
                && deeper.folders.iter().any(|folder| tree.holds_picture(&folder.path));
            Ok::<_, IoError>(is_top.then(|| only.path.clone()))
        };
        let mut root = root.to_path_buf();
        while let Some(inner) = top(&root).expect("an archive is not read again") {
            root = inner;
        }
        let Arranged { mut found, above, notes, .. } = arranged(&root).expect("an archive is not read again")?;
        found.sort_by(|a, b| a.folder.path.cmp(&b.folder.path));
        let empty = found.iter().find(|found| !tree.holds_picture(&found.folder.path));
        let empty = empty.map(|found| found.folder.path.clone());
        let mut classes = Classes { folders: HashMap::new(), above, empty, notes };
        classes.notes.extend(merged(&found));
        classes.folders = found.into_iter().map(|found| (found.folder.path, (found.part, found.folder.name))).collect();
        Ok(classes)
    }

    /// How many classes there are.
    pub fn count(&self) -> usize {
        self.folders.values().map(|(_, name)| name).collect::<HashSet<_>>().len()
    }

    /// The folder of a class that has no pictures.
    pub fn empty(&self) -> Option<&Path> {
        self.empty.as_deref()
    }

    /// The split and the class of a picture in the archive at `root`; none for one that lies in no folder of a class.
    pub fn find(&self, root: &Path, name: &str) -> Option<(Part, &str)> {
        let path = path_of(root, name);
        path.ancestors().skip(1).find_map(|folder| self.folders.get(folder)).map(|(part, name)| (*part, name.as_str()))
    }

    /// Whether a picture lies beside the folders of classes, which nothing else tells of.
    pub fn is_beside(&self, root: &Path, name: &str) -> bool {
        path_of(root, name).parent().is_some_and(|folder| self.above.iter().any(|above| above == folder))
    }
}

/// The path of a member behind its archive's.
fn path_of(root: &Path, name: &str) -> PathBuf {
    let parts = Path::new(name).components().filter(|part| matches!(part, Component::Normal(_)));
    parts.fold(root.to_path_buf(), |path, part| path.join(part))
}

/// The folders of an archive with these members.
fn folders_of<'a>(
    root: &Path,
    folders: impl Iterator<Item = &'a str>,
    pictures: impl Iterator<Item = &'a str>,
) -> HashMap<PathBuf, Inside> {
    let mut all = HashMap::from([(root.to_path_buf(), Inside::new(is_called_picture))]);
    let mut add = |folder: &Path, picture: Option<PathBuf>| {
        let mut above = Some(folder);
        while let Some(folder) = above.filter(|folder| !all.contains_key(*folder)) {
            all.insert(folder.to_path_buf(), Inside::new(is_called_picture));
            above = folder.parent();
        }
        all.entry(folder.to_path_buf()).and_modify(|inside| inside.files.extend(picture));
    };
    folders.for_each(|name| add(&path_of(root, name), None));
    for name in pictures {
        let path = path_of(root, name);
        if let Some(folder) = path.parent() {
            add(folder, Some(path.clone()));
        }
    }
    let below: Vec<PathBuf> = all.keys().filter(|folder| *folder != root).cloned().collect();
    for path in below {
        let name = names::composed(&path.file_name().unwrap_or_default().to_string_lossy());
        if let Some(inside) = path.parent().and_then(|above| all.get_mut(above)) {
            inside.folders.push(Folder { name, path });
        }
    }
    all.values_mut().for_each(Inside::sort);
    all
}
