//! The files that a table means by its names: without ending, with backslashes, or in another case.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

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
    pub changed: Changed,
}

/// Whether a name ends as a picture's does.
pub fn is_picture_name(name: &str) -> bool {
    let end = name.rsplit_once('.').map(|(_, end)| end.trim().to_lowercase());
    end.is_some_and(|end| PICTURE_ENDS.contains(&end.as_str()))
}

impl Files {
    /// The files of a table at this path, or those in a folder that a user said.
    pub fn new(table: &Path, folder: Option<&str>) -> Self {
        let own = table.parent().unwrap_or(Path::new("")).to_path_buf();
        let (folder, said) = folder.map_or((own, false), |folder| (folder.into(), true));
        Files { folder, said, listed: HashMap::new(), changed: Changed::default() }
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
        let whole = self.folder.join(name);
        if whole.is_file() || whole.is_symlink() {
            return Ok(whole);
        }
        if name.starts_with("http://") || name.starts_with("https://") {
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
                Some((_, shorter)) => rest = shorter,
                None => return Err((whole, first.unwrap_or_default())),
            }
        }
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
        let (own, name) = (composed(name), plain(name));
        let of = |name: &str| listed.get(name).into_iter().flatten().cloned().collect::<Vec<_>>();
        let is_same = |found: &OsString| found.to_str().is_some_and(|found| composed(found) == own);
        let how = |found: &OsString| if is_same(found) { Other::Unicode } else { Other::Case };
        let mut same: Vec<(OsString, Other)> =
            of(&name).into_iter().map(|found| (found.clone(), how(&found))).collect();
        // of files that differ in case only, the one that is spelt so
        if same.iter().filter(|(_, how)| *how == Other::Unicode).count() == 1 {
            same.retain(|(_, how)| *how == Other::Unicode);
        }
        if !same.is_empty() || !is_file {
            return same;
        }
        let ends = PICTURE_ENDS.iter().flat_map(|end| of(&format!("{name}.{end}")));
        ends.map(|name| (name, Other::Ending)).collect()
    }

    /// What was changed about names, for people.
    pub fn note(&self) -> Option<String> {
        let Changed { ending, backslash, case, unicode, folder } = self.changed;
        let kinds = [
            (ending, "without an extension"),
            (backslash, "with backslashes"),
            (case, "in another case"),
            (unicode, "in another Unicode form"),
            (folder, "from another folder"),
        ];
        let said: Vec<String> =
            kinds.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
        (!said.is_empty()).then(|| format!("names of images matched to files: {}", said.join(", ")))
    }

    /// The folders beside the table in which a name is found that is not where it should be: at most two levels below.
    pub fn elsewhere(&self, name: &str) -> Vec<PathBuf> {
        let children = |folder: &Path| {
            let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
            entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect::<Vec<PathBuf>>()
        };
        let first = children(if self.folder.as_os_str().is_empty() { Path::new(".") } else { &self.folder });
        let second = first.iter().take(64).flat_map(|folder| children(folder));
        let mut folders: Vec<PathBuf> = first.iter().cloned().chain(second.take(256)).collect();
        folders.sort();
        folders.retain(|folder| {
            let mut files = Files { folder: folder.clone(), said: true, listed: HashMap::new(), changed: self.changed };
            files.find(name).is_ok()
        });
        folders
    }
}

/// A name as it is compared: composed, in small letters.
fn plain(name: &str) -> String {
    composed(name).to_lowercase()
}

/// The names in a folder as they are compared, sorted.
fn list(folder: &Path) -> HashMap<String, Vec<OsString>> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let mut names: HashMap<String, Vec<OsString>> = HashMap::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        names.entry(plain(&name.to_string_lossy())).or_default().push(name);
    }
    names.values_mut().for_each(|names| names.sort());
    names
}
