//! What was typed for `train`.

use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Args as _, Command, FromArgMatches, ValueEnum};
use lepton_kernels::op::Precision;

use super::typed::arg;
use super::update::UpdateArgs;
use super::{ADAPTER, ADAPTER_VARIABLE, LossArgs, Typed};
use crate::config::{FIELDS, Resuming, Section, Setting, Takes};

/// Options of `train` that are no part of a configuration.
#[rustfmt::skip]
pub const OPTIONS: &[Setting] = &[
    Setting::new(Section::Model, "size", "size", Takes::Text("SIZE"), "",
        "Input size, if not the model's own: 96, 64x96 (height x width) or 64x64x1"),
    Setting::new(Section::Training, "recipe", "recipe", Takes::Text("NAME|FILE|RUN"), "",
        "Start from a complete configuration: a recipe listed by `lepton-gpu recipes`, a file, or another run; other flags \
         override it").common(),
    Setting::new(Section::Schedule, "lr_find", "lr-find", Takes::Switch, "",
        "Do not train: try increasing learning rates for up to 120 steps, plot the losses and suggest one"),
    Setting::new(Section::Output, "out", "out", Takes::Text("DIR"), "runs/MODEL-1, -2, …; runs/RECIPE-1 with a recipe",
        "The run folder").common().may_change(),
    Setting::new(Section::Output, "resume", "resume", Takes::Switch, "",
        "Continue the run in --out exactly where its last checkpoint left off; only --epochs and --steps may change")
        .common().may_change(),
    ADAPTER,
    Setting::new(Section::Expert, "profile", "profile", Takes::Switch, "",
        "Time the kernels of the first 20 steps and show where the time goes").may_change(),
];

/// `train`
#[derive(Debug)]
pub struct TrainArgs {
    /// Everything that was typed, by key.
    pub typed: Typed,
    /// The flags that were typed and that a run which goes on does not take, as they were typed.
    pub fixed: Vec<String>,
    /// The optimiser and what surrounds it.
    pub update: UpdateArgs,
    /// The loss.
    pub loss: LossArgs,
}

impl TrainArgs {
    /// The rows of its flags.
    fn settings() -> impl Iterator<Item = &'static Setting> {
        FIELDS.iter().chain(OPTIONS)
    }

    /// The run folder.
    pub fn out(&self) -> Option<PathBuf> {
        self.typed.text("out").map(PathBuf::from)
    }

    /// Whether a run goes on.
    pub fn resume(&self) -> bool {
        self.typed.has("resume")
    }

    /// Whether the batch is the largest one that fits.
    pub fn batch_is_auto(&self) -> bool {
        self.typed.text("batch") == Some("auto")
    }
}

impl clap::Args for TrainArgs {
    fn augment_args(command: Command) -> Command {
        let data = Arg::new("DATA").value_name("DATA").help("The training data; see --data");
        Section::ALL
            .into_iter()
            .fold(command.arg(data), |command, section| {
                let own = Self::settings().filter(|setting| setting.section == section);
                let command = command.args(own.filter_map(arg)).next_help_heading(section.title());
                match section {
                    Section::Optimizer => UpdateArgs::augment_args(command),
                    Section::Loss => LossArgs::augment_args(command),
                    _ => command,
                }
            })
            .mut_args(|arg| {
                let has_row = Self::settings().any(|setting| arg.get_id() == setting.field.key);
                let rest = !has_row && !["DATA", "lr"].contains(&arg.get_id().as_str());
                if rest { arg.hide_short_help(true) } else { arg }
            })
            .mut_arg("data", |arg| arg.conflicts_with("DATA"))
            .mut_arg("resume", |arg| arg.requires("out"))
            .mut_arg("adapter", |arg| arg.env(ADAPTER_VARIABLE))
            .mut_arg("lr_find", |arg| arg.conflicts_with_all(["resume", "profile", "lr"]))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for TrainArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut typed = Typed::of(Self::settings(), matches);
        let command = Self::augment_args(Command::new("train"));
        let free =
            |id: &str| Self::settings().any(|setting| setting.field.key == id && setting.resuming == Resuming::Takes);
        let fixed = (command.get_arguments())
            .filter(|arg| matches.value_source(arg.get_id().as_str()) == Some(ValueSource::CommandLine))
            .filter(|arg| !free(arg.get_id().as_str()))
            .map(|arg| arg.get_long().map_or("DATA".into(), |flag| format!("--{flag}")))
            .collect();
        if let Some(data) = matches.get_one::<String>("DATA") {
            typed.set("data", data.clone());
        }
        let (update, loss) = (UpdateArgs::from_arg_matches(matches)?, LossArgs::from_arg_matches(matches)?);
        Ok(TrainArgs { typed, fixed, update, loss })
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
