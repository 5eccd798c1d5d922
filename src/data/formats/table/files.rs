//! The files that a table means by its names: without ending, with backslashes, or in another case.

use std::collections::{BTreeSet, HashMap};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use crate::data::formats::folder::is_left_out_name;
use crate::data::names::composed;
use crate::data::pictures::PICTURE_ENDS;

/// Names that were found in another form than they are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    ending: usize,
    backslash: usize,
    case: usize,
    unicode: usize,
    folder: usize,
    deeper: usize,
}

/// How a name differs from the one of its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Other {
    Ending,
    Case,
    /// One is composed of other characters, as macOS writes `é`.
    Unicode,
}

/// The files below a folder, by name.
pub struct Files {
    /// The folder that names start from.
    folder: PathBuf,
    /// Whether a user said this folder: names may then repeat its path, or be of another machine.
    said: bool,
    /// Names in each folder that was looked at, by their small letters.
    listed: HashMap<PathBuf, HashMap<String, Vec<OsString>>>,
    /// Pictures in all folders below, by name with and without ending, once they were looked for.
    tree: Option<HashMap<String, Vec<PathBuf>>>,
    pub changed: Changed,
}

/// Whether a name ends as a picture's does.
pub fn is_picture_name(name: &str) -> bool {
    let end = name.rsplit_once('.').map(|(_, end)| end.trim().to_lowercase());
    end.is_some_and(|end| PICTURE_ENDS.contains(&end.as_str()))
}

/// Whether a name is an address in the web.
pub fn is_address(name: &str) -> bool {
    name.starts_with("http://") || name.starts_with("https://")
}

impl Files {
    /// The files of a table at this path, or those in a folder that a user said.
    pub fn new(table: &Path, folder: Option<&str>) -> Self {
        let own = table.parent().unwrap_or(Path::new("")).to_path_buf();
        let (folder, said) = folder.map_or((own, false), |folder| (folder.into(), true));
        Files { folder, said, ..Files::below_of(PathBuf::new()) }
    }

    /// The files below a folder as if a user had said it.
    fn below_of(folder: PathBuf) -> Self {
        Files { folder, said: true, listed: HashMap::new(), tree: None, changed: Changed::default() }
    }

    /// Whether a name means a file.
    pub fn is_there(&mut self, name: &str) -> bool {
        let before = self.changed;
        let found = self.find(name).is_ok();
        self.changed = before;
        found
    }

    /// The file that a name means.
    ///
    /// # Errors
    /// Where it should be, and why it is not: there is none, or several could be meant.
    pub fn find(&mut self, name: &str) -> Result<PathBuf, (PathBuf, String)> {
        let name = name.strip_prefix("file://").unwrap_or(name);
        let whole = self.folder.join(name);
        if whole.is_file() || whole.is_symlink() {
            return Ok(whole);
        }
        if is_address(name) {
            return Err((name.into(), "a web address: download the images first".into()));
        }
        let slashes = name.replace('\\', "/");
        let mut first = None;
        let mut rest = slashes.trim_start_matches("./");
        loop {
            match self.below(rest) {
                Ok(path) => {
                    self.changed.backslash += usize::from(slashes != name);
                    self.changed.folder += usize::from(first.is_some());
                    return Ok(path);
                }
                Err(reason) => first.get_or_insert(reason),
            };
            match rest.split_once('/').filter(|_| self.said) {
                // where the folder is there, the file would be in it
                Some((folder, shorter)) if !self.holds_folder(folder) => rest = shorter,
                _ => break,
            }
        }
        // a name without folders may be that of a file in any of them
        let is_bare = self.said && !slashes.contains('/');
        match if is_bare { self.in_tree(&slashes) } else { Vec::new() }.as_slice() {
            [] => Err((whole, first.unwrap_or_default())),
            [one] => {
                self.changed.deeper += 1;
                Ok(one.clone())
            }
            [one, other, ..] => Err((whole, format!("could be {} or {}", one.display(), other.display()))),
        }
    }

    /// Whether a folder of this name is there.
    fn holds_folder(&mut self, name: &str) -> bool {
        let folder = self.folder.clone();
        !name.is_empty() && (folder.join(name).is_dir() || !self.alike(&folder, name, false).is_empty())
    }

    /// Names that were found after folders in front of them were left out.
    pub fn shortened(&self) -> usize {
        self.changed.folder
    }

    /// The pictures of this name in all folders below.
    fn in_tree(&mut self, name: &str) -> Vec<PathBuf> {
        let tree = self.tree.get_or_insert_with(|| tree(&self.folder));
        tree.get(&caseless(name)).cloned().unwrap_or_default()
    }

    /// The file of this name below the folder, part by part.
    fn below(&mut self, name: &str) -> Result<PathBuf, String> {
        const MISSING: &str = "no such file";
        let mut at = self.folder.clone();
        let mut parts = name.split('/').peekable();
        let mut changed = Changed::default();
        while let Some(part) = parts.next() {
            let next = at.join(part);
            let last = parts.peek().is_none();
            at = if last && (next.is_file() || next.is_symlink()) || !last && next.is_dir() {
                next
            } else if part.is_empty() || part == ".." {
                return Err(MISSING.into());
            } else {
                let there = self.alike(&at, part, last);
                match &there[..] {
                    [] => return Err(MISSING.into()),
                    [(one, how)] => {
                        changed.case += usize::from(*how == Other::Case);
                        changed.ending += usize::from(*how == Other::Ending);
                        changed.unicode += usize::from(*how == Other::Unicode);
                        at.join(one)
                    }
                    [(one, _), (other, _), ..] => {
                        let (one, other) = (one.to_string_lossy(), other.to_string_lossy());
                        return Err(format!("could be {one} or {other}"));
                    }
                }
            };
        }
        self.changed.case += usize::from(changed.case > 0);
        self.changed.unicode += usize::from(changed.unicode > 0);
        self.changed.ending += changed.ending;
        Ok(at)
    }

    /// What a folder holds that is called so in another Unicode form or case, or with the ending of a picture behind the name.
    fn alike(&mut self, folder: &Path, name: &str, is_file: bool) -> Vec<(OsString, Other)> {
        let listed = self.listed.entry(folder.to_path_buf()).or_insert_with(|| list(folder));
        let (own, name) = (composed(name), caseless(name));
        let of = |name: &str| listed.get(name).into_iter().flatten().cloned().collect::<Vec<_>>();
        let is_same = |found: &OsString| found.to_str().is_some_and(|found| composed(found) == own);
        let how = |found: &OsString| if is_same(found) { Other::Unicode } else { Other::Case };
        let mut same: Vec<(OsString, Other)> =
            of(&name).into_iter().map(|found| (found.clone(), how(&found))).collect();
        // of files that differ in case only, the one that is spelt so
        if same.iter().filter(|(_, how)| *how == Other::Unicode).count() == 1 {
            same.retain(|(_, how)| *how == Other::Unicode);
        }
        if is_file {
            same.retain(|(found, _)| !folder.join(found).is_dir());
        }
        if !same.is_empty() || !is_file {
            return same;
        }
        let ends = PICTURE_ENDS.iter().flat_map(|end| of(&format!("{name}.{end}")));
        ends.map(|name| (name, Other::Ending)).collect()
    }

    /// What was changed about names, for people.
    pub fn note(&self) -> Option<String> {
        let Changed { ending, backslash, case, unicode, folder, deeper } = self.changed;
        let kinds = [
            (ending, "without an extension"),
            (backslash, "with backslashes"),
            (case, "in another case"),
            (unicode, "in another Unicode form"),
            (folder, "from another folder"),
            (deeper, "in folders further down"),
        ];
        let said: Vec<String> =
            kinds.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
        (!said.is_empty()).then(|| format!("names of images matched to files: {}", said.join(", ")))
    }

    /// The folder below the table's, or two, in which names are that are not where they should be: all or most of them, in files that no
    /// other row means (`is_taken`). The table's own folder where they lie in several below it.
    pub fn elsewhere(&self, names: &[String], is_taken: &dyn Fn(&Path) -> bool) -> Vec<PathBuf> {
        if names.is_empty() {
            return Vec::new();
        }
        let children = |folder: &Path| {
            let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
            entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect::<Vec<PathBuf>>()
        };
        let own = if self.folder.as_os_str().is_empty() { PathBuf::from(".") } else { self.folder.clone() };
        let sample: Vec<&String> = names.iter().step_by(names.len().div_ceil(MOST_SOUGHT).max(1)).collect();
        let found = |folder: &Path| {
            let mut files = Files::below_of(folder.to_path_buf());
            let found = sample.iter().filter_map(|name| files.find(name).ok()).filter(|path| !is_taken(path));
            found.collect::<BTreeSet<PathBuf>>().len()
        };
        let first = children(&own);
        let second: Vec<PathBuf> = first.iter().take(64).flat_map(|folder| children(folder)).take(256).collect();
        // those further in say it best
        let mut folders: Vec<(usize, PathBuf)> =
            second.into_iter().chain(first).map(|folder| (found(&folder), folder)).collect();
        folders.push((found(&own), own));
        let most = folders.iter().map(|(count, _)| *count).max().unwrap_or(0);
        folders.retain(|(count, folder)| {
            *count == most && *count * 2 > sample.len() && !(self.said && *folder == self.folder)
        });
        let depth = folders.first().map_or(0, |(_, folder)| folder.components().count());
        let mut best: Vec<PathBuf> = folders.into_iter().map(|(_, folder)| folder).collect();
        best.retain(|folder| folder.components().count() == depth);
        best.sort();
        best
    }
}

/// Names that are looked for in other folders, at the most.
const MOST_SOUGHT: usize = 200;
/// Files that are looked at below a folder, at the most.
const MOST_FILES: usize = 2_000_000;

/// The pictures in all folders below one, by name with and without ending, as names are compared.
fn tree(folder: &Path) -> HashMap<String, Vec<PathBuf>> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let mut found: HashMap<String, Vec<PathBuf>> = HashMap::new();
    let walk = WalkDir::new(folder).follow_links(true).sort_by_file_name().into_iter();
    let is_data = |entry: &DirEntry| entry.depth() == 0 || !is_left_out_name(&entry.file_name().to_string_lossy());
    for entry in walk.filter_entry(is_data).flatten().filter(|entry| entry.file_type().is_file()).take(MOST_FILES) {
        let name = caseless(&entry.file_name().to_string_lossy());
        if !is_picture_name(&name) {
            continue;
        }
        let stem = name.rsplit_once('.').map(|(stem, _)| stem.to_string());
        for key in stem.into_iter().chain([name]) {
            found.entry(key).or_default().push(entry.path().to_path_buf());
        }
    }
    found
}

/// A name as it is compared: composed, in small letters.
fn caseless(name: &str) -> String {
    composed(name).to_lowercase()
}

/// The names in a folder as they are compared, sorted.
fn list(folder: &Path) -> HashMap<String, Vec<OsString>> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let mut names: HashMap<String, Vec<OsString>> = HashMap::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        names.entry(caseless(&name.to_string_lossy())).or_default().push(name);
    }
    names.values_mut().for_each(|names| names.sort());
    names
}
