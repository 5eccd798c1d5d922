//! `lepton-gpu report`, and the report that `train` ends with.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::args::{ReportArgs, TrainArgs};
use super::text::texts_by_name;
use super::{CliError, Exit, open, pictures};
use crate::checkpoint::{Checkpoint, DatasetFingerprint, Meta, locate, write_atomically};
use crate::data::file_names::file_name;
use crate::data::{Dataset, Split, Splits, TableOptions};
use crate::metrics::{Examined, Measures};
use crate::platform::without_panic;
use crate::report::run::{
    Example, Facts, Lookup, Names, PLOTS, PREDICTIONS, Predictions, REPORT, Sources, SplitFacts, add_looks, gather,
    name_of, page, save_plots,
};
use crate::report::{aside, say, shell_word};
use crate::tasks;
use crate::train::{Evaluator, Place, Trainer, check_unchanged, looked_at};

pub fn run(args: &ReportArgs, adapter: Option<&str>) -> Result<Exit, CliError> {
    let path = locate(&args.run)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let checkpoint = Checkpoint::read(&path)?;
    let mut found = Found::default();
    let (other, splits) = match &args.data {
        Some(spec) => {
            let (answers, data) = elsewhere(&checkpoint, spec, adapter)?;
            let named = [data.name().to_string(), data.source().to_string()];
            let splits = counted(&data, &checkpoint.meta.classes);
            found.data = Some(Cow::Owned(data));
            (Some((answers, named)), splits)
        }
        None => {
            found.answer(&checkpoint, folder, adapter)?;
            (None, Vec::new())
        }
    };
    let out = match (&args.out, &other) {
        (Some(out), _) => out.clone(),
        (None, Some((_, [name, _]))) => folder.join(format!("report-{}.html", file_name(name))),
        (None, None) => folder.join(REPORT),
    };
    let plots = other.is_none().then(|| folder.join(PLOTS));
    let facts = facts(Sources { run: folder, other, splits }, found, &checkpoint.meta)?;
    write(&facts, &out, None)?;
    match plots.map_or(Ok(()), |plots| save_plots(&facts, &plots)) {
        // the page that was asked for is there
        Err(error) if args.out.is_some() => aside!("note: the plots beside the run were not written: {error}"),
        written => written?,
    }
    say!("report   {}", out.display());
    Ok(Exit::Done)
}

/// The report at the end of a run. A run is worth more than its report: what goes wrong here is a note.
pub fn at_end(args: &TrainArgs, trainer: &mut Trainer, dataset: &Dataset, run: &Path) {
    if trainer.state().step == 0 || args.typed.has("no_report") {
        return;
    }
    let made = || -> Result<PathBuf, CliError> {
        let (meta, config) = (Checkpoint::read(&locate(run)?)?.meta, trainer.config().clone());
        let mut found = Found::default();
        if let Some(looks) = trainer.looks()? {
            let (_, _, data) = looked_at(dataset, &config)?;
            let examples = examples(&data, &looks.examples);
            keep(run, &meta, &Predictions { of: looks.of, examples, answers: looks.answers })?;
            found.data = Some(data);
        }
        let facts = facts(Sources { run, other: None, splits: Vec::new() }, found, &meta)?;
        let out = run.join(REPORT);
        write(&facts, &out, Some(&run.join(PLOTS)))?;
        Ok(out)
    };
    match without_panic(made) {
        Ok(Ok(out)) => say!("report   {}", out.display()),
        Ok(Err(error)) => say!("note     no report was written: {}", super::hint::message(&error)),
        Err(fault) => say!("note     no report was written, by a fault of this program: {fault}"),
    }
}

/// What was found out on the way to a report.
#[derive(Default)]
struct Found<'a> {
    /// The data that the answers are about.
    data: Option<Cow<'a, Dataset>>,
    /// What could not be shown, and why.
    notes: Vec<String>,
}

impl Found<'_> {
    /// Makes sure that a run has its answers, if it has any: evaluates it unless they are kept.
    fn answer(&mut self, checkpoint: &Checkpoint, run: &Path, adapter: Option<&str>) -> Result<(), CliError> {
        let meta = &checkpoint.meta;
        if run.join(PREDICTIONS).is_file() || !tasks::of(&meta.config.loss).evaluates() {
            return Ok(());
        }
        let data = match own_data(checkpoint) {
            Ok(data) => data,
            Err(error) => {
                self.notes.push(format!("The run was not evaluated, because its data cannot be used: {error}."));
                return Ok(());
            }
        };
        let (mut of, mut places, data) = learned(data, meta)?;
        let gpu = open(adapter)?;
        let (mut one, mut numbers) = only(&data, &places)?;
        let mut examined = Evaluator::new(&gpu, checkpoint, &one, None)?.examine()?;
        // normal images alone say nothing of anomalies
        if let (Some(test), true) = (data.test(), !meta.config.normal.is_empty())
            && matches!(&examined.measures, Some(Measures::Errors(errors)) if errors.auc.is_none())
        {
            of = Examined::Test;
            places = (0..test.len()).map(|index| Place { split: of, index }).collect();
            (one, numbers) = only(&data, &places)?;
            examined = Evaluator::new(&gpu, checkpoint, &one, None)?.examine()?;
        }
        if let Some(answers) = examined.answers {
            let places: Vec<Place> = numbers.iter().map(|&i| places[i]).collect();
            keep(run, meta, &Predictions { of, examples: examples(&data, &places), answers })?;
        }
        self.data = Some(Cow::Owned(data));
        Ok(())
    }
}

/// The data that a run learned from, as it learned from them: answers and pictures go by their numbers.
fn own_data(checkpoint: &Checkpoint) -> Result<Dataset, CliError> {
    if checkpoint.meta.data == DatasetFingerprint::NONE {
        return Err(CliError::Usage("its weights were imported".into()));
    }
    let data = pictures::learned_by_run(checkpoint)?;
    check_unchanged(&data, &checkpoint.meta.config, &checkpoint.meta.data)?;
    Ok(data)
}

/// What a run is looked at on, where that is, and its data without what it does not learn.
fn learned(data: Dataset, meta: &Meta) -> Result<(Examined, Vec<Place>, Dataset), CliError> {
    let (of, places, restricted) = looked_at(&data, &meta.config)?;
    let restricted = if let Cow::Owned(some) = restricted { Some(some) } else { None };
    Ok((of, places, restricted.unwrap_or(data)))
}

/// The examples at these places as the only split of a data set, and where each of them is among the places: all are in one split.
fn only(data: &Dataset, places: &[Place]) -> Result<(Dataset, Vec<usize>), CliError> {
    let of = places.first().map_or(Examined::Test, |place| place.split);
    let wanted: Vec<usize> = (0..places.len()).filter(|&i| places[i].split == of).collect();
    let indices: Vec<usize> = wanted.iter().map(|&i| places[i].index).collect();
    let split = split_of(data, of).map(|split| split.select(&indices));
    Ok((data.with_splits(Splits { test: split, ..Splits::default() })?, wanted))
}

fn split_of(data: &Dataset, of: Examined) -> Option<&Split> {
    match of {
        Examined::Training => data.train(),
        Examined::Validation => data.validation(),
        Examined::Test => data.test(),
    }
}

fn examples(data: &Dataset, places: &[Place]) -> Vec<Example> {
    let name = |place: &Place| split_of(data, place.split).and_then(|split| split.name(place.index)).unwrap_or("");
    places.iter().map(|place| Example { place: *place, name: name(place).into() }).collect()
}

/// Answers on other data: on all of them that tell something.
fn elsewhere(checkpoint: &Checkpoint, spec: &str, adapter: Option<&str>) -> Result<(Predictions, Dataset), CliError> {
    let data = pictures::of_run(checkpoint, Some(spec), &TableOptions::default())?;
    let (split, name) = data.unseen();
    let gpu = open(adapter)?;
    let examined = Evaluator::new(&gpu, checkpoint, &data, None)?.examine()?;
    let answers =
        examined.answers.ok_or_else(|| CliError::Usage("this run answers nothing that can be measured".into()))?;
    let all = [Examined::Training, Examined::Validation, Examined::Test];
    let from = all.into_iter().find(|one| one.name() == name).unwrap_or(Examined::Test);
    let places: Vec<Place> = (0..split.len()).map(|index| Place { split: from, index }).collect();
    // the run has seen none of them, whatever they are called there
    let predictions = Predictions { of: Examined::Test, examples: examples(&data, &places), answers };
    Ok((predictions, data))
}

/// Examples by split and class.
fn counted(data: &Dataset, classes: &[String]) -> Vec<SplitFacts> {
    let of = |(name, split): (&str, &Split)| {
        let mut each = vec![0; if split.values().is_none() { classes.len() } else { 0 }];
        split.labels().iter().for_each(|&label| each.get_mut(label as usize).into_iter().for_each(|count| *count += 1));
        SplitFacts { name: name.into(), examples: split.len() as u64, classes: each }
    };
    data.splits().iter().map(of).collect()
}

fn keep(run: &Path, meta: &Meta, predictions: &Predictions) -> Result<(), CliError> {
    let names = Names { outputs: &meta.classes, normal: &meta.config.normal };
    Ok(write_atomically(&run.join(PREDICTIONS), &predictions.to_csv(names))?)
}

/// All facts, with the pictures or texts of the examples that are shown.
fn facts(sources: Sources, found: Found, meta: &Meta) -> Result<Facts, CliError> {
    let run = sources.run;
    let Found { data, notes } = found;
    let mut facts = gather(sources)?;
    facts.notes = notes;
    if meta.data != DatasetFingerprint::NONE {
        let (run, again) = (run.display().to_string(), format!("{}-again", name_of(run)));
        let command = format!("lepton-gpu train --recipe {} --out {}", shell_word(&run), shell_word(&again));
        facts.reproduce = vec![command];
    }
    let named = facts.answers.iter().flat_map(|answers| &answers.examples);
    let is_lost = named.clone().any(|example| !Path::new(&example.name).is_file());
    let texts = texts(&facts, meta);
    // what has no file of its own is in the data
    let data = match data {
        None if is_lost && texts.is_empty() && facts.answers.is_some() => reloaded(run, meta),
        data => data,
    };
    let lookup = Lookup { data: data.as_deref(), texts, range: meta.config.images.range };
    add_looks(&mut facts, &lookup);
    Ok(facts)
}

/// A run's data, where they can still be read.
fn reloaded(run: &Path, meta: &Meta) -> Option<Cow<'static, Dataset>> {
    let checkpoint = Checkpoint::read(&locate(run).ok()?).ok()?;
    let data = own_data(&checkpoint).ok()?;
    Some(Cow::Owned(learned(data, meta).ok()?.2))
}

/// The texts that answers are about, by their names, where their files are still there.
fn texts(facts: &Facts, meta: &Meta) -> BTreeMap<String, String> {
    let Some(answers) = facts.answers.as_ref().filter(|_| facts.what == "texts") else { return BTreeMap::new() };
    texts_by_name(answers.examples.iter().map(|example| example.name.as_str()), &meta.config.table)
}

fn write(facts: &Facts, out: &Path, plots: Option<&Path>) -> Result<(), CliError> {
    write_atomically(out, page(facts).as_bytes())?;
    if let Some(plots) = plots {
        save_plots(facts, plots)?;
    }
    Ok(())
}
