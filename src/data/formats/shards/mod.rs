//! Shards: files that each hold many pictures. Where they lie, which split each is of, and what their labels mean.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

mod error;
mod labelled;
mod pattern;

pub use error::ShardError;
pub(super) use labelled::{Labelled, Labels, catalog};

use super::folder::is_hidden;
use crate::data::names;
use crate::data::part::Part;
use pattern::{expand, is_pattern};

/// Shards of a data set, in natural order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Shards {
    pub files: Vec<(PathBuf, Part)>,
    /// Numbers of a pattern that have no file.
    pub missing: Vec<PathBuf>,
    /// Folders that each are a data set, where that is how they lie.
    pub sets: Vec<PathBuf>,
    /// Lines for people.
    pub notes: Vec<String>,
}

/// Folders that shards lie in, beside those that are called as splits are.
const FOLDERS: [&str; 2] = ["data", "shards"];

impl Shards {
    /// The shards that a path means: a file whose name ends so, a pattern of such files, or a folder that holds some, directly
    /// or in a folder that is called `data`, `shards` or as a split is. None if it means something else.
    pub fn find(path: &Path, is_shard: fn(&Path) -> bool) -> Option<Self> {
        if path.is_file() {
            return is_shard(path).then(|| Self::of(vec![path.to_path_buf()]));
        }
        if path.is_dir() {
            return Self::in_folder(path, is_shard);
        }
        let name = path.to_string_lossy();
        if !is_pattern(&name) {
            return None;
        }
        let (files, missing): (Vec<PathBuf>, _) = expand(&name).into_iter().partition(|file| file.is_file());
        let (files, missing): (Vec<_>, Vec<_>) = (
            files.into_iter().filter(|file| is_shard(file)).collect(),
            missing.into_iter().filter(|f| is_shard(f)).collect(),
        );
        let none = files.is_empty() && missing.is_empty();
        (!none).then(|| Shards { missing, ..Self::of(files) })
    }

    /// [`find`](Self::find) for a path that is one.
    ///
    /// # Errors
    /// Shards of a pattern are missing, or there are several data sets in a folder.
    pub fn of_path(path: &Path, is_shard: fn(&Path) -> bool) -> Result<Self, ShardError> {
        // a file is one by its content, whatever it is called
        let found = Self::find(path, is_shard).unwrap_or_else(|| Self::of(vec![path.to_path_buf()]));
        if let Some(first) = found.missing.first().cloned() {
            let (count, total) = (found.missing.len(), found.missing.len() + found.files.len());
            return Err(ShardError::Missing { path: path.to_path_buf(), count, total, first });
        }
        if found.sets.len() > 1 {
            return Err(ShardError::Several { path: path.to_path_buf(), folders: found.sets });
        }
        Ok(found)
    }

    fn in_folder(folder: &Path, is_shard: fn(&Path) -> bool) -> Option<Self> {
        let found = files_in(folder, is_shard);
        if !found.is_empty() {
            return Some(Self::of(found));
        }
        let mut deeper: Vec<PathBuf> = crate::platform::files::entries(folder);
        deeper.retain(|path| path.is_dir());
        let is_known = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
            FOLDERS.contains(&name.as_str()) || Part::named(&name).is_some()
        };
        let (known, others): (Vec<PathBuf>, Vec<PathBuf>) = deeper.into_iter().partition(is_known);
        let found: Vec<PathBuf> = known.iter().flat_map(|path| files_in(path, is_shard)).collect();
        if !found.is_empty() {
            return Some(Self::of(found));
        }
        // configurations of a data set, each in a folder of its name
        let mut sets: Vec<(PathBuf, Vec<PathBuf>)> =
            others.into_iter().map(|path| (path.clone(), files_in(&path, is_shard))).collect();
        sets.retain(|(_, files)| !files.is_empty());
        sets.sort();
        let folders = sets.iter().map(|(path, _)| path.clone()).collect();
        let all: Vec<PathBuf> = sets.into_iter().flat_map(|(_, files)| files).collect();
        (!all.is_empty()).then(|| Shards { sets: folders, ..Self::of(all) })
    }

    /// The split of each by its own name, or by its folder's.
    fn of(mut paths: Vec<PathBuf>) -> Self {
        paths.sort_by(|a, b| names::natural(&a.to_string_lossy(), &b.to_string_lossy()));
        paths.dedup();
        let named = |name: Option<&std::ffi::OsStr>| part_of(&name?.to_string_lossy());
        let part = |path: &Path| named(path.file_name()).or_else(|| named(path.parent()?.file_name()));
        let mut files: Vec<(PathBuf, Part)> =
            paths.into_iter().map(|path| (part(&path).unwrap_or(Part::Unknown), path)).map(|(p, f)| (f, p)).collect();
        let mut notes = Vec::new();
        let parts = files.iter().filter(|(_, part)| *part != Part::Unknown).count();
        // one shard alone is data, whatever it is called
        if let [(_, part)] = &mut files[..] {
            *part = Part::Unknown;
        } else if parts > 0 && parts < files.len() {
            let unnamed = files.iter().find(|(_, part)| *part == Part::Unknown);
            let name = unnamed.and_then(|(path, _)| path.file_name()).unwrap_or_default().to_string_lossy();
            let count = files.len() - parts;
            let shards = if count == 1 { "shard" } else { "shards" };
            notes.push(format!("used for training, since their names say no split: {count} {shards}, such as {name}"));
        }
        notes.extend(incomplete(&files));
        Shards { files, missing: Vec::new(), sets: Vec::new(), notes }
    }
}

/// A line for each set of shards whose names say that there are more of them: `train-00000-of-00002.parquet` alone.
fn incomplete(files: &[(PathBuf, Part)]) -> Vec<String> {
    let mut sets: BTreeMap<(PathBuf, String, u64), BTreeSet<u64>> = BTreeMap::new();
    for (path, _) in files {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Some((before, after)) = name.rsplit_once("-of-") else { continue };
        let total: String = after.chars().take_while(char::is_ascii_digit).collect();
        let (start, number) = before.split_at(before.len() - number_length(before));
        if let (Ok(number), Ok(all)) = (number.parse(), total.parse()) {
            let shown = format!("{start}*-of-{after}");
            sets.entry((path.parent().unwrap_or(Path::new("")).to_path_buf(), shown, all)).or_default().insert(number);
        }
    }
    let few = sets.into_iter().filter(|((_, _, all), found)| (found.len() as u64) < *all);
    few.map(|((_, shown, all), found)| format!("only {} of the {all} shards {shown} are there", found.len())).collect()
}

/// Digits that a name ends with.
fn number_length(name: &str) -> usize {
    name.bytes().rev().take_while(u8::is_ascii_digit).count()
}

/// The split that a shard's name begins or ends with: `train-00000-of-00002.parquet`, `imagenet-val-0003.tar`.
pub(super) fn part_of(name: &str) -> Option<Part> {
    let mut words = name.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty());
    words.find_map(Part::named)
}

fn files_in(folder: &Path, is_shard: fn(&Path) -> bool) -> Vec<PathBuf> {
    let mut files = crate::platform::files::entries(folder);
    // the name first: a folder of pictures has many files, and none of them is asked about
    files.retain(|path| is_shard(path) && !is_hidden(path.file_name().unwrap_or_default()) && path.is_file());
    files
}

/// Whether a file's name ends so, in whatever case.
pub(super) fn ends_with(path: &Path, ends: &[&str]) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    ends.iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_shards_say_their_split() {
        let of = |name| part_of(name);
        assert_eq!(of("train-00000-of-00002.parquet"), Some(Part::Train));
        assert_eq!(of("imagenet-val-0003.tar"), Some(Part::Validation));
        assert_eq!(of("validation_00.tar"), Some(Part::Validation));
        assert_eq!(of("test.tar"), Some(Part::Test));
        assert_eq!(of("shard-0001.tar"), None);
        assert_eq!(of("trains-1.tar"), None, "a word, not its start");
    }

    #[test]
    fn shards_that_are_not_there_are_counted() {
        let notes = |names: &[&str]| Shards::of(names.iter().map(PathBuf::from).collect()).notes;
        let of = ["data/train-00000-of-00003.parquet", "data/train-00002-of-00003.parquet", "data/test-0-of-1.parquet"];
        assert_eq!(notes(&of), ["only 2 of the 3 shards train-*-of-00003.parquet are there"]);
        assert_eq!(notes(&["train-00000-of-00001.parquet", "a-of-b.tar"]).len(), 1, "no split in the second");
        assert!(notes(&["train-0-of-2.tar", "train-1-of-2.tar"]).is_empty());
    }
}
