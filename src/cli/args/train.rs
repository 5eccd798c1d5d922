//! What was typed for `train`.

use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Args as _, Command, FromArgMatches, ValueEnum};
use lepton_kernels::op::Precision;

use super::typed::{arg, help};
use super::{ADAPTER, ADAPTER_VARIABLE, Typed, names};
use crate::cli::logs::FORMS;
use crate::config::{FIELDS, Given, Resuming, Section, Setting, Takes, setting};
use crate::losses::LOSSES;
use crate::optim::OPTIMIZERS;

/// Options of `train` that are no part of a configuration.
#[rustfmt::skip]
pub const OPTIONS: &[Setting] = &[
    Setting::new(Section::Model, "size", "size", Takes::Text("SIZE"), "",
        "Input size, if not the model's own: 96, 64x96 (height x width) or 64x64x1"),
    Setting::new(Section::Model, "from_scratch", "from-scratch", Takes::Switch, "",
        "Start from random weights, even where pretrained ones suit the data").common(),
    Setting::new(Section::Training, "recipe", "recipe", Takes::Text("NAME|FILE|RUN"), "",
        "Start from a complete configuration: a recipe listed by `lepton-gpu recipes`, a file, or another run; other flags \
         override it").common(),
    Setting::new(Section::Training, "time", "time", Takes::Text("TIME"), "",
        "Train for as many epochs as fit into this time, such as 90s, 5m or 1h30m").common(),
    Setting::new(Section::Schedule, "lr_find", "lr-find", Takes::Switch, "",
        "Do not train; instead, try increasing learning rates for up to 120 steps, plot the losses and suggest a rate"),
    Setting::new(Section::Training, "max_memory", "max-memory", Takes::Text("SIZE"), "half of the machine's memory",
        "The most memory that decoded images may take, on the host and on the device, such as 4GiB or 600MB; if they need more, they are \
         read and decoded during training. Program, model and images that are being decoded come on top. The result is the same").may_change(),
    Setting::new(Section::Output, "out", "out", Takes::Text("DIR"), "runs/MODEL-1, -2, …; runs/RECIPE-1 with a recipe",
        "Run folder").common().may_change(),
    Setting::new(Section::Output, "save_every", "save-every", Takes::Text("TIME|off"), "10m",
        "Save within an epoch as often as this, such as 90s, 10m or 1h30m; off saves at the end of an epoch alone").may_change(),
    Setting::new(Section::Output, "log", "log", Takes::OneOf(&FORMS), "",
        "Further logs in the run folder: csv writes metrics.csv, one row per epoch; tensorboard writes event files with losses, \
         measures, pictures, and histograms of weights and gradients").given(Given::List).may_change(),
    Setting::new(Section::Output, "dashboard", "dashboard", Takes::Switch, "",
        "Show the run on a screen: curves, confusion matrix, speed, memory; keys save, stop and lead back to the line").common()
        .may_change(),
    Setting::new(Section::Output, "quiet", "quiet", Takes::Switch, "",
        "Print only errors").may_change(),
    Setting::new(Section::Output, "json_progress", "json-progress", Takes::Switch, "",
        "Print the lines of events.jsonl as they are written, and nothing else").may_change(),
    Setting::new(Section::Output, "resume", "resume", Takes::Switch, "",
        "Continue the run in --out exactly where its last checkpoint left off; only --epochs, --steps, --patience, --max-memory and where the data are may change")
        .common().may_change(),
    ADAPTER,
    Setting::new(Section::Output, "no_report", "no-report", Takes::Switch, "",
        "Do not write report.html, plots and predictions.csv at the end").may_change(),
    Setting::new(Section::Expert, "profile", "profile", Takes::Switch, "",
        "Profile the kernels of the first 20 steps").may_change(),
];

/// `train`
#[derive(Debug)]
pub struct TrainArgs {
    /// Everything that was typed, by key.
    pub typed: Typed,
    /// The flags that were typed and that a run which goes on does not take, as they were typed.
    pub fixed: Vec<String>,
}

impl TrainArgs {
    /// The rows of its flags.
    pub(super) fn settings() -> impl Iterator<Item = &'static Setting> {
        FIELDS.iter().chain(OPTIONS)
    }

    /// Path of the run folder, if it was typed.
    pub fn out(&self) -> Option<PathBuf> {
        self.typed.text("out").map(PathBuf::from)
    }

    /// Whether a run goes on.
    pub fn resume(&self) -> bool {
        self.typed.has("resume")
    }

    /// Whether a flag about the loss was given; which classes are normal is none of them.
    pub fn has_loss(&self) -> bool {
        FIELDS.iter().any(|setting| setting.field.key.starts_with("loss.") && self.typed.has(setting.field.key))
    }

    /// Whether a number is to be found instead: the largest batch that fits, or a rate by a test.
    pub fn is_auto(&self, key: &str) -> bool {
        self.typed.text(key) == Some("auto")
    }

    /// Its flags, but for those of some rows that mean nothing to a command, or something else.
    pub(super) fn flags_without(command: Command, others: &[&str]) -> Command {
        let doc = setting("data").map_or(String::new(), help);
        let data = Arg::new("DATA").value_name("DATA").help(doc);
        let is_own = |setting: &&Setting| !others.contains(&setting.field.key);
        let in_section = |section| Self::settings().filter(is_own).filter(move |setting| setting.section == section);
        command
            .arg(data)
            .args(Section::ALL.into_iter().flat_map(in_section).filter_map(arg))
            .mut_arg("data", |arg| arg.conflicts_with("DATA").help("Same as DATA").hide_short_help(true))
            .mut_arg("optimizer.name", |arg| arg.value_parser(names(OPTIMIZERS)))
            // two networks have a loss of their own
            .mut_arg("loss.name", |arg| {
                arg.value_parser(names(LOSSES.iter().filter(|loss| loss.name != "adversarial")))
            })
            .mut_arg("time", |arg| arg.conflicts_with("epochs"))
            .mut_arg("quiet", |arg| arg.conflicts_with("json_progress"))
            .mut_arg("adapter", |arg| arg.env(ADAPTER_VARIABLE))
    }
}

impl clap::Args for TrainArgs {
    fn augment_args(command: Command) -> Command {
        Self::flags_without(command, &[])
            .mut_arg("time", |arg| arg.conflicts_with("lr_find"))
            .mut_arg("dashboard", |arg| arg.conflicts_with_all(["quiet", "json_progress", "lr_find"]))
            .mut_arg("resume", |arg| arg.requires("out"))
            .mut_arg("lr_find", |arg| arg.conflicts_with_all(["resume", "profile", "learning_rate"]))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for TrainArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut typed = Typed::of(Self::settings(), matches);
        let command = Self::augment_args(Command::new("train"));
        let key = |id: &str| if id == "DATA" { "data" } else { id }.to_string();
        let free = |id: &str| Self::settings().any(|row| row.field.key == key(id) && row.resuming == Resuming::Takes);
        let fixed = (command.get_arguments())
            .filter(|arg| matches.value_source(arg.get_id().as_str()) == Some(ValueSource::CommandLine))
            .filter(|arg| !free(arg.get_id().as_str()))
            .filter_map(|arg| arg.get_long().map(|flag| format!("--{flag}")))
            .collect();
        if let Some(data) = matches.get_one::<String>("DATA") {
            typed.set("data", data.clone());
        }
        Ok(TrainArgs { typed, fixed })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// Precisions by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum PrecisionName {
    /// 32 bits.
    #[default]
    F32,
    /// 16 bits, with sums and weights in 32.
    F16,
}

impl From<PrecisionName> for Precision {
    fn from(name: PrecisionName) -> Self {
        match name {
            PrecisionName::F32 => Precision::F32,
            PrecisionName::F16 => Precision::F16,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flag_is_a_row_and_every_row_a_flag() {
        let command = TrainArgs::augment_args(Command::new("train"));
        let flags: Vec<&str> = command.get_arguments().filter_map(Arg::get_long).collect();
        let rows: Vec<&str> = TrainArgs::settings().filter_map(|setting| setting.field.flag).collect();
        assert!(flags.iter().all(|flag| rows.contains(flag)), "{flags:?}\n{rows:?}");
        assert!(rows.iter().all(|row| flags.contains(row)), "{flags:?}\n{rows:?}");
        let unique: std::collections::BTreeSet<&&str> = rows.iter().collect();
        assert_eq!(unique.len(), rows.len(), "a flag is listed twice");
    }

    #[test]
    fn a_run_that_goes_on_takes_what_its_rows_say() {
        let parsed = |line: &str| {
            let command = TrainArgs::augment_args(Command::new("train"));
            let matches = command.try_get_matches_from(line.split_whitespace()).unwrap();
            TrainArgs::from_arg_matches(&matches).unwrap().fixed
        };
        let rows = TrainArgs::settings().filter(|setting| setting.field.flag.is_some());
        for setting in rows.filter(|setting| !["resume", "lr_find"].contains(&setting.field.key)) {
            let flag = format!("--{}", setting.field.flag.unwrap());
            let value = match setting.field.takes {
                Takes::Switch => "",
                Takes::OneOf(words) => words[0],
                _ if setting.field.key == "optimizer.name" => "sgd",
                _ if setting.field.key == "loss.name" => "mse",
                _ => "1",
            };
            let fixed =
                parsed(&format!("train --resume --out run {flag} {value}").replace("--out run --out 1", "--out run"));
            let expected: &[String] = if setting.resuming == Resuming::Takes { &[] } else { &[flag] };
            assert_eq!(fixed, expected);
        }
        assert!(parsed("train photos --resume --out run").is_empty(), "data may have been moved");
    }
}
