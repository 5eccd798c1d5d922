//! `sweep.json`: what a sweep is to do, and what of that failed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::super::CliError;
use super::super::args::{OPTIONS, SweepArgs, TrainArgs, Typed};
use super::dimension::Dimension;
use super::strategies::{Asked, Rung, strategy};
use crate::checkpoint::write_atomically;
use crate::config::{FIELDS, Resuming, Setting, Takes};
use crate::platform::files;

/// The file in the folder of a sweep.
pub const PLAN: &str = "sweep.json";
/// The form of the file.
const SCHEMA: u32 = 1;
/// Words of a setting's form that say that it may name a file.
const PLACES: [&str; 4] = ["DATA", "DIR", "FILE", "RUN"];

/// A sweep as it was planned.
#[derive(Debug, Serialize, Deserialize)]
pub struct Plan {
    /// The form of the file.
    pub schema: u32,
    /// The program that planned it.
    pub version: String,
    /// The command that began it.
    pub command: String,
    /// Where that was typed.
    pub directory: Option<PathBuf>,
    /// How runs are chosen.
    pub strategy: String,
    /// Seed by which they were drawn.
    pub sweep_seed: u64,
    /// What is varied, as it was typed.
    pub vary: Vec<String>,
    /// What all runs have in common, by key.
    pub common: BTreeMap<String, Vec<String>>,
    /// How many runs are trained how far.
    pub rungs: Vec<Rung>,
    /// The runs.
    pub runs: Vec<Planned>,
    /// The folder of the best run, once it was tested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub best: Option<String>,
}

/// A run of a plan.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Planned {
    /// Its folder, in that of the sweep.
    pub run: String,
    /// Its value of each setting that is varied, in their order.
    pub values: Vec<String>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
}

impl Plan {
    /// A new plan, and what it varies.
    ///
    /// # Errors
    /// [`CliError`] with what makes no sense in it.
    pub fn new(args: &SweepArgs, command: String) -> Result<(Self, Vec<Dimension>), CliError> {
        let dimensions = dimensions(&args.plan.vary)?;
        let mut typed = args.train.typed.clone();
        for (i, one) in dimensions.iter().enumerate() {
            let (key, name) = (one.setting.field.key, one.name());
            if dimensions[..i].iter().any(|other| other.setting.field.key == key) {
                return Err(CliError::Usage(format!(
                    "--vary {name} is given twice\n  try: all of its values in one --vary"
                )));
            }
            if typed.has(key) {
                let flag = one.setting.field.flag.unwrap_or(key);
                return Err(CliError::Usage(format!("--{flag} is both given and varied\n  try: without --{flag}")));
            }
        }
        // runs of different seeds are compared on the same images
        if dimensions.iter().any(|one| one.setting.field.key == "seed") && !typed.has("split_seed") {
            typed.set("split_seed", "0".into());
        }
        let strategy = strategy(args.plan.strategy.as_deref(), &dimensions);
        let rungs_cut = strategy.name == "halving";
        if let Some(key) = ["epochs", "steps", "time"].into_iter().find(|key| {
            rungs_cut
                && (dimensions.iter().any(|one| one.setting.field.key == *key) || *key != "epochs" && typed.has(key))
        }) {
            return Err(CliError::Usage(format!(
                "halving decides how long each run trains, so --{key} cannot be used\n  try: --epochs for the last run, or --strategy random"
            )));
        }
        let epochs = typed.text("epochs").and_then(|text| text.parse().ok());
        let runs = args.plan.runs.map(|runs| runs as usize);
        let asked = Asked { dimensions: &dimensions, runs, epochs, eta: args.plan.eta, seed: args.plan.sweep_seed };
        let points = (strategy.points)(&asked)?;
        let rungs = (strategy.rungs)(&asked, points.len())?;
        let digits = points.len().to_string().len().max(2);
        let named = |(number, values): (usize, Vec<String>)| Planned {
            run: format!("{number:0digits$}"),
            values,
            failed: None,
        };
        let plan = Plan {
            schema: SCHEMA,
            version: env!("CARGO_PKG_VERSION").into(),
            command,
            directory: std::env::current_dir().ok(),
            strategy: strategy.name.into(),
            sweep_seed: args.plan.sweep_seed,
            vary: args.plan.vary.clone(),
            common: typed.iter().map(|(key, _)| (key.into(), typed.all(key).to_vec())).collect(),
            rungs,
            runs: (1..).zip(points).map(named).collect(),
            best: None,
        };
        Ok((plan, dimensions))
    }

    /// The plan of a sweep that goes on, and what it varies.
    ///
    /// # Errors
    /// [`CliError`] if the folder holds none, or one that is not whole.
    pub fn read(folder: &Path) -> Result<(Self, Vec<Dimension>), CliError> {
        let path = folder.join(PLAN);
        if !path.is_file() {
            let folder = folder.display();
            return Err(CliError::Usage(format!(
                "{folder} is not a sweep: it has no {PLAN}\n  try: --resume with the folder that `sweep` printed"
            )));
        }
        let bytes = files::read(&path).map_err(CliError::file(&path))?;
        let broken = |problem: String| CliError::Usage(format!("{}: {problem}\n  try: a new sweep", path.display()));
        let plan: Plan = serde_json::from_slice(&bytes).map_err(|error| broken(error.to_string()))?;
        let dimensions = dimensions(&plan.vary)?;
        let unequal = plan.runs.iter().find(|run| run.values.len() != dimensions.len());
        let has_folders =
            plan.runs.iter().all(|run| !run.run.is_empty() && run.run.bytes().all(|byte| byte.is_ascii_digit()));
        match (plan.schema, unequal) {
            (SCHEMA, None) if has_folders && !plan.runs.is_empty() && !plan.rungs.is_empty() => Ok((plan, dimensions)),
            (SCHEMA, _) => Err(broken("its runs are not those of a sweep".into())),
            (other, _) => Err(broken(format!("it has the schema {other}, and this program reads {SCHEMA}"))),
        }
    }

    /// Writes it into the sweep's folder.
    pub fn save(&self, folder: &Path) -> Result<(), CliError> {
        let text = serde_json::to_string_pretty(self).expect("a plan is plain data");
        Ok(write_atomically(&folder.join(PLAN), text.as_bytes())?)
    }

    /// What `train` would be typed for a run in a folder: from its beginning, or with `resume` from its checkpoint on.
    pub fn args(&self, dimensions: &[Dimension], number: usize, out: &Path, resume: bool) -> TrainArgs {
        let mut typed = Typed::default();
        for (setting, values) in self.common.iter().filter_map(|(key, values)| Some((row(key)?, values))) {
            typed.set_all(setting.field.key, values.iter().map(|text| self.found(setting.field.key, text)).collect());
        }
        for (one, value) in dimensions.iter().zip(&self.runs[number].values) {
            one.set(&mut typed, &self.found(one.setting.field.key, value));
        }
        if resume {
            let mut kept = Typed::default();
            for (key, _) in typed.iter().filter(|(key, _)| row(key).is_some_and(|row| row.resuming == Resuming::Takes))
            {
                kept.set_all(key, typed.all(key).to_vec());
            }
            typed = kept;
            typed.set("resume", "true".into());
        }
        typed.set("out", out.display().to_string());
        TrainArgs { typed, fixed: Vec::new() }
    }

    /// A file as the sweep named it, where that was typed elsewhere.
    fn found(&self, key: &str, text: &str) -> String {
        let here = std::env::current_dir().ok();
        let Some(there) = self.directory.as_ref().filter(|there| here.as_ref() != Some(there)) else {
            return text.into();
        };
        let path = there.join(text);
        if row(key).is_some_and(names_file) && path.exists() { path.display().to_string() } else { text.into() }
    }
}

/// Whether a setting may name a file.
fn names_file(setting: &Setting) -> bool {
    matches!(setting.field.takes, Takes::Text(form) if form.split('|').any(|word| PLACES.contains(&word)))
}

fn row(key: &str) -> Option<&'static Setting> {
    FIELDS.iter().chain(OPTIONS).find(|setting| setting.field.key == key)
}

fn dimensions(vary: &[String]) -> Result<Vec<Dimension>, CliError> {
    vary.iter().map(|text| Dimension::parse(text)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_name_files_are_found_from_elsewhere() {
        let rows = FIELDS.iter().chain(OPTIONS).filter(|row| names_file(row));
        let keys: Vec<&str> = rows.map(|row| row.field.key).collect();
        assert_eq!(keys, ["data", "labels", "table.images", "model", "init", "recipe", "out"]);
    }
}
