//! `lepton-gpu sweep`: a run for each of several values of settings, and which of them is best.

mod dimension;
mod outcome;
mod picture;
mod plan;
mod progress;
mod results;
mod strategies;
mod turn;
mod turns;

use std::path::{Path, PathBuf};

use super::args::SweepArgs;
use super::run_folder::{check_writable, claimed, next_folder};
use super::runs::table;
use super::shared::Shared;
use super::start::check;
use super::{CliError, Exit};
use crate::report::shell_word;
use crate::report::watch::LOG;
use crate::report::{be_quiet, quietly, say};
use dimension::Dimension;
pub use plan::PLAN;
use plan::Plan;
use strategies::Rung;
pub use strategies::STRATEGIES;
pub use turn::Turn;
use turns::Turns;

pub fn run(args: &SweepArgs, adapter: Option<&str>) -> Result<Exit, CliError> {
    if ["quiet", "json_progress"].iter().any(|flag| args.train.typed.has(flag)) {
        be_quiet();
    }
    let (folder, plan, dimensions) = match &args.plan.resume {
        Some(folder) => {
            refuse_other_flags(args)?;
            let (plan, dimensions) = Plan::read(folder)?;
            (folder.clone(), plan, dimensions)
        }
        None => begun(args)?,
    };
    for number in 0..plan.runs.len() {
        let checked = check(&plan.args(&dimensions, number, &folder, false));
        checked.map_err(|error| of_run(error, &plan, &dimensions, number))?;
    }
    quietly(args.plan.json, || {
        say!("sweep    {}", described(&plan, &dimensions));
        plan.rungs.iter().for_each(|rung| tell_rung(rung, &plan));
    });
    if args.plan.dry_run {
        quietly(args.plan.json, || list(&plan, &dimensions));
        return Ok(Exit::Done);
    }
    let is_numbered = args.plan.resume.is_none() && args.train.out().is_none();
    let folder = if is_numbered { claimed(&folder)? } else { folder };
    if args.plan.resume.is_none() {
        std::fs::create_dir_all(&folder).map_err(CliError::file(&folder))?;
        plan.save(&folder)?;
    }
    let mut turns = Turns::new(&folder, (plan, dimensions), args.plan.resume.is_none(), Shared::new(adapter));
    let exit = quietly(args.plan.json, || turns.train())?;
    turns.tell(args.plan.json, exit)?;
    Ok(exit)
}

/// A new sweep: its folder, its plan and what it varies.
fn begun(args: &SweepArgs) -> Result<(PathBuf, Plan, Vec<Dimension>), CliError> {
    let words = std::env::args_os().map(|word| shell_word(&word.to_string_lossy()));
    let (mut plan, dimensions) = Plan::new(args, words.collect::<Vec<_>>().join(" "))?;
    plan.common.remove("out");
    let folder = args.train.out().unwrap_or_else(|| next_folder("sweep"));
    let there = folder.display();
    if folder.join(PLAN).exists() {
        return Err(CliError::Usage(format!(
            "{there} already contains a sweep\n  try: lepton-gpu sweep --resume {there}, or another --out"
        )));
    }
    if folder.join(LOG).exists() {
        return Err(CliError::Usage(format!("{there} already contains a run\n  try: another --out")));
    }
    let taken = plan.runs.iter().find(|run| folder.join(&run.run).exists());
    if let Some(run) = taken.map(|run| &run.run).filter(|_| !args.plan.dry_run) {
        return Err(CliError::Usage(format!("{there} has a folder {run} already\n  try: another --out")));
    }
    check_writable(&folder)?;
    Ok((folder, plan, dimensions))
}

/// A sweep that goes on does what it was planned to do.
fn refuse_other_flags(args: &SweepArgs) -> Result<(), CliError> {
    let takes = ["adapter", "quiet", "json_progress"];
    match args.train.typed.iter().find(|(key, _)| !takes.contains(key)) {
        Some((key, _)) => {
            let flag = if key == "data" { "DATA".into() } else { super::hint::flag(key) };
            Err(CliError::Usage(format!(
                "--resume continues a sweep as it was planned, and {flag} would change it\n  try: without {flag}, or a new sweep"
            )))
        }
        None => Ok(()),
    }
}

/// An error of a run that has not begun, with its values.
fn of_run(error: CliError, plan: &Plan, dimensions: &[Dimension], number: usize) -> CliError {
    let (run, values) = (&plan.runs[number].run, in_words(dimensions, &plan.runs[number].values));
    CliError::Usage(format!("run {run} ({values}): {}", super::hint::message(&error)))
}

/// `lr=0.01 batch=32`
fn in_words(dimensions: &[Dimension], values: &[String]) -> String {
    let words = dimensions.iter().zip(values).map(|(one, value)| format!("{}={value}", one.name()));
    words.collect::<Vec<_>>().join(" ")
}

fn described(plan: &Plan, dimensions: &[Dimension]) -> String {
    let names = dimensions.iter().map(|one| one.name()).collect::<Vec<_>>().join(", ");
    format!("{} run{}, {} over {names}", plan.runs.len(), if plan.runs.len() == 1 { "" } else { "s" }, plan.strategy)
}

fn tell_rung(rung: &Rung, plan: &Plan) {
    let last = plan.common.get("epochs").and_then(|all| all.first());
    if let [_, _, ..] = plan.rungs.as_slice()
        && let Some(epochs) = rung.epochs.map(|epochs| epochs.to_string()).or(last.cloned())
    {
        let several = if rung.runs == 1 { "" } else { "s" };
        say!("         {} run{several} to epoch {epochs} of {}", rung.runs, last.map_or("", |last| last));
    }
}

/// `--dry-run`
fn list(plan: &Plan, dimensions: &[Dimension]) {
    let header: Vec<&str> = std::iter::once("run").chain(dimensions.iter().map(|one| one.name())).collect();
    let mut table = table(&header);
    for run in &plan.runs {
        table.add_row(std::iter::once(&run.run).chain(&run.values).collect::<Vec<_>>());
    }
    say!("{table}");
}

/// How a sweep goes on.
fn way_on(folder: &Path) -> String {
    format!("lepton-gpu sweep --resume {}", shell_word(&folder.display().to_string()))
}
