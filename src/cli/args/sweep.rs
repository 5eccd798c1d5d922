//! What was typed for `sweep`: what is to be varied, and the flags of `train`.

use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{ArgMatches, Command, FromArgMatches};

use super::Typed;
use super::train::TrainArgs;
use crate::cli::sweep::STRATEGIES;

/// Keys of flags that runs of a sweep do not have: the sweep goes on as a whole, trains, and shows all of them.
const OTHERS: [&str; 4] = ["resume", "lr_find", "profile", "dashboard"];

/// What makes a sweep of runs.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Sweep")]
pub struct PlanArgs {
    /// Vary this setting: values with commas between them (or with ; if a value has a comma), such as batch=32,64 or
    /// 'augment=none;flip,crop=4', or the range of a number, such as lr=0.0001..0.1:log. KEY is a key of the configuration or a
    /// flag of `train`; `default` as a value leaves the setting out. May be repeated.
    #[arg(long, value_name = "KEY=VALUES", required_unless_present = "resume")]
    pub vary: Vec<String>,
    /// How runs are chosen [default: grid for lists, random where there is a range].
    #[arg(long, value_name = "NAME")]
    pub strategy: Option<String>,
    /// Number of runs to draw (random), or to start with (halving).
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub runs: Option<u32>,
    /// Halving: one run in N survives each cut and goes on for N times the epochs.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(2..=100))]
    pub eta: u32,
    /// Seed by which runs are drawn; --seed is that of the runs themselves.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub sweep_seed: u64,
    /// Go on with the sweep in this folder: finished runs are not repeated, a run that was stopped goes on from its checkpoint.
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["vary", "strategy", "runs", "eta", "sweep_seed", "dry_run"])]
    pub resume: Option<PathBuf>,
    /// Print the runs, and train none.
    #[arg(long)]
    pub dry_run: bool,
    /// Print the result as JSON, and nothing else.
    #[arg(long, conflicts_with_all = ["quiet", "json_progress"])]
    pub json: bool,
}

/// `sweep`
#[derive(Debug)]
pub struct SweepArgs {
    /// What makes a sweep of runs.
    pub plan: PlanArgs,
    /// What the runs have in common.
    pub train: TrainArgs,
}

impl clap::Args for SweepArgs {
    fn augment_args(command: Command) -> Command {
        let names = STRATEGIES.iter().map(|own| PossibleValue::new(own.name).help(own.summary));
        let names = PossibleValuesParser::new(names.collect::<Vec<_>>());
        let out = "Folder of the sweep, with a run folder for each run [default: runs/sweep-1, -2, …]";
        let command = PlanArgs::augment_args(command).mut_arg("strategy", |arg| arg.value_parser(names));
        TrainArgs::flags_without(command, &OTHERS).mut_arg("out", |arg| arg.help(out))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for SweepArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let own = TrainArgs::settings().filter(|setting| !OTHERS.contains(&setting.field.key));
        let mut typed = Typed::of(own, matches);
        if let Some(data) = matches.get_one::<String>("DATA") {
            typed.set("data", data.clone());
        }
        let train = TrainArgs { typed, fixed: Vec::new() };
        Ok(SweepArgs { plan: PlanArgs::from_arg_matches(matches)?, train })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
