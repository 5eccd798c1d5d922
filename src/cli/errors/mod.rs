//! `lepton-gpu errors`: labels that are doubted, found by confident learning on answers that cross-validation gives.

mod conflict;
mod copies;
mod folded;
mod output;
mod sheet;
mod table;

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use super::args::ErrorsArgs;
use super::started::called;
use super::text::texts_by_name;
use super::{CliError, Exit, open, pictures, weights};
use crate::checkpoint::{Checkpoint, DatasetFingerprint, Meta, locate};
use crate::config::Freeze;
use crate::data::file_names::file_name;
use crate::data::{Dataset, Split, TableOptions};
use crate::losses::TargetKind;
use crate::metrics::{LabelErrors, Suspect};
use crate::report::aside;
use crate::train::{Answer, check_data};
use conflict::{Conflict, conflicts};
use copies::Copies;
use folded::Folded;

/// What was found in a data set.
struct Looked<'a> {
    run: &'a Path,
    data: &'a Dataset,
    /// Its examples, of all splits.
    all: &'a Split,
    /// Numbers of the examples that were judged: those of classes that others have learned from.
    judged: Vec<usize>,
    /// Answers on these.
    answers: Vec<Answer>,
    /// Examples that are the same and have different labels.
    conflicts: Vec<Conflict>,
    /// Of examples by their number among those that were judged, without those in conflict.
    found: LabelErrors,
    /// Texts by the names of examples; nothing of pictures.
    texts: BTreeMap<String, String>,
    folded: Folded,
    /// Lines that people should know.
    notes: Vec<String>,
}

pub fn run(args: &ErrorsArgs, adapter: Option<&str>) -> Result<Exit, CliError> {
    let path = locate(&args.run)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let checkpoint = Checkpoint::read(&path)?;
    let (meta, run) = (&checkpoint.meta, args.run.display());
    if meta.config.loss.target_kind() != TargetKind::Label {
        let problem =
            format!("{run}: this run does not learn one class for each image or text, so it has no labels to doubt");
        return Err(CliError::Usage(problem + "\n  try: a run that was trained on classes"));
    }
    if args.data.is_none() && meta.data == DatasetFingerprint::NONE {
        let problem = format!("{run}: its weights were imported, so it has no labels of its own");
        return Err(CliError::Usage(problem + "\n  try: --data PHOTOS, with the classes of the model"));
    }
    if args.retrain && meta.config.freeze == Freeze::Body {
        let problem =
            "the body of this run's network is frozen, so a new last layer for each fold is a true cross-validation";
        return Err(CliError::Usage(format!("{run}: {problem}\n  try: without --retrain")));
    }
    let out = out(args, folder)?;
    let data = match &args.data {
        Some(spec) => pictures::of_run(&checkpoint, Some(spec), &TableOptions::default())?,
        None => pictures::still_there(&checkpoint).and_then(|()| pictures::learned_by_run(&checkpoint))?,
    };
    check_data(&checkpoint, &data)?;
    let all = data.all_examples();
    let gpu = open(adapter)?;
    if args.json {
        weights::tell_who(&gpu, &checkpoint);
    } else {
        weights::say_who(&gpu, &checkpoint, 9);
    }
    let texts = texts_of(&data, &all, args.data.as_deref(), meta);
    let copies = Copies::of(&all, &texts)?;
    let (judged, notes) = judged(&all, &copies.groups, data.classes())?;
    let some = all.select(&judged);
    let groups: Vec<usize> = judged.iter().map(|&i| copies.groups[i]).collect();
    let (folded, answers) = folded::answers(args, folder, (&checkpoint, &gpu), (&data, &some, &groups))?;
    let probabilities: Vec<Vec<f64>> = answers.iter().map(|answer| answer.probabilities.clone()).collect();
    let labels: Vec<usize> = some.labels().iter().map(|&label| label as usize).collect();
    let mut found = LabelErrors::find(&probabilities, &labels, data.classes().len());
    let mut conflicts = conflicts(all.labels(), &copies.same, &judged, &answers);
    // the order of examples is random, that of names is not
    let named = |i: usize| (all.name(i), i);
    conflicts.iter_mut().for_each(|one| one.members.sort_by_key(|&i| named(i)));
    conflicts.sort_by_key(|one| named(one.members[0]));
    let certain: HashSet<usize> = conflicts.iter().flat_map(|one| one.members.iter().copied()).collect();
    found.suspects.retain(|suspect| !certain.contains(&judged[suspect.index]));
    let looked =
        Looked { run: &args.run, data: &data, all: &all, judged, answers, conflicts, found, texts, folded, notes };
    let kept = if args.out.is_none() { table::kept(&looked, &out)? } else { None };
    kept.iter().for_each(|kept| aside!("note: the table that was there is now {}", kept.display()));
    table::save(&looked, &out)?;
    let sheet = sheet::save(&looked, &out)?;
    output::tell(&looked, args, &out, sheet.as_deref());
    Ok(Exit::Done)
}

/// The table that will be written, whose folder is there.
fn out(args: &ErrorsArgs, run: &Path) -> Result<PathBuf, CliError> {
    let Some(out) = &args.out else {
        // of other data a table of its own: what a run was trained on stays
        let name = args
            .data
            .as_deref()
            .map(|data| file_name(data.trim_end_matches(['/', '\\']).rsplit(['/', '\\']).next().unwrap_or(data)));
        return Ok(run.join(name.map_or_else(|| "errors.csv".into(), |name| format!("errors-{name}.csv"))));
    };
    if out.extension().is_none_or(|end| end != "csv") {
        return Err(CliError::Usage(format!("--out {}: expected a .csv\n  try: --out errors.csv", out.display())));
    }
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(CliError::file(folder))?;
    Ok(out.clone())
}

/// The examples that can be judged, and lines about those that cannot: a class is learned from its other examples.
fn judged(all: &Split, groups: &[usize], classes: &[String]) -> Result<(Vec<usize>, Vec<String>), CliError> {
    let mut own = vec![std::collections::BTreeSet::new(); classes.len()];
    all.labels().iter().zip(groups).for_each(|(&label, &group)| {
        own[label as usize].insert(group);
    });
    let judged: Vec<usize> = (0..all.len()).filter(|&i| own[all.labels()[i] as usize].len() > 1).collect();
    let known = own.iter().filter(|groups| groups.len() > 1).count();
    if known < 2 {
        let problem =
            "labels are judged by what is learned from others, and fewer than two classes have two different examples";
        return Err(CliError::Usage(format!("{problem}\n  try: --data with more images of each class")));
    }
    let alone = own.iter().zip(classes).filter(|(groups, _)| groups.len() == 1).map(|(_, class)| format!("`{class}`"));
    let alone: Vec<String> = alone.collect();
    let note =
        || format!("not judged: {}, of which there is one example and nothing to compare it with", alone.join(", "));
    Ok((judged, if alone.is_empty() { Vec::new() } else { vec![note()] }))
}

/// The texts of all examples by their names; nothing of pictures. Other data than the run's own may have other columns.
fn texts_of(data: &Dataset, all: &Split, other: Option<&str>, meta: &Meta) -> BTreeMap<String, String> {
    if data.texts().is_none() {
        return BTreeMap::new();
    }
    let table =
        if other.is_some() { TableOptions::default().or(meta.config.table.clone()) } else { meta.config.table.clone() };
    texts_by_name((0..all.len()).filter_map(|i| all.name(i)), &table)
}

impl Looked<'_> {
    /// The number of a suspect among all examples.
    fn example(&self, suspect: &Suspect) -> usize {
        self.judged[suspect.index]
    }

    fn class(&self, class: usize) -> &str {
        &self.data.classes()[class]
    }

    /// The label of one of all examples.
    fn label(&self, example: usize) -> usize {
        self.all.labels()[example] as usize
    }

    /// One of all examples for people: its file, or its split and number.
    fn called(&self, example: usize) -> String {
        called(self.data, self.all.name(example), example)
    }

    /// What is answered on one of all examples, if it was judged.
    fn answer(&self, example: usize) -> Option<&Answer> {
        self.judged.binary_search(&example).ok().map(|at| &self.answers[at])
    }

    /// Examples that are in conflict.
    fn in_conflict(&self) -> usize {
        self.conflicts.iter().map(|conflict| conflict.members.len()).sum()
    }

    /// How many labels were judged that are in no conflict.
    fn doubtable(&self) -> usize {
        let judged = |i: &&usize| self.judged.binary_search(i).is_ok();
        self.judged.len() - self.conflicts.iter().flat_map(|one| &one.members).filter(judged).count()
    }
}
