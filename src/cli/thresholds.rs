//! `--threshold CLASS=0.3`, and thresholds that were found for a recall or precision and are kept beside the checkpoints.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::CliError;
use crate::checkpoint::{Checkpoint, Meta, write_atomically};
use crate::data::Split;
use crate::gpu::Gpu;
use crate::metrics::{self, Aim, Found};
use crate::platform::files;
use crate::report::percent;
use crate::train::{Answer, Predictor, Tta};

/// The file in a run folder.
const FILE: &str = "thresholds.json";
/// Version of the file.
const SCHEMA: u32 = 1;
/// Examples that are answered at a time.
const AT_A_TIME: usize = 256;

/// What decides between classes, or which labels are there.
#[derive(Clone, Debug, Default)]
pub struct Thresholds {
    /// By class or label.
    pub own: metrics::Thresholds,
    /// What they are and where they are from, a line each.
    pub lines: Vec<String>,
}

/// `thresholds.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Kept {
    schema: u32,
    /// Steps that the weights had done with which they were found; they are of no use for others.
    step: u64,
    thresholds: Vec<Row>,
}

/// A threshold that was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The class or label.
    pub class: String,
    /// What was asked for.
    #[serde(flatten)]
    pub aim: Aim,
    /// The examples it was found on: `training` ones that were held out, `validation` or `test`.
    pub on: String,
    /// What was found.
    #[serde(flatten)]
    pub found: Found,
}

impl Row {
    /// What was asked for, in words.
    pub fn wanted(&self) -> String {
        let parts = [("recall", self.aim.recall), ("precision", self.aim.precision)];
        let parts = parts.iter().filter_map(|(name, least)| Some(format!("{name} of at least {}", percent((*least)?))));
        parts.collect::<Vec<_>>().join(" and ")
    }
}

impl Thresholds {
    /// Those of a run, a folder or a checkpoint in one, with those that were typed in their places; `none` leaves out all.
    pub fn of_run(run: &Path, typed: &[String], meta: &Meta) -> Result<Self, CliError> {
        let mut all = Thresholds::default();
        if typed.iter().any(|text| text == "none") {
            return match typed {
                [_] => Ok(all),
                _ => Err(CliError::Usage(
                    "--threshold none cannot be combined with others\n  try: --threshold none".into(),
                )),
            };
        }
        if let Some((path, kept)) = read(run)? {
            let is_theirs = kept.step == meta.state.step;
            for row in kept.thresholds.iter().filter(|_| is_theirs) {
                let Some(class) = meta.classes.iter().position(|name| *name == row.class) else { continue };
                all.own.set(class, row.found.threshold);
                let least = format!("{:.4} ({} on {} examples)", row.found.threshold, row.wanted(), row.on);
                all.lines.push(format!("threshold  {} from {least}", row.class));
            }
            if !is_theirs {
                let path = path.display();
                all.lines.push(format!(
                    "note       {path} is not used: it was found with the weights of step {}, and these are of step {}",
                    kept.step, meta.state.step
                ));
            }
        }
        for text in typed {
            let (class, least) = parse(text, meta)?;
            all.own.set(class, least);
            let name = &meta.classes[class];
            all.lines.retain(|line| !line.starts_with(&format!("threshold  {name} from ")));
            all.lines.push(format!("threshold  {name} from {least:.4} (as typed)"));
        }
        Ok(all)
    }

    /// What answers with them.
    pub fn predictor(&self, gpu: &Gpu, checkpoint: &Checkpoint, tta: Option<Tta>) -> Result<Predictor, CliError> {
        Ok(Predictor::new(gpu, checkpoint, tta)?.with_thresholds(self.own.clone()))
    }
}

/// The number of the class or label of this name.
pub fn class_of(name: &str, meta: &Meta) -> Result<usize, CliError> {
    let found = meta.classes.iter().position(|own| own == name);
    let takes = |kind: &str| kind == "classify" || kind == "labels";
    if !takes(crate::tasks::of(&meta.config.loss).name()) || meta.classes.is_empty() {
        return Err(CliError::Usage(
            "thresholds are for classes and labels, and this model gives neither\n  try: without --threshold".into(),
        ));
    }
    found.ok_or_else(|| CliError::unknown("class", name, meta.classes.iter().map(String::as_str), &[]))
}

/// `CLASS=0.3`.
fn parse(text: &str, meta: &Meta) -> Result<(usize, f64), CliError> {
    let example = meta.classes.first().map_or("CLASS", |name| name.as_str());
    let problem = |what: &str| {
        let way = crate::report::shell_word(&format!("{example}=0.3"));
        CliError::Usage(format!("invalid --threshold {text}: {what}\n  try: --threshold {way}"))
    };
    let (name, number) = text.rsplit_once('=').ok_or_else(|| problem("expected CLASS=PROBABILITY"))?;
    let class = class_of(name, meta)?;
    let least: f64 = number.parse().map_err(|_| problem("expected a number after the ="))?;
    match (0.0..=1.0).contains(&least) {
        true => Ok((class, least)),
        false => Err(problem("a probability is from 0 to 1")),
    }
}

/// The folder of a run or of a checkpoint in one.
fn folder(run: &Path) -> PathBuf {
    if run.is_dir() { run.into() } else { run.parent().map_or_else(PathBuf::new, Path::to_path_buf) }
}

fn read(run: &Path) -> Result<Option<(PathBuf, Kept)>, CliError> {
    let path = folder(run).join(FILE);
    if !path.is_file() {
        return Ok(None);
    }
    let bytes = files::read(&path).map_err(CliError::file(&path))?;
    let kept: Kept = serde_json::from_slice(&bytes).map_err(|error| {
        let way = "remove it, and find the thresholds again with --recall, or leave it out with --threshold none";
        CliError::Usage(format!("{} is damaged: {error}\n  try: {way}", path.display()))
    })?;
    Ok(Some((path, kept)))
}

/// Keeps a threshold beside the checkpoints, in the place of an earlier one of its class. Returns the file.
pub fn keep(run: &Path, row: Row, meta: &Meta) -> Result<PathBuf, CliError> {
    let before = read(run).ok().flatten().map(|(_, kept)| kept).filter(|kept| kept.step == meta.state.step);
    let mut thresholds = before.map_or_else(Vec::new, |kept| kept.thresholds);
    thresholds.retain(|other| other.class != row.class);
    thresholds.push(row);
    let kept = Kept { schema: SCHEMA, step: meta.state.step, thresholds };
    let path = folder(run).join(FILE);
    let text = serde_json::to_string_pretty(&kept).expect("thresholds are plain data");
    write_atomically(&path, text.as_bytes())?;
    Ok(path)
}

/// Answers on some examples of a split, in their order.
pub fn answers_on(predictor: &Predictor, split: &Split, examples: &[usize]) -> Result<Vec<Answer>, CliError> {
    let mut answers = Vec::with_capacity(examples.len());
    for part in examples.chunks(AT_A_TIME) {
        let mut bytes = vec![0; part.len() * split.example_bytes()];
        split.read(part, &mut bytes)?;
        answers.extend(predictor.predict(&bytes)?);
    }
    Ok(answers)
}
