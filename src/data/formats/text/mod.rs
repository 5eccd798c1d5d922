//! Texts of several classes, a line each, as tokens: numbers of words.

use std::collections::BTreeSet;
use std::path::Path;

mod error;
mod files;
mod layout;
mod lines;

pub use error::TextError;
use files::{Source, Sources};
#[cfg(feature = "images")]
pub(super) use layout::Layout;
use lines::Sample;

use super::{Detected, Format, Loading};
use crate::data::io::{MAX_BYTES, folder_name};
use crate::data::names;
use crate::data::part::Part;
pub use crate::data::vocabulary::{PAD, Texts, UNKNOWN, Vocabulary};
pub use crate::data::words::words;
use crate::data::{
    DataError, DataKind, Dataset, Input, LoadOptions, Split, Splits, TableOptions, Targets, TextOptions,
};

/// What a model was trained on and asks of the texts it is given.
#[derive(Clone, Debug)]
pub struct Trained<'a> {
    /// Words by token.
    pub vocabulary: &'a Vocabulary,
    /// Class names by label.
    pub classes: &'a [String],
}

pub(super) const FORMAT: Format = Format {
    name: "text",
    what: "texts by class (a file of lines label, tab, text; a table with columns text and label; a pair .pos and .neg; or a \
           folder of such files)",
    kind: DataKind::Texts,
    detect,
    load: load_format,
    #[cfg(feature = "images")]
    list: None,
};

/// By content; by name, what is no other format may be text, and what is not says so when it is read.
fn detect(path: &Path, options: &TableOptions) -> Detected {
    match files::find(path, options) {
        Ok(None) => Detected::No,
        _ if path.is_file() && files::is_of_texts(path, options) => Detected::ByContent,
        _ => Detected::ByName,
    }
}

fn load_format(path: &Path, loading: &Loading) -> Result<Dataset, DataError> {
    Ok(load_with(path, loading.options)?.expect("a path that was detected"))
}

/// A split while it is read.
type Raw<'a> = Vec<&'a (Sample, Vec<String>)>;

/// Loads texts; none if the path means something else. `length` is the words that a model takes, if it says so; a trained
/// model brings its vocabulary and classes.
///
/// # Errors
/// [`DataError`] with file and line.
pub fn load(
    path: &Path,
    options: &TextOptions,
    length: Option<usize>,
    trained: Option<Trained>,
) -> Result<Option<Dataset>, DataError> {
    let (vocabulary, classes) = trained.map(|trained| (trained.vocabulary.clone(), trained.classes.to_vec())).unzip();
    load_with(path, &LoadOptions { text: options.clone(), length, vocabulary, classes, ..LoadOptions::default() })
}

/// [`load`] with everything else that is said about data.
fn load_with(path: &Path, options: &LoadOptions) -> Result<Option<Dataset>, DataError> {
    let Some(sources) = files::find(path, &options.table)? else { return Ok(None) };
    let files: Vec<String> = sources.iter().map(|(source, _)| source.path.display().to_string()).collect();
    let Read { samples, latin1, mut notes } = read(&sources, options)?;
    notes.extend(sources.notes);
    let of = |parts: &[Part]| -> Raw { samples.iter().filter(|(sample, _)| parts.contains(&sample.part)).collect() };
    let [train, validation, test] = [of(&[Part::Train, Part::Unknown]), of(&[Part::Validation]), of(&[Part::Test])];
    let trained = options.vocabulary.as_ref().zip(options.classes.as_deref());
    let classes = match trained {
        Some((_, classes)) => classes.to_vec(),
        None => classes(path, &samples)?,
    };
    let learned = [&train, &validation, &test].into_iter().find(|raw| !raw.is_empty()).expect("a file has a sample");
    let longest = learned.iter().map(|(_, words)| words.len()).max().unwrap_or(0).max(1);
    let length = options.length.unwrap_or(options.text.max_length.map_or(longest, |most| most.min(longest)));
    let vocabulary = match trained {
        Some((vocabulary, _)) => vocabulary.clone(),
        None => {
            let texts = learned.iter().map(|(_, words)| words.as_slice());
            Vocabulary::build(texts, options.text.min_count.unwrap_or(1), options.text.max_words)
        }
    };
    let (texts, limit) = (samples.len(), MAX_BYTES);
    let bytes = texts as u64 * length as u64 * 4;
    if bytes > limit {
        return Err(TextError::TooLong { path: path.into(), texts, length, bytes, limit }.into());
    }
    let cut = samples.iter().filter(|(_, words)| words.len() > length).count();
    let split = |raw: &Raw, source: Option<&Source>| {
        if raw.is_empty() {
            return Ok(None);
        }
        let path = source.map_or(path, |source| &source.path);
        split(raw, path, &vocabulary, &classes, length, &files).map(Some)
    };
    let of_train = sources.train.first();
    let (train, validation) = (split(&train, of_train)?, split(&validation, sources.validation.first().or(of_train))?);
    let test = split(&test, sources.test.first().or(of_train))?;
    let name = folder_name(path);
    let (splits, texts) = (Splits { train, validation, test }, Texts { vocabulary, cut, latin1 });
    let data = Dataset::of_texts(name, classes, splits, texts)?;
    Ok(Some(data.with_source(path.display().to_string()).with_notes(notes)))
}

/// The texts of a path with what they are called; nothing if it means something else.
///
/// # Errors
/// As [`load`].
pub(in crate::data) fn texts(path: &Path, options: &LoadOptions) -> Result<Vec<(String, String)>, DataError> {
    let Some(sources) = files::find(path, &options.table)? else { return Ok(Vec::new()) };
    let files: Vec<String> = sources.iter().map(|(source, _)| source.path.display().to_string()).collect();
    let named = |Sample { text, line, file, .. }: Sample| (format!("{}:{line}", files[file]), text);
    Ok(read(&sources, options)?.samples.into_iter().map(|(sample, _)| named(sample)).collect())
}

/// A text with what its words are for a comparison with others.
#[cfg(feature = "images")]
pub(in crate::data) struct Labelled {
    pub text: String,
    pub label: String,
    pub part: Part,
    /// Its words.
    pub key: String,
    /// Its file and line.
    pub place: String,
}

/// The texts of a path; none if it means something else.
///
/// # Errors
/// As [`load`].
#[cfg(feature = "images")]
pub(in crate::data) fn samples(path: &Path, options: &LoadOptions) -> Result<Option<Vec<Labelled>>, DataError> {
    let Some(sources) = files::find(path, &options.table)? else { return Ok(None) };
    let files: Vec<String> = sources.iter().map(|(source, _)| folder_name(&source.path)).collect();
    let labelled = |(Sample { text, label, part, line, file }, words): (Sample, Vec<String>)| Labelled {
        place: format!("{} line {line}", files[file]),
        key: words.join(" "),
        text,
        label,
        part,
    };
    Ok(Some(read(&sources, options)?.samples.into_iter().map(labelled).collect()))
}

/// What the files of a data set hold.
struct Read {
    /// Each with its words.
    samples: Vec<(Sample, Vec<String>)>,
    latin1: bool,
    notes: Vec<String>,
}

fn read(sources: &Sources, options: &LoadOptions) -> Result<Read, DataError> {
    let mut read = Read { samples: Vec::new(), latin1: false, notes: Vec::new() };
    for (number, (source, part)) in sources.iter().enumerate() {
        let file = lines::read(source, options.text.coarse_labels, &options.table)?;
        read.latin1 |= file.latin1;
        read.notes.extend(file.notes);
        read.samples.extend(file.samples.into_iter().map(|mut sample| {
            // what a row says is more than where it stands
            if sample.part == Part::Unknown {
                sample.part = part;
            }
            sample.file = number;
            let words = words(&sample.text);
            (sample, words)
        }));
    }
    Ok(read)
}

/// Labels in natural order.
fn classes(path: &Path, samples: &[(Sample, Vec<String>)]) -> Result<Vec<String>, TextError> {
    let labels: BTreeSet<&str> = samples.iter().map(|(sample, _)| sample.label.as_str()).collect();
    let mut classes: Vec<String> = labels.into_iter().map(String::from).collect();
    classes.sort_by(|a, b| names::natural(a, b));
    let texts = samples.len();
    if let [class] = &classes[..] {
        return Err(TextError::OneClass { path: path.into(), texts, class: class.clone() });
    }
    // as good as every line with a label of its own: first words, not classes
    if classes.len() > 2 && classes.len() * 2 > texts {
        let first = classes[0].clone();
        return Err(TextError::ManyClasses { path: path.into(), classes: classes.len(), texts, first });
    }
    Ok(classes)
}

fn split(
    raw: &Raw,
    path: &Path,
    vocabulary: &Vocabulary,
    classes: &[String],
    length: usize,
    files: &[String],
) -> Result<Split, DataError> {
    let label = |(sample, _): &&(Sample, Vec<String>)| {
        let found = names::place(&sample.label, classes);
        found.map(|class| class as u32).ok_or_else(|| TextError::UnknownClass {
            path: path.into(),
            line: sample.line,
            label: sample.label.clone(),
            known: classes.to_vec(),
        })
    };
    let labels = raw.iter().map(label).collect::<Result<Vec<_>, _>>()?;
    let tokens = raw.iter().flat_map(|(_, words)| vocabulary.encode_words(words, length)).collect();
    let input = Input::Tokens { length, vocabulary: vocabulary.len() };
    let split = Split::new(input, tokens, Targets::Classes { labels, classes: classes.len() })?;
    let name = |(sample, _): &&(Sample, Vec<String>)| format!("{}:{}", files[sample.file], sample.line);
    Ok(split.with_names(raw.iter().map(name).collect())?)
}
