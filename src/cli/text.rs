//! Texts for the commands: loading them as a model asks, and answers to typed ones.

use std::io::Read;
use std::path::Path;

use super::args::PredictArgs;
use super::tasks::spell;
use super::{CliError, Exit, open};
use crate::checkpoint::Checkpoint;
use crate::config::RunConfig;
use crate::data::{self, Dataset, Kind, Split, Trained, Vocabulary, text};
use crate::model::{ModelSpec, Tokens, thousands};
use crate::report::say;
use crate::train::{Predictor, Ranked, with_held_out};

/// The model of a run on texts, where none is named.
pub const DEFAULT_MODEL: &str = "text-small";

/// The data of a run that begins or goes on: texts as long as the model takes, with the vocabulary of the checkpoint; none
/// where the data are no texts.
pub fn load_for_run(
    config: &RunConfig,
    model: &ModelSpec,
    from: Option<&Checkpoint>,
) -> Result<Option<Dataset>, CliError> {
    let length = match model.tokens {
        Some(Tokens::Fixed) if config.text.max_length.is_none() || from.is_some() => Some(model.input[1]),
        _ => None,
    };
    load(config.data.as_deref(), config, length, from.and_then(trained))
}

/// The texts that a trained model is tried on; none where the data are no texts.
pub fn load_for(checkpoint: &Checkpoint, data: Option<&str>) -> Result<Option<Dataset>, CliError> {
    let model = checkpoint.meta.model()?;
    let config = &checkpoint.meta.config;
    let length = model.tokens.map(|_| model.input[1]);
    let texts = load(data.or(config.data.as_deref()), config, length, trained(checkpoint))?;
    texts
        .map(|texts| if data.is_none() { with_held_out(texts, config) } else { Ok(texts) })
        .transpose()
        .map_err(Into::into)
}

fn trained(checkpoint: &Checkpoint) -> Option<Trained<'_>> {
    let vocabulary = checkpoint.meta.vocabulary.as_ref()?;
    Some(Trained { vocabulary, classes: &checkpoint.meta.classes })
}

fn load(
    data: Option<&str>,
    config: &RunConfig,
    length: Option<usize>,
    trained: Option<Trained>,
) -> Result<Option<Dataset>, CliError> {
    let Some(path) = data.filter(|_| data::kind(data) == Kind::Texts) else { return Ok(None) };
    let texts = text::load(Path::new(path), &config.text, length, trained)?;
    // a limit takes the first texts, and files often have one class after another
    let shuffled = |texts: Dataset| match texts.train().filter(|_| config.limit.is_some()) {
        Some(train) => {
            let train = train.select(&data::shuffled_indices(train.len()));
            texts.with_train(train)
        }
        None => Ok(texts),
    };
    Ok(texts.map(shuffled).transpose()?)
}

/// A data set of texts in a line; none for images.
pub fn describe(dataset: &Dataset, used: usize) -> Option<String> {
    let read = dataset.texts()?;
    let count = |split: Option<&Split>| thousands(split.map_or(0, Split::len) as u64);
    let [_, length, _] = dataset.input().shape();
    let cut = match read.cut {
        0 => "shorter ones padded".to_string(),
        cut => format!("{} longer ones cut, shorter ones padded", thousands(cut as u64)),
    };
    Some(format!(
        "{} ({}): {} training and {} test texts of {length} words ({cut}), {} tokens, {} classes, {}",
        dataset.name(),
        dataset.source(),
        thousands(used as u64),
        count(dataset.test()),
        thousands(read.vocabulary.len() as u64),
        dataset.classes().len(),
        if read.latin1 { "latin-1 (not valid UTF-8)" } else { "UTF-8" }
    ))
}

/// Prints a text of a data set, and what a model sees of it.
pub fn show(dataset: &Dataset, split: &Split, index: usize) -> Option<String> {
    let vocabulary = &dataset.texts()?.vocabulary;
    let label = &dataset.classes()[split.labels()[index] as usize];
    Some(format!("{label}: {}", vocabulary.decode(split.example(index)).join(" ")))
}

/// The texts to answer: those that were typed, then the lines of a file.
fn texts(args: &PredictArgs) -> Result<Vec<String>, CliError> {
    let mut texts: Vec<String> = args.images.iter().map(|text| text.to_string_lossy().into_owned()).collect();
    if let Some(path) = &args.lines {
        let mut bytes = Vec::new();
        let read = match path.as_os_str() == "-" {
            true => std::io::stdin().lock().read_to_end(&mut bytes).map(|_| ()),
            false => std::fs::read(path).map(|content| bytes = content),
        };
        read.map_err(CliError::file(path))?;
        let content =
            String::from_utf8(bytes).unwrap_or_else(|error| error.into_bytes().into_iter().map(char::from).collect());
        texts.extend(content.lines().filter(|line| !line.trim().is_empty()).map(String::from));
    }
    if texts.is_empty() {
        return Err(CliError::Usage("there is no text to answer\n  try: lepton-gpu predict RUN \"a text\"".into()));
    }
    Ok(texts)
}

/// `predict` for a model of texts: probabilities of the likeliest classes.
pub fn answer(
    args: &PredictArgs,
    checkpoint: &Checkpoint,
    vocabulary: &Vocabulary,
    adapter: Option<&str>,
) -> Result<Exit, CliError> {
    if args.grid.is_some() || args.invert || args.tta.is_some() {
        let flag = match (args.invert, args.grid.is_some()) {
            (true, _) => "--invert",
            (_, true) => "--grid",
            _ => "--tta",
        };
        return Err(CliError::Usage(format!(
            "{flag} is for images, and this model takes texts\n  try: lepton-gpu predict {} \"a text\"",
            args.run.display()
        )));
    }
    let texts = texts(args)?;
    let length = checkpoint.meta.model()?.input[1];
    let bytes: Vec<u8> = texts.iter().flat_map(|text| vocabulary.encode(text, length)).collect();
    let gpu = open(adapter)?;
    let answers = Predictor::new(&gpu, checkpoint, None)?.predict(&bytes)?;
    let tops = answers.iter().map(|answer| answer.top(args.top as usize));
    if args.json {
        let rows = texts.iter().zip(tops).map(|(text, top)| {
            let class = |class: &Ranked| serde_json::json!({ "class": class.name, "probability": class.probability });
            serde_json::json!({ "text": text, "top": top.iter().map(class).collect::<Vec<_>>() })
        });
        say!("{:#}", serde_json::Value::from(rows.collect::<Vec<_>>()));
        return Ok(Exit::Done);
    }
    say!("adapter  {}", gpu.summary().line());
    for (text, top) in texts.iter().zip(tops) {
        let top: Vec<String> = top.iter().map(spell).collect();
        let words = text::words(text);
        let unknown = words.iter().filter(|word| !vocabulary.knows(word)).count();
        let note = if unknown == 0 { String::new() } else { format!("  ({unknown} of {} words unknown)", words.len()) };
        say!("{text}: {}{note}", top.join(", "));
    }
    Ok(Exit::Done)
}
