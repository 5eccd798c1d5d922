//! Examples by what they are called.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::data::{Dataset, names};
use crate::platform::files::below;

/// Where an example is: the number of its split, in the order of [`Splits::iter`](crate::data::Splits::iter), and its own.
pub type At = (usize, usize);

/// Examples by the names that rows may give them.
pub struct Index {
    /// By the whole path, and by the path from the folder of the data on.
    paths: HashMap<String, Vec<At>>,
    /// By the last part of the path.
    files: HashMap<String, Vec<At>>,
    /// Where the data come from.
    root: PathBuf,
    /// The folder that paths in the table may start from.
    beside: PathBuf,
}

/// What is called so.
pub enum Found<'a> {
    /// One example, or those of one file.
    These(&'a [At]),
    /// Several files.
    Several(&'a [At]),
    /// Nothing.
    None,
}

/// A path with slashes, and one spelling of its letters.
fn slashed(path: &str) -> String {
    let path = names::composed(path).replace('\\', "/");
    path.strip_prefix("./").map(String::from).unwrap_or(path)
}

/// The name of an example from the folder of the data on.
fn of_root(root: &Path, name: &str) -> String {
    slashed(&below(root, Path::new(name)).to_string_lossy())
}

impl Index {
    /// All examples of a data set, for the rows of the table at `table`.
    pub fn new(data: &Dataset, table: &Path) -> Self {
        let root = PathBuf::from(data.source());
        let (mut paths, mut files): (HashMap<String, Vec<At>>, HashMap<String, Vec<At>>) = Default::default();
        for (number, (_, split)) in data.splits().iter().enumerate() {
            for i in 0..split.len() {
                let Some(name) = split.name(i) else { break };
                let (below, name) = (of_root(&root, name), slashed(name));
                if below != name {
                    paths.entry(below).or_default().push((number, i));
                }
                let file = name.rsplit('/').next().unwrap_or_default().to_string();
                files.entry(file).or_default().push((number, i));
                paths.entry(name).or_default().push((number, i));
            }
        }
        Index { paths, files, root, beside: table.parent().unwrap_or(Path::new("")).to_path_buf() }
    }

    /// The examples of this name.
    pub fn find(&self, name: &str) -> Found<'_> {
        let name = slashed(name);
        // paths in a table may start from its own folder
        let beside = self.beside.join(&name).canonicalize().ok().map(|path| slashed(&path.to_string_lossy()));
        let of_path = self.paths.get(&name).or_else(|| self.paths.get(&beside?));
        match (of_path, self.files.get(&name)) {
            (Some(examples), _) => Found::These(examples),
            (None, Some(examples)) if examples.len() == 1 => Found::These(examples),
            (None, Some(examples)) => Found::Several(examples),
            (None, None) => Found::None,
        }
    }

    /// What an example is called.
    pub fn name(&self, data: &Dataset, split: usize, example: usize) -> String {
        let (part, split) = data.splits().iter().nth(split).expect("a split of the data");
        match split.name(example) {
            Some(name) => of_root(&self.root, name),
            None => format!("{part} example {example}"),
        }
    }

    /// All names, from the folder of the data on where they are below it.
    pub fn names(&self) -> Vec<String> {
        let mut all: Vec<String> = self.paths.keys().map(|name| of_root(&self.root, name)).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}
