//! What says the label of a sample: a member `.cls`, `.json` or `.txt` of its name, or the folder that it lies in.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use super::folders;
use super::sample::{Sample, split_name};
use crate::data::formats::folder::{Classes, part_of};
use crate::data::formats::shards::{Labels, ShardError};
use crate::data::names;
use crate::data::pictures::Part;
use crate::data::pictures::PictureError;
use crate::data::{DataError, LoadOptions};

/// Ends of members that say a label.
const TEXTS: [&str; 3] = ["cls", "json", "txt"];
/// Keys of a JSON object that hold a label.
const KEYS: [&str; 5] = ["label", "labels", "class", "cls", "category"];

/// Whether a member may say a label.
pub fn is_wanted(name: &str) -> bool {
    split_name(name).is_some_and(|(_, end)| TEXTS.contains(&end.to_lowercase().as_str()))
}

/// What says the labels of all samples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A member with a number, or with a name.
    Class,
    /// A member with a line of text.
    Text,
    /// A key of a JSON object.
    Json(String),
    /// The folder of the picture, as on a disk.
    Folder(Classes),
    /// Nothing.
    Nothing,
}

impl Source {
    /// What says the labels: what was asked for as a column, or the first that is there.
    ///
    /// # Errors
    /// Nothing does, or what was asked for is not there.
    pub fn of(path: &Path, (samples, folders): (&[Sample], &[&str]), options: &LoadOptions) -> Result<Self, DataError> {
        let with = |end: &str| samples.iter().filter(|sample| text(sample, end).is_some()).count();
        let has = |end: &str| with(end) > 0;
        let keys: BTreeSet<String> = samples.iter().take(LOOKED_AT).flat_map(keys).collect();
        let key = |name: &str| keys.contains(name).then(|| Source::Json(name.into()));
        if let Some(name) = options.table.label_column.as_deref() {
            let found = match name {
                "cls" if has("cls") => Some(Source::Class),
                "txt" if has("txt") => Some(Source::Text),
                other => key(other),
            };
            let ends = ["cls", "txt"].into_iter().filter(|end| has(end)).map(String::from);
            let (path, name, found_names) = (path.to_path_buf(), name.to_string(), ends.chain(keys.clone()).collect());
            return found.ok_or_else(|| ShardError::NoColumn { path, name, found: found_names }.into());
        }
        let json = || KEYS.iter().find_map(|name| key(name)).map(|json| ("json", json));
        let txt = || (has("txt") && !are_captions(samples)).then_some(("txt", Source::Text));
        let said = has("cls").then_some(("cls", Source::Class)).or_else(json).or_else(txt);
        // a few files beside pictures in folders are no labels
        let (said, few) = match said {
            Some((end, source)) if with(end) * 2 >= samples.len() => return Ok(source),
            Some((_, source)) => (Some(source), true),
            None => (None, false),
        };
        let pictures = samples.iter().map(|sample| sample.name.as_str());
        match Classes::of(path, folders.iter().copied(), pictures, options) {
            Ok(classes) if classes.count() >= options.fewest_classes() => {
                return match classes.empty() {
                    Some(empty) => Err(PictureError::EmptyClass { path: empty.to_path_buf() }.into()),
                    None => Ok(Source::Folder(classes)),
                };
            }
            Err(error) if error.is_question() && !few => {
                return Err(ShardError::Folders { path: path.to_path_buf(), error: error.into() }.into());
            }
            _ => {}
        }
        if let Some(source) = said {
            return Ok(source);
        }
        let above: BTreeSet<&str> = samples.iter().filter_map(|sample| super::folders(&sample.name).pop()).collect();
        if options.unlabelled {
            return Ok(Source::Nothing);
        }
        let mut looked = vec!["no .cls, .json with a label or .txt beside them".to_string()];
        if has("txt") {
            looked = vec!["the .txt beside them are captions, a different one for nearly each".into()];
        }
        looked.push(match (above.len(), above.first()) {
            (1, Some(one)) => format!("all lie in one folder (`{one}`)"),
            _ => "no folder for each class".into(),
        });
        let advice = "a number in 000123.cls for each 000123.jpg, or class folders as cats/000123.jpg in the tar file";
        Err(ShardError::NoLabels { path: path.to_path_buf(), images: samples.len(), looked, advice }.into())
    }

    /// The label of a sample.
    pub fn label(&self, root: &Path, sample: &Sample) -> Option<String> {
        let plain = |end: &str| {
            let text = String::from_utf8_lossy(text(sample, end)?).trim().trim_start_matches('\u{feff}').to_string();
            (!text.is_empty()).then(|| names::composed(&text))
        };
        match self {
            Source::Class => plain("cls"),
            Source::Text => plain("txt"),
            Source::Json(key) => spelt(json(sample)?.get(key)?),
            Source::Folder(classes) => classes.find(root, &sample.name).map(|(_, class)| class.to_string()),
            Source::Nothing => None,
        }
    }

    /// The split that the folders of a sample say, where its shard says none.
    pub fn part(&self, root: &Path, sample: &Sample) -> Part {
        let part = match self {
            Source::Folder(classes) => classes.find(root, &sample.name).map(|(part, _)| part),
            _ => folders(&sample.name).into_iter().find_map(part_of),
        };
        part.unwrap_or(Part::Unknown)
    }

    /// Takes the samples that have no label by their folder and need none out of these, with lines about them.
    pub fn choose(&self, root: &Path, samples: &mut Vec<Sample>) -> Vec<String> {
        let Source::Folder(classes) = self else { return Vec::new() };
        let mut notes = classes.notes.clone();
        let mut beside = 0;
        samples.retain(|sample| {
            // a split without labels is told of as a whole
            let stays =
                matches!(sample.part, Part::Validation | Part::Test) || classes.find(root, &sample.name).is_some();
            beside += usize::from(!stays && classes.is_beside(root, &sample.name));
            stays
        });
        if beside > 0 {
            notes.push(format!("ignored: images outside the class folders ({beside})"));
        }
        notes
    }

    /// What the labels are.
    pub fn labels(&self, names: Option<(Vec<String>, String)>) -> Labels {
        let (name, missing) = match self {
            Source::Class => ("cls", "no label: there is no .cls of its name, or it is empty"),
            Source::Text => ("txt", "no label: there is no .txt of its name, or it is empty"),
            Source::Json(key) => (key.as_str(), "no label: there is no .json of its name, or it has none"),
            Source::Folder(_) | Source::Nothing => ("folder", "no label: it lies in no folder"),
        };
        let are_classes = matches!(self, Source::Class | Source::Folder(_));
        let names = names.filter(|_| !matches!(self, Source::Folder(_)));
        Labels { name: name.into(), are_classes, are_several: false, names, missing }
    }

    /// What else is said about the samples, and not used.
    pub fn note(&self, samples: &[Sample]) -> Option<String> {
        let mut others: BTreeMap<&str, usize> = BTreeMap::new();
        let used = match self {
            Source::Class => "cls",
            Source::Text => "txt",
            Source::Json(_) => "json",
            Source::Folder(_) | Source::Nothing => "",
        };
        for (end, _) in samples.iter().flat_map(|sample| &sample.texts) {
            *others.entry(end).or_default() += usize::from(end != used);
        }
        let others: Vec<String> =
            others.iter().filter(|(_, count)| **count > 0).map(|(end, count)| format!(".{end} ({count})")).collect();
        (!others.is_empty()).then(|| format!("members that are not used: {}", others.join(", ")))
    }
}

/// Samples whose JSON is looked at for keys.
const LOOKED_AT: usize = 100;

fn text<'a>(sample: &'a Sample, end: &str) -> Option<&'a [u8]> {
    sample.texts.iter().find(|(own, _)| own == end).map(|(_, bytes)| bytes.as_slice())
}

fn json(sample: &Sample) -> Option<Value> {
    serde_json::from_slice(text(sample, "json")?).ok()
}

fn keys(sample: &Sample) -> Vec<String> {
    let Some(Value::Object(object)) = json(sample) else { return Vec::new() };
    object.into_iter().filter(|(_, value)| spelt(value).is_some()).map(|(key, _)| key).collect()
}

/// A label as a table would have it; several as a list.
fn spelt(value: &Value) -> Option<String> {
    let one = |value: &Value| match value {
        Value::String(text) => Some(names::composed(text.trim())).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(u8::from(*flag).to_string()),
        _ => None,
    };
    match value {
        Value::Array(all) => Some(all.iter().map(one).collect::<Option<Vec<_>>>()?.join("|")),
        other => one(other),
    }
}

/// Whether texts are captions: of ten or more, three quarters differ.
fn are_captions(samples: &[Sample]) -> bool {
    let texts: Vec<&[u8]> = samples.iter().filter_map(|sample| text(sample, "txt")).collect();
    let different = texts.iter().collect::<BTreeSet<_>>().len();
    texts.len() >= 10 && different * 4 >= texts.len() * 3
}
