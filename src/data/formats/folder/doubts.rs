//! Folders that would be classes by where they lie, and probably are none: a copy of those beside it, parts of one set, masks, splits.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::error::{Doubt, FolderError};
use super::layout::{FILLERS, Look, named, part_of, words};
use super::tree::Tree;
use crate::data::names;

/// Why these folders of a data set are probably no classes; none where nothing speaks against it. Parts of one set are none if nothing
/// is learned of classes.
pub(super) fn of(tree: &Tree, root: &Path, holding: &[&Look], unlabelled: bool) -> Option<FolderError> {
    let doubt = copy(holding)
        .or_else(|| inner(holding))
        .or_else(|| split_names(holding))
        .or_else(|| if unlabelled { None } else { parts(holding) })
        .or_else(|| masks(tree, holding))?;
    Some(FolderError::Doubtful { root: root.to_path_buf(), doubt })
}

fn names_of(looks: &[&Look]) -> Vec<String> {
    looks.iter().map(|look| look.folder.name.clone()).collect()
}

/// A folder that holds folders called as those beside it: the whole set once more.
fn copy(holding: &[&Look]) -> Option<Doubt> {
    let find = |look: &&&Look| {
        let others = holding.iter().filter(|other| other.folder.name != look.folder.name);
        let common = others.clone().filter(|other| look.below.contains(&other.folder.name)).count();
        !look.own && common > 0 && (common > 1 || common == others.count())
    };
    let look = holding.iter().find(find)?;
    let inside = look.below.iter().filter(|name| holding.iter().any(|other| other.folder.name == **name));
    Some(Doubt::Copy { folder: look.folder.name.clone(), inside: inside.cloned().collect() })
}

/// A folder that holds splits, or the one of two that is called after having labels: the data set is that one.
fn inner(holding: &[&Look]) -> Option<Doubt> {
    let parts = |look: &Look| look.below.iter().filter_map(|name| part_of(name)).collect::<BTreeSet<_>>().len();
    let is_labelled = |look: &Look| matches!(look.folder.name.to_lowercase().as_str(), "labeled" | "labelled");
    let without = |look: &&Look| matches!(look.folder.name.to_lowercase().as_str(), "unlabeled" | "unlabelled");
    let has_without = holding.iter().any(without);
    let find = |look: &&&Look| !look.own && (parts(look) > 1 || has_without && is_labelled(look));
    let look = holding.iter().find(find)?;
    Some(Doubt::Inner { folder: look.folder.name.clone(), inside: look.below.clone() })
}

/// Folders that are each called after a split and a class: `train_cats` and `val_cats`.
fn split_names(holding: &[&Look]) -> Option<Doubt> {
    let first = |look: &&Look| {
        let words = words(&look.folder.name);
        words.split_first().filter(|(_, rest)| !rest.is_empty()).and_then(|(first, _)| named(first))
    };
    let parts: BTreeSet<_> = holding.iter().map(first).collect::<Option<_>>()?;
    (parts.len() > 1).then(|| Doubt::SplitNames { folders: names_of(holding) })
}

/// Words before the number of a part, beside those that say nothing.
const PARTS: [&str; 9] = ["part", "parts", "batch", "chunk", "shard", "subset", "fold", "volume", "archive"];

/// Folders that are numbered parts of one: `images_001` and `images_002`.
fn parts(holding: &[&Look]) -> Option<Doubt> {
    let start = |look: &&Look| {
        let name = look.folder.name.to_lowercase();
        let start = name.trim_end_matches(|c: char| c.is_ascii_digit());
        let word = start.rsplit(|c: char| !c.is_alphanumeric()).find(|word| !word.is_empty())?;
        let is_part = start.len() < name.len() && (PARTS.contains(&word) || FILLERS.contains(&word));
        is_part.then(|| start.to_string())
    };
    let starts: BTreeSet<String> = holding.iter().map(start).collect::<Option<_>>()?;
    let are_flat = holding.iter().all(|look| look.own);
    (holding.len() > 1 && starts.len() == 1 && are_flat).then(|| Doubt::Parts { folders: names_of(holding) })
}

/// What words of folders of masks hold.
const MASKS: [&str; 6] = ["mask", "segment", "annot", "trimap", "groundtruth", "matte"];
/// What such folders may be called as a whole.
const LABELS: [&str; 4] = ["gt", "labels", "label", "seg"];
/// What such files may end with.
const ENDS: [&str; 5] = ["_mask", "-mask", "_segmentation", "_seg", "_gt"];

/// Two folders whose pictures have the same names, one of which is called after masks or as anything may be.
fn masks(tree: &Tree, holding: &[&Look]) -> Option<Doubt> {
    let [one, other] = holding else { return None };
    let is_mask = |look: &Look| {
        let words = words(&look.folder.name);
        words.iter().any(|word| MASKS.iter().any(|mask| word.contains(mask)) || LABELS.contains(&word.as_str()))
    };
    let is_anything = |look: &Look| words(&look.folder.name).is_empty();
    // people with a mask and without one are classes
    if is_mask(one) == is_mask(other) && !is_anything(one) && !is_anything(other) {
        return None;
    }
    let [one, other] = [one, other].map(|look| stems(tree, &look.folder.path));
    let common = one.intersection(&other).count();
    (common > 1 && common * 10 >= one.len().min(other.len()) * 9).then(|| Doubt::Masks { folders: names_of(holding) })
}

/// The names of the files below a folder without their extensions, and without what names of masks end with.
fn stems(tree: &Tree, folder: &Path) -> BTreeSet<String> {
    let stem = |path: &PathBuf| {
        let stem = names::of(path.file_stem()?).to_lowercase();
        Some(ENDS.iter().find_map(|end| stem.strip_suffix(end)).map_or(stem.clone(), String::from))
    };
    tree.files_below(folder).iter().filter_map(stem).collect()
}
