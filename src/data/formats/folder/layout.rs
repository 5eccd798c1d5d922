//! How the folders of a data set are arranged: each a class, or splits with a folder for each class. What could be both is asked.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::doubts;
use super::error::FolderError;
use super::left_out::LeftOut;
use super::tree::{Folder, Inside, Tree};
use crate::data::FolderLayout as Layout;
use crate::data::LoadOptions;
use crate::data::io::IoError;
use crate::data::names;
use crate::data::pictures::Part;

/// A class in a split.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub part: Part,
    pub folder: Folder,
}

/// Folders with their classes.
pub(super) struct Arranged {
    pub found: Vec<Found>,
    /// Folders above those of classes, whose own files are counted.
    pub above: Vec<PathBuf>,
    pub left_out: Vec<(LeftOut, PathBuf)>,
    pub notes: Vec<String>,
}

/// A folder, and what its content says about it.
pub(super) struct Look {
    pub folder: Folder,
    /// The split that its name means.
    part: Option<Part>,
    inside: Inside,
    /// Whether there are pictures directly in it.
    pub own: bool,
    /// Its folders that hold pictures.
    pub below: Vec<String>,
}

impl Look {
    fn at(tree: &Tree, folder: Folder) -> Result<Self, IoError> {
        let mut inside = tree.inside(&folder.path)?;
        while let Some(inner) = wrapped(&folder, &inside) {
            inside = tree.inside(&inner)?;
        }
        let below = inside.folders.iter().filter(|folder| tree.holds_picture(&folder.path));
        let below = below.map(|folder| folder.name.clone()).collect();
        let own = inside.pictures().next().is_some();
        Ok(Look { part: part_of(&folder.name), own, below, folder, inside })
    }

    /// Whether it may be a split: of folders alone.
    fn is_split(&self) -> bool {
        self.part.is_some() && !self.own && !self.inside.folders.is_empty()
    }

    fn holds_pictures(&self) -> bool {
        self.own || !self.below.is_empty()
    }
}

/// The folders of a data set.
pub(super) struct Looks<'a> {
    tree: &'a Tree,
    root: PathBuf,
    looks: Vec<Look>,
    left_out: Vec<(LeftOut, PathBuf)>,
}

impl<'a> Looks<'a> {
    pub fn at(tree: &'a Tree, root: &Path) -> Result<Self, IoError> {
        let inside = tree.inside(root)?;
        let ends = ends_of(&inside.folders);
        let look = |folder| Look::at(tree, folder);
        let mut looks = inside.folders.into_iter().map(look).collect::<Result<Vec<_>, _>>()?;
        for look in &mut looks {
            look.part = look.part.or_else(|| ends.get(&look.folder.path).copied());
        }
        Ok(Looks { tree, root: root.to_path_buf(), looks, left_out: inside.left_out })
    }

    /// Which folders are classes, as `options` say or as the folders do.
    pub fn arrange(self, options: &LoadOptions) -> Result<Arranged, FolderError> {
        let layout = match options.images.layout {
            Some(layout) => layout,
            None => self.decide(options)?,
        };
        if layout == Layout::Classes && options.fewest_classes() > 1 {
            self.check_alone()?;
        }
        Ok(self.arranged(layout))
    }

    /// Refuses one folder of folders of pictures among others that hold none: the classes are in it.
    fn check_alone(&self) -> Result<(), FolderError> {
        let mut holding = self.looks.iter().filter(|look| look.holds_pictures());
        match (holding.next(), holding.next()) {
            (Some(only), None) if self.looks.len() > 1 && !only.own && only.below.len() > 1 => {
                let suggestion = self.tree.suggestion(&self.root, true);
                let (root, class) = (self.root.clone(), only.folder.name.clone());
                Err(FolderError::OneClass { root, class, suggestion })
            }
            _ => Ok(()),
        }
    }

    /// The layout, if it is clear or a trained model's classes tell.
    ///
    /// # Errors
    /// What could be both, or neither.
    pub fn decide(&self, options: &LoadOptions) -> Result<Layout, FolderError> {
        let holding: Vec<&Look> = self.looks.iter().filter(|look| look.holds_pictures()).collect();
        let (parts, others): (Vec<&Look>, Vec<&Look>) = holding.iter().partition(|look| look.part.is_some());
        // a stray picture among the classes of a split makes it no class
        let is_split = |look: &&Look| look.is_split() || (others.is_empty() && look.below.len() > 1);
        let splits: Vec<&Look> = parts.iter().copied().filter(is_split).collect();
        let classes = names_of(holding.iter().map(|look| &look.folder.name));
        let inside = names_of(splits.iter().flat_map(|look| &look.below));
        let is_known =
            |name: &String| options.classes.as_ref().is_some_and(|known| names::place(name, known).is_some());
        let are_known = |names: &[String]| !names.is_empty() && names.iter().all(is_known);
        match (are_known(&classes), are_known(&inside)) {
            (true, false) => return Ok(Layout::Classes),
            (false, true) => return Ok(Layout::Splits),
            _ => {}
        }
        if splits.is_empty() {
            let is_one = others.iter().all(|look| is_generic(look)) && !options.unlabelled;
            let unsorted = parts.len() > 1 || is_one;
            let error = match unsorted && !holding.is_empty() {
                true => Some(self.unsorted(&holding)),
                false => {
                    self.nested(&holding).or_else(|| doubts::of(self.tree, &self.root, &holding, options.unlabelled))
                }
            };
            return error.map_or(Ok(Layout::Classes), Err);
        }
        if self.is_clear(&splits, &others) {
            return Ok(Layout::Splits);
        }
        let split = splits.iter().map(|look| look.folder.name.clone()).collect();
        Err(FolderError::Ambiguous { root: self.root.clone(), split, classes, inside })
    }

    /// Whether splits are splits: nothing else is there, or training and another one have classes in common.
    fn is_clear(&self, splits: &[&Look], others: &[&Look]) -> bool {
        let train = splits.iter().find(|look| look.part == Some(Part::Train));
        let flat_train =
            self.looks.iter().any(|look| look.part == Some(Part::Train) && look.own && look.below.is_empty());
        let common =
            |look: &&&Look| train.is_some_and(|train| look.below.iter().any(|name| train.below.contains(name)));
        let confirmed = splits.iter().filter(|look| look.part != Some(Part::Train)).any(|look| common(&look));
        !flat_train && (others.is_empty() || confirmed)
    }

    fn unsorted(&self, holding: &[&Look]) -> FolderError {
        let folders = holding.iter().map(|look| look.folder.name.clone()).collect();
        let suggestion = self.tree.suggestion(&self.root, true);
        FolderError::Unsorted { root: self.root.clone(), folders, suggestion }
    }

    /// An error if all folders hold the same folders, and no pictures beside those.
    fn nested(&self, holding: &[&Look]) -> Option<FolderError> {
        let [first, others @ ..] = holding else { return None };
        let mut inside = first.below.clone();
        inside.retain(|name| others.iter().all(|look| look.below.contains(name)));
        // a split is no class, however few of them there are
        let are_many = inside.len() > 1 || inside.iter().any(|name| part_of(name).is_some());
        let nested = are_many && !others.is_empty() && holding.iter().all(|look| !look.own);
        let folders = || holding.iter().map(|look| look.folder.name.clone()).collect();
        nested.then(|| FolderError::Nested { root: self.root.clone(), folders: folders(), inside })
    }

    fn arranged(self, layout: Layout) -> Arranged {
        let mut arranged =
            Arranged { found: Vec::new(), above: vec![self.root], left_out: self.left_out, notes: Vec::new() };
        let (mut beside, mut flat) = (Vec::new(), Vec::new());
        for Look { folder, part, inside, own, below } in self.looks {
            match (layout, part) {
                (Layout::Classes, _) => arranged.found.push(Found { part: Part::Unknown, folder }),
                (Layout::Splits, None) => beside.push(folder.name),
                (Layout::Splits, Some(_)) if own && below.is_empty() => flat.push(folder),
                (Layout::Splits, Some(part)) => {
                    arranged.found.extend(inside.folders.into_iter().map(|folder| Found { part, folder }));
                    arranged.left_out.extend(inside.left_out);
                    arranged.above.push(folder.path);
                }
            }
        }
        if !beside.is_empty() {
            arranged.notes.push(format!("ignored next to train, val and test: {}", beside.join(", ")));
        }
        for folder in flat {
            let answered = match self.tree {
                Tree::Disk => format!(" (lepton-gpu predict RUN {} answers them)", folder.path.display()),
                Tree::Archive(_) => String::new(),
            };
            let name = folder.name;
            arranged.notes.push(format!("ignored: `{name}`, whose images are in no class folders{answered}"));
        }
        arranged
    }

    /// The classes that a layout gives.
    pub fn classes(&self, layout: Layout) -> Vec<String> {
        match layout {
            Layout::Classes => names_of(self.looks.iter().filter(|l| l.holds_pictures()).map(|look| &look.folder.name)),
            Layout::Splits => {
                names_of(self.looks.iter().filter(|look| look.part.is_some()).flat_map(|look| &look.below))
            }
        }
    }

    /// Whether each class has its pictures directly in its folder.
    pub fn is_plain(&self) -> bool {
        self.looks.iter().filter(|look| look.holds_pictures()).all(|look| look.own)
    }
}

/// Names, each once, in natural order.
fn names_of<'a>(names: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut all: Vec<String> = names.cloned().collect();
    all.sort_by(|a, b| names::natural(a, b));
    all.dedup();
    all
}

/// The folder that alone is in another one, if it adds nothing: an archive was unpacked into a folder of its name, or it is called as
/// anything may be.
fn wrapped(folder: &Folder, inside: &Inside) -> Option<PathBuf> {
    let [only] = &inside.folders[..] else { return None };
    let is_same = only.name == folder.name && inside.files.is_empty();
    let adds_nothing = is_same || words(&only.name).is_empty() && inside.pictures().next().is_none();
    adds_nothing.then(|| only.path.clone())
}

/// Words that say nothing about what is on pictures.
pub(super) const FILLERS: [&str; 15] = [
    "set",
    "data",
    "dataset",
    "images",
    "image",
    "imgs",
    "img",
    "pictures",
    "photos",
    "pics",
    "jpg",
    "jpeg",
    "jpegs",
    "jpegimages",
    "png",
];

/// The words of a folder's name that say something.
pub(super) fn words(name: &str) -> Vec<String> {
    let words = name.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase);
    words.filter(|word| !word.is_empty() && !FILLERS.contains(&word.as_str())).collect()
}

/// The split that a folder's name means: `train`, `test_images`, `validation-set`.
pub(in crate::data::formats) fn part_of(name: &str) -> Option<Part> {
    let words = words(name);
    let [word] = &words[..] else { return None };
    named(word)
}

/// The split of a word, which may have the year of a competition or a 1 behind it: `val2017`, `test1`.
pub(super) fn named(word: &str) -> Option<Part> {
    let bare = word.trim_end_matches(|c: char| c.is_ascii_digit());
    let number = &word[bare.len()..];
    Part::named(bare).filter(|_| number.is_empty() || number == "1" || number.len() == 4)
}

/// Folders whose names end with a split after the same words, `seg_train` and `seg_test`: with each its split. None where fewer than two
/// are called so, or two mean one split.
fn ends_of(folders: &[Folder]) -> BTreeMap<PathBuf, Part> {
    let mut by_start: BTreeMap<Vec<String>, Vec<(PathBuf, Part)>> = BTreeMap::new();
    for Folder { name, path } in folders {
        let mut words = words(name);
        if let Some(part) = words.pop().as_deref().and_then(named).filter(|_| !words.is_empty()) {
            by_start.entry(words).or_default().push((path.clone(), part));
        }
    }
    let differ = |members: &Vec<(PathBuf, Part)>| {
        let parts: BTreeSet<Part> = members.iter().map(|(_, part)| *part).collect();
        parts.len() == members.len() && parts.len() > 1 && parts.contains(&Part::Train)
    };
    by_start.into_values().filter(differ).flatten().collect()
}

/// Whether a folder is called as anything may be: `images`.
fn is_generic(look: &Look) -> bool {
    words(&look.folder.name).is_empty() && look.below.is_empty()
}
