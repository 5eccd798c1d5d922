//! Texts of several classes, a line each, as tokens: numbers of words.

use std::collections::BTreeSet;
use std::path::Path;

mod error;
mod files;
mod lines;

pub use error::TextError;
use files::Source;
use lines::Sample;

use super::{Detected, Format, Loading};
use crate::data::io::{MAX_BYTES, folder_name};
pub use crate::data::vocabulary::{PAD, Texts, UNKNOWN, Vocabulary};
pub use crate::data::words::words;
use crate::data::{DataError, DataKind, Dataset, Input, LoadOptions, Split, Splits, Targets, TextOptions};

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
    what: "texts by class (a .txt or .tsv file, a pair .pos and .neg, or a folder of such files)",
    kind: DataKind::Texts,
    detect,
    load: load_format,
    #[cfg(feature = "images")]
    list: None,
};

/// By name: what is no other format may be text, and what is not says so when it is read.
fn detect(path: &Path) -> Detected {
    if matches!(files::find(path), Ok(None)) { Detected::No } else { Detected::ByName }
}

fn load_format(path: &Path, loading: &Loading) -> Result<Dataset, DataError> {
    let LoadOptions { text, length, vocabulary, classes, .. } = loading.options;
    let trained = vocabulary.as_ref().zip(classes.as_deref());
    let trained = trained.map(|(vocabulary, classes)| Trained { vocabulary, classes });
    Ok(load(path, text, *length, trained)?.expect("a path that was detected"))
}

/// A split while it is read.
struct Raw {
    samples: Vec<(Sample, Vec<String>)>,
    latin1: bool,
}

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
    let Some(sources) = files::find(path)? else { return Ok(None) };
    let read = |sources: &[Source]| if sources.is_empty() { Ok(None) } else { read(sources, options).map(Some) };
    let (train, test) = (read(&sources.train)?, read(&sources.test)?);
    let classes = match &trained {
        Some(trained) => trained.classes.to_vec(),
        None => classes(path, [&train, &test])?,
    };
    let learned = train.as_ref().or(test.as_ref()).map_or(&[][..], |raw| &raw.samples);
    let longest = learned.iter().map(|(_, words)| words.len()).max().unwrap_or(0).max(1);
    let length = length.unwrap_or(options.max_length.map_or(longest, |most| most.min(longest)));
    let vocabulary = match trained {
        Some(trained) => trained.vocabulary.clone(),
        None => {
            let texts = learned.iter().map(|(_, words)| words.as_slice());
            Vocabulary::build(texts, options.min_count.unwrap_or(1), options.max_words)
        }
    };
    let raws = || [&train, &test].into_iter().flatten();
    let all = || raws().flat_map(|raw| &raw.samples);
    let (texts, limit) = (all().count(), MAX_BYTES);
    let bytes = texts as u64 * length as u64 * 4;
    if bytes > limit {
        return Err(TextError::TooLong { path: path.into(), texts, length, bytes, limit }.into());
    }
    let cut = all().filter(|(_, words)| words.len() > length).count();
    let latin1 = raws().any(|raw| raw.latin1);
    let split = |raw: Option<Raw>, sources: &[Source]| match raw {
        None => Ok(None),
        Some(raw) => split(&raw, &sources[0].path, &vocabulary, &classes, length).map(Some),
    };
    let (train, test) = (split(train, &sources.train)?, split(test, &sources.test)?);
    let name = folder_name(path);
    let (splits, texts) = (Splits { train, test, ..Splits::default() }, Texts { vocabulary, cut, latin1 });
    Ok(Some(Dataset::of_texts(name, classes, splits, texts)?.with_source(path.display().to_string())))
}

fn read(sources: &[Source], options: &TextOptions) -> Result<Raw, DataError> {
    let mut raw = Raw { samples: Vec::new(), latin1: false };
    for source in sources {
        let (samples, latin1) = lines::read(source, options.coarse_labels)?;
        raw.latin1 |= latin1;
        raw.samples.extend(samples.into_iter().map(|sample| {
            let words = words(&sample.text);
            (sample, words)
        }));
    }
    Ok(raw)
}

/// Labels by alphabet.
fn classes(path: &Path, raws: [&Option<Raw>; 2]) -> Result<Vec<String>, TextError> {
    let samples = || raws.into_iter().flatten().flat_map(|raw| &raw.samples);
    let labels: BTreeSet<&str> = samples().map(|(sample, _)| sample.label.as_str()).collect();
    let classes: Vec<String> = labels.into_iter().map(String::from).collect();
    let texts = samples().count();
    if let [class] = &classes[..] {
        return Err(TextError::OneClass { path: path.into(), texts, class: class.clone() });
    }
    // as good as every line with a label of its own: first words, not classes
    if classes.len() > 2 && classes.len() * 2 > texts {
        let separator = lines::separator(false);
        return Err(TextError::ManyClasses { path: path.into(), classes: classes.len(), texts, separator });
    }
    Ok(classes)
}

fn split(
    raw: &Raw,
    path: &Path,
    vocabulary: &Vocabulary,
    classes: &[String],
    length: usize,
) -> Result<Split, DataError> {
    let label = |(sample, _): &(Sample, Vec<String>)| {
        let found = classes.iter().position(|class| *class == sample.label);
        found.map(|class| class as u32).ok_or_else(|| TextError::UnknownClass {
            path: path.into(),
            line: sample.line,
            label: sample.label.clone(),
            known: classes.to_vec(),
        })
    };
    let labels = raw.samples.iter().map(label).collect::<Result<Vec<_>, _>>()?;
    let tokens = raw.samples.iter().flat_map(|(_, words)| vocabulary.encode_words(words, length)).collect();
    let input = Input::Tokens { length, vocabulary: vocabulary.len() };
    Ok(Split::new(input, tokens, Targets::Classes { labels, classes: classes.len() })?)
}
