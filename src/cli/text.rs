//! Texts for the commands: loading them as a model asks, and answers to typed ones.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;

use super::args::PredictArgs;
use super::predict::Output;
use super::thresholds::Thresholds;
use super::truth::Truth;
use super::weights::tell_who;
use super::{CliError, Exit, open, tasks};
use crate::checkpoint::Checkpoint;
use crate::config::RunConfig;
use crate::data::{DataKind, Dataset, Split, TableOptions, Vocabulary, text, texts_of};
use crate::plan::thousands;
use crate::platform::files;
use crate::report::{aside, shell_word};

/// The model of a run on texts, where none is named.
pub const DEFAULT_MODEL: &str = "text-small";

/// Refuses flags that do nothing for data of this kind: those of texts, and those of tables.
pub fn check_flags(kind: DataKind, config: &RunConfig, base: &RunConfig) -> Result<(), CliError> {
    let refused = |what: &str| Err(CliError::Usage(format!("{what}\n  try: without them")));
    let is_file = config.data.as_deref().is_some_and(|data| Path::new(data).is_file());
    if kind != DataKind::Texts && config.text != base.text {
        return refused(
            "--max-length, --min-count, --max-words and --coarse-labels are for texts, but these are images",
        );
    }
    if kind != DataKind::Texts && !is_file && config.table != base.table {
        return refused("--images and the names of columns are for tables (.csv, .tsv), but these data are no table");
    }
    Ok(())
}

/// The texts of examples of these names by their names, where their files are still there. `table` says which columns a table has.
pub fn texts_by_name<'a>(names: impl Iterator<Item = &'a str>, table: &TableOptions) -> BTreeMap<String, String> {
    // a name is a file and a line
    let files: BTreeSet<&str> = names.filter_map(|name| Some(name.rsplit_once(':')?.0)).collect();
    files.into_iter().flat_map(|file| texts_of(Path::new(file), table).unwrap_or_default()).collect()
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
pub fn show(dataset: &Dataset, split: &Split, index: usize) -> Result<Option<String>, CliError> {
    let Some(texts) = dataset.texts() else { return Ok(None) };
    let words = texts.vocabulary.decode(&split.example(index)?).join(" ");
    Ok(Some(match Truth::shown(dataset, split, index) {
        Truth::Nothing => words,
        known => format!("{}: {words}", known.in_words()),
    }))
}

/// The texts to answer: those that were typed, then the lines of a file.
fn texts(args: &PredictArgs) -> Result<Vec<String>, CliError> {
    // a path is no text, however well it could be classified
    if let Some(path) = args.images.iter().find(|path| path.as_os_str() == "-" || path.exists()) {
        let [named, run] = [path, &args.run].map(|path| shell_word(&path.display().to_string()));
        let (what, way) = match path {
            path if path.as_os_str() == "-" => ("standard input", format!("predict {run} --lines -")),
            path if path.is_dir() => ("a folder", format!("eval {run} --data {named}")),
            _ => ("a file", format!("predict {run} --lines {named}")),
        };
        return Err(CliError::Usage(format!("{} is {what}, not a text\n  try: lepton-gpu {way}", path.display())));
    }
    let mut texts: Vec<String> = args.images.iter().map(|text| text.to_string_lossy().into_owned()).collect();
    if let Some(path) = &args.lines {
        let mut bytes = Vec::new();
        let read = if path.as_os_str() == "-" {
            std::io::stdin().lock().read_to_end(&mut bytes).map(|_| ())
        } else {
            files::read(path).map(|content| bytes = content)
        };
        read.map_err(CliError::file(path))?;
        let content =
            String::from_utf8(bytes).unwrap_or_else(|error| error.into_bytes().into_iter().map(char::from).collect());
        texts.extend(content.lines().filter(|line| !line.trim().is_empty()).map(String::from));
    }
    if texts.is_empty() {
        return Err(CliError::Usage("there is no text to classify\n  try: lepton-gpu predict RUN \"a text\"".into()));
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
    let of_images = [
        (args.invert, "--invert"),
        (args.grid.is_some(), "--grid"),
        (args.tta.is_some(), "--tta"),
        (args.sort_into.is_some(), "--sort-into"),
        (args.submission.is_some(), "--submission"),
    ];
    if let Some((_, flag)) = of_images.into_iter().find(|(given, _)| *given) {
        return Err(CliError::Usage(format!(
            "{flag} is for images, but this model takes texts\n  try: lepton-gpu predict {} \"a text\"",
            args.run.display()
        )));
    }
    let texts = texts(args)?;
    let thresholds = Thresholds::of_run(&args.run, &args.threshold, &checkpoint.meta)?;
    let length = checkpoint.meta.model()?.input[1];
    let bytes: Vec<u8> = texts.iter().flat_map(|text| vocabulary.encode(text, length)).collect();
    let gpu = open(adapter)?;
    let answers = thresholds.predictor(&gpu, checkpoint, None)?.predict(&bytes)?;
    let view = tasks::of(crate::tasks::of(&checkpoint.meta.config.loss));
    let mut output = Output::new(args, "text", view, &checkpoint.meta.classes)?;
    tell_who(&gpu, checkpoint);
    thresholds.lines.iter().for_each(|line| aside!("{line}"));
    for (text, answer) in texts.iter().zip(&answers) {
        let mut row = view.row(answer, args.top as usize);
        let words = text::words(text);
        let unknown = words.iter().filter(|word| !vocabulary.knows(word)).count();
        if unknown > 0 {
            row.line += &format!("  ({unknown} of {} words unknown)", words.len());
        }
        output.take(text, row);
    }
    output.finish()?;
    Ok(Exit::Done)
}
