//! What says the label of a sample: a member `.cls`, `.json` or `.txt` of its name, or the folder that it lies in.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use super::folders;
use super::sample::{Sample, split_name};
use crate::data::LoadOptions;
use crate::data::formats::shards::{Labels, ShardError};
use crate::data::names;
use crate::data::pictures::Part;

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
    /// The folder of the picture.
    Folder,
    /// Nothing.
    Nothing,
}

impl Source {
    /// What says the labels: what was asked for as a column, or the first that is there.
    ///
    /// # Errors
    /// Nothing does, or what was asked for is not there.
    pub fn of(path: &Path, samples: &[Sample], options: &LoadOptions) -> Result<Self, ShardError> {
        let has = |end: &str| samples.iter().any(|sample| text(sample, end).is_some());
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
            return found.ok_or(ShardError::NoColumn { path, name, found: found_names });
        }
        if has("cls") {
            return Ok(Source::Class);
        }
        if let Some(json) = KEYS.iter().find_map(|name| key(name)) {
            return Ok(json);
        }
        if has("txt") && !are_captions(samples) {
            return Ok(Source::Text);
        }
        let above: BTreeSet<&str> = samples.iter().filter_map(|sample| folders(&sample.name).pop()).collect();
        // a folder that is called as a split is says nothing about a picture
        let says = above.iter().any(|name| Part::named(name).is_none());
        if says && above.len() >= options.fewest_classes() {
            return Ok(Source::Folder);
        }
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
        Err(ShardError::NoLabels { path: path.to_path_buf(), images: samples.len(), looked, advice })
    }

    /// The label of a sample.
    pub fn label(&self, sample: &Sample) -> Option<String> {
        let plain = |end: &str| {
            let text = String::from_utf8_lossy(text(sample, end)?).trim().trim_start_matches('\u{feff}').to_string();
            (!text.is_empty()).then(|| names::composed(&text))
        };
        match self {
            Source::Class => plain("cls"),
            Source::Text => plain("txt"),
            Source::Json(key) => spelt(json(sample)?.get(key)?),
            Source::Folder => folders(&sample.name).pop().map(names::composed),
            Source::Nothing => None,
        }
    }

    /// The split that the folders of a sample say, where its shard says none.
    pub fn part(&self, sample: &Sample) -> Part {
        let mut above = folders(&sample.name);
        if *self == Source::Folder {
            above.pop();
        }
        above.into_iter().find_map(Part::named).unwrap_or(Part::Unknown)
    }

    /// What the labels are.
    pub fn labels(&self, names: Option<(Vec<String>, String)>) -> Labels {
        let (name, missing) = match self {
            Source::Class => ("cls", "no label: there is no .cls of its name, or it is empty"),
            Source::Text => ("txt", "no label: there is no .txt of its name, or it is empty"),
            Source::Json(key) => (key.as_str(), "no label: there is no .json of its name, or it has none"),
            Source::Folder | Source::Nothing => ("folder", "no label: it lies in no folder"),
        };
        let are_classes = matches!(self, Source::Class | Source::Folder);
        let names = names.filter(|_| *self != Source::Folder);
        Labels { name: name.into(), are_classes, are_several: false, names, missing }
    }

    /// What else is said about the samples, and not used.
    pub fn note(&self, samples: &[Sample]) -> Option<String> {
        let mut others: BTreeMap<&str, usize> = BTreeMap::new();
        let used = match self {
            Source::Class => "cls",
            Source::Text => "txt",
            Source::Json(_) => "json",
            Source::Folder | Source::Nothing => "",
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
