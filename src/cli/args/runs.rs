//! What was typed for `runs`.

use std::path::PathBuf;

use super::DeviceArgs;

/// `runs`
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct RunsArgs {
    /// What to do, other than to list them.
    #[command(subcommand)]
    pub command: Option<RunsCommand>,
    /// Which runs.
    #[command(flatten)]
    pub list: ListArgs,
}

/// A command about runs.
#[derive(Debug, clap::Subcommand)]
pub enum RunsCommand {
    /// Show what differs between runs, what came of it, and whether the difference is more than chance.
    Compare(CompareArgs),
    /// Print the folder of the best run.
    Best(BestArgs),
}

/// Which runs, and in which order.
#[derive(Debug, Default, clap::Args)]
pub struct ListArgs {
    /// A folder with runs in it, at any depth.
    #[arg(default_value = "runs")]
    pub folder: PathBuf,
    /// Only runs whose KEY equals or contains VALUE: run, data, model, task, device, state, or a setting such as learning_rate.
    #[arg(long, value_name = "KEY=VALUE")]
    pub filter: Vec<String>,
    /// Order by this: date, run, data, model, best, test, epochs, time, device, state, or a setting; the last one is the newest or best.
    #[arg(long, value_name = "KEY", default_value = "date")]
    pub sort: String,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// `runs best`
#[derive(Debug, clap::Args)]
pub struct BestArgs {
    /// A folder with runs in it, at any depth.
    #[arg(default_value = "runs")]
    pub folder: PathBuf,
    /// Only runs whose KEY equals or contains VALUE.
    #[arg(long, value_name = "KEY=VALUE")]
    pub filter: Vec<String>,
    /// The measure of the images that validate: accuracy, macro_f1, auc, r2, loss or another that epochs have [default: what the
    /// runs' best epochs were chosen by].
    #[arg(long, value_name = "MEASURE")]
    pub by: Option<String>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// `runs compare`
#[derive(Debug, clap::Args)]
pub struct CompareArgs {
    /// Run folders; each is compared with the first.
    #[arg(num_args = 2.., required = true, value_name = "RUN")]
    pub runs: Vec<PathBuf>,
    /// Draw the curves of all of them into this file, a .png or an .svg.
    #[arg(long, value_name = "OUT")]
    pub plot: Option<PathBuf>,
    /// Do not evaluate the runs: what the logs say, without a test of whether the difference is chance.
    #[arg(long)]
    pub no_eval: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    /// Which adapter to use.
    #[command(flatten)]
    pub device: DeviceArgs,
}
