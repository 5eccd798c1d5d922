//! The runs of a sweep, one after another.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Instant;

use super::super::runs::{Found, State};
use super::super::shared::Shared;
use super::super::{CliError, Exit, hint, train};
use super::dimension::Dimension;
use super::outcome::{Outcome, order};
use super::plan::Plan;
use super::progress::Progress;
use super::strategies::Rung;
use super::turn::Turn;
use super::{in_words, way_on};
use crate::checkpoint::CheckpointError;
use crate::metrics::Criterion;
use crate::report::{quietly, say};
use crate::train::{StopHandle, TrainError};

/// A sweep that is under way.
pub struct Turns {
    /// Its folder.
    pub folder: PathBuf,
    /// What it is to do.
    pub plan: Plan,
    /// What it varies.
    pub dimensions: Vec<Dimension>,
    is_new: bool,
    shared: Shared,
    stop: StopHandle,
    progress: Progress,
    /// What the folders of runs told that have not had a turn since.
    known: RefCell<BTreeMap<usize, Rc<Found>>>,
}

impl Turns {
    /// A sweep that begins, or goes on, in its folder.
    pub fn new(folder: &Path, (plan, dimensions): (Plan, Vec<Dimension>), is_new: bool, shared: Shared) -> Self {
        let (progress, stop, known) = (Progress::new(&plan), StopHandle::default(), RefCell::default());
        Turns { folder: folder.into(), plan, dimensions, is_new, shared, stop, progress, known }
    }

    /// Trains every run as far as it is to go, and tests the best one.
    pub fn train(&mut self) -> Result<Exit, CliError> {
        self.shared.gpu()?;
        train::stop_at_interrupt(self.stop.clone());
        let mut left: Vec<usize> = (0..self.plan.runs.len()).collect();
        for (place, rung) in self.plan.rungs.clone().into_iter().enumerate() {
            for (done, &number) in left.iter().enumerate() {
                if self.turn(number, place, [done + 1, left.len()])? == Exit::Interrupted {
                    return Ok(Exit::Interrupted);
                }
            }
            let ranked = self.ranked(&left, rung.epochs);
            if let Some(next) = self.plan.rungs.get(place + 1) {
                left = ranked.iter().filter(|one| one.value.is_some()).take(next.runs).map(|one| one.number).collect();
                self.progress.cut(place + 1, left.len());
            }
        }
        match self.best() {
            Some(best) => self.test(best.number),
            None => Ok(Exit::GoalNotMet),
        }
    }

    /// The measure that runs are compared by: what the first of them chose its best epoch by.
    pub fn measure(&self) -> Option<Criterion> {
        let of = |number: usize| Criterion::named(self.found(number)?.log.first("start")?.value["best_by"].as_str()?);
        (0..self.plan.runs.len()).find_map(of)
    }

    /// A run's folder.
    pub fn folder_of(&self, number: usize) -> PathBuf {
        self.folder.join(&self.plan.runs[number].run)
    }

    /// What a run's folder tells; none before it begins.
    pub fn found(&self, number: usize) -> Option<Rc<Found>> {
        if let Some(found) = self.known.borrow().get(&number) {
            return Some(Rc::clone(found));
        }
        let folder = Some(self.folder_of(number)).filter(|folder| folder.join("events.jsonl").is_file())?;
        let mut found = Found::of(&folder);
        // steps fill a log, and runs are compared by epochs
        found.log.entries.retain(|entry| entry.event != "progress");
        let found = Rc::new(found);
        self.known.borrow_mut().insert(number, Rc::clone(&found));
        Some(found)
    }

    /// What came of some runs in the epochs until one, the best first.
    pub fn ranked(&self, numbers: &[usize], until: Option<u32>) -> Vec<Outcome> {
        let Some(by) = self.measure() else { return Vec::new() };
        let lasting = numbers.iter().filter(|&&number| self.plan.runs[number].failed.is_none());
        let mut all: Vec<Outcome> =
            lasting.filter_map(|&number| Some(Outcome::of(number, &*self.found(number)?, by, until))).collect();
        all.sort_by(|a, b| order(a, b, by));
        all
    }

    /// The best run.
    pub fn best(&self) -> Option<Outcome> {
        let all: Vec<usize> = (0..self.plan.runs.len()).collect();
        self.ranked(&all, None).into_iter().next().filter(|best| best.value.is_some())
    }

    /// A run's turn, unless it is where it is to be: the first, the second, … of this rung.
    fn turn(&mut self, number: usize, at: usize, place: [usize; 2]) -> Result<Exit, CliError> {
        let rung = self.plan.rungs[at];
        let out = self.folder_of(number);
        let found = self.found(number);
        let is_there = |found: &Found| {
            found.state == State::Finished || rung.epochs.is_some_and(|until| found.epochs >= u64::from(until))
        };
        if self.plan.runs[number].failed.is_some() || found.as_deref().is_some_and(is_there) {
            self.progress.skip(at);
            return Ok(Exit::Done);
        }
        let words = in_words(&self.dimensions, &self.plan.runs[number].values);
        self.progress.begin(place, &words);
        let begun = Instant::now();
        match self.train_one(number, &out, rung.epochs, false) {
            Ok(Exit::Interrupted) => {
                self.progress.clear();
                return Ok(Exit::Interrupted);
            }
            Ok(_) => {}
            Err(error) if is_of_run(&error) => {
                self.plan.runs[number].failed =
                    Some(error.to_string().lines().next().unwrap_or_default().trim_end_matches(';').into());
                self.plan.save(&self.folder)?;
                if matches!(error, CliError::Gpu(_) | CliError::Train(TrainError::Gpu(_))) {
                    self.shared.forget_gpu();
                }
            }
            Err(error) => {
                self.progress.clear();
                return Err(self.with_way_on(error));
            }
        }
        self.progress.done(at, begun.elapsed());
        self.tell_turn(number, rung, place, &words);
        Ok(Exit::Done)
    }

    /// Trains a run from its beginning or its checkpoint on.
    fn train_one(&mut self, number: usize, out: &Path, until: Option<u32>, is_winner: bool) -> Result<Exit, CliError> {
        let resume = out.join("last.safetensors").is_file();
        let args = self.plan.args(&self.dimensions, number, out, resume);
        let of_loss =
            |one: &&Dimension| one.setting.field.key.starts_with("loss.") || one.setting.field.key == "targets";
        let changes_loss = self.dimensions.iter().find(of_loss).map(|one| one.name());
        let (progress, stop) = (&mut self.progress, self.stop.clone());
        let mut listen = |event: &_| progress.take(event);
        let mut turn = Turn { stop, until, is_winner, changes_loss, listen: &mut listen };
        let shared = &mut self.shared;
        self.known.borrow_mut().remove(&number);
        quietly(true, || train::run_among(&args, shared, Some(&mut turn)))
    }

    /// A line about a run that has had its turn.
    fn tell_turn(&self, number: usize, rung: Rung, [place, all]: [usize; 2], words: &str) {
        let (run, left) = (&self.plan.runs[number], self.progress.left());
        let what = match (&run.failed, self.measure()) {
            (Some(problem), _) => format!("FAILED: {problem}"),
            (None, Some(by)) => {
                let of = |found: &Found| super::results::value_of(&Outcome::of(number, found, by, rung.epochs), by);
                self.found(number).as_deref().map_or("-".into(), of)
            }
            (None, None) => "-".into(),
        };
        let is_best = self.best().is_some_and(|best| best.number == number);
        let best = if is_best && place > 1 { ", the best so far" } else { "" };
        say!("{:<8} {place}/{all}  {words}: {what}{best}{left}", run.run);
    }

    /// Tests the best run, once, and writes its report.
    fn test(&mut self, number: usize) -> Result<Exit, CliError> {
        let name = self.plan.runs[number].run.clone();
        if self.plan.best.as_ref() == Some(&name) {
            return Ok(Exit::Done);
        }
        let out = self.folder_of(number);
        let exit = self.train_one(number, &out, None, true).map_err(|error| self.with_way_on(error))?;
        if exit == Exit::Done {
            self.plan.best = Some(name);
            self.plan.save(&self.folder)?;
        }
        Ok(exit)
    }

    /// An error that ends the sweep, and how it goes on.
    fn with_way_on(&self, error: CliError) -> CliError {
        // where no run of a new sweep has begun, nothing is kept, and the same command begins it
        if self.is_new && (0..self.plan.runs.len()).all(|number| self.found(number).is_none()) {
            let _ = std::fs::remove_file(self.folder.join(super::plan::PLAN));
            let _ = std::fs::remove_dir(&self.folder);
            return error;
        }
        CliError::Usage(format!("{}\n  then, to continue: {}", hint::message(&error), way_on(&self.folder)))
    }
}

/// Whether an error is one of the run, and says nothing of others: it diverged, or it does not fit on the device.
fn is_of_run(error: &CliError) -> bool {
    match error {
        CliError::Train(error) => !matches!(
            error,
            TrainError::Checkpoint(CheckpointError::Io { .. })
                | TrainError::Source(_)
                | TrainError::Listener(_)
                | TrainError::NoTrainingImages { .. }
                | TrainError::NothingHeldOut { .. }
                | TrainError::NoTestImages { .. }
                | TrainError::DataChanged { .. }
        ),
        CliError::Plan(_) | CliError::Model(_) | CliError::Gpu(_) | CliError::Augment(_) => true,
        _ => false,
    }
}
