//! What was typed: nothing is resolved here.

use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{ArgMatches, FromArgMatches, Parser, Subcommand};

use crate::config::{Member, Section, Setting, Takes};
use crate::optim::OPTIMIZERS;

mod data;
mod errors;
mod eval;
mod exchange;
mod explain;
mod options;
mod predict;
mod runs;
mod sweep;
mod train;
mod typed;
mod watch;

pub use data::{DataArgs, DataCommand, SplitArgs};
pub use errors::ErrorsArgs;
pub use eval::EvalArgs;
pub use exchange::{ExportArgs, ImportArgs, WeightsArgs, WeightsCommand};
pub use explain::ExplainArgs;
pub use options::{ImageArgs, LayoutArgs, LayoutOptions, TableArgs, flags};
pub use predict::{Format, PredictArgs};
pub use runs::{BestArgs, CompareArgs, ListArgs, RunsArgs, RunsCommand};
pub use sweep::SweepArgs;
pub use train::{OPTIONS, PrecisionName, TrainArgs};
pub use typed::Typed;
pub use watch::WatchArgs;

/// The names of a table's members, with what help says of each.
fn names<T: ?Sized + 'static>(members: impl IntoIterator<Item = &'static Member<T>>) -> PossibleValuesParser {
    let name = |member: &Member<T>| PossibleValue::new(member.flag_value()).help(member.summary);
    members.into_iter().map(name).collect::<Vec<_>>().into()
}

/// Train convolutional networks on any GPU, or on the CPU.
#[derive(Debug, Parser)]
#[command(name = "lepton-gpu", version, arg_required_else_help = true)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// A command.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Train a model and save its checkpoints in a run folder.
    Train(Box<TrainArgs>),
    /// Train a run for each of several values of settings, and find the best one.
    Sweep(Box<SweepArgs>),
    /// Evaluate a trained model on a data set: loss, accuracy and other metrics.
    Eval(EvalArgs),
    /// Classify images or texts with a trained model, or draw a grid of predictions.
    Predict(PredictArgs),
    /// Show what in an image speaks for a trained model's answer, as a map over it.
    Explain(ExplainArgs),
    /// Find doubtful labels by cross-validation, and write them as a table.
    Errors(ErrorsArgs),
    /// Write a page about a trained model: how good it is, what it gets wrong, how training went.
    Report(ReportArgs),
    /// Write a trained model for other programs.
    Export(ExportArgs),
    /// Make a run of another program's weights: a .safetensors file with the names of torchvision or timm, or
    /// an ONNX file.
    Import(ImportArgs),
    /// Draw an image of a data set, or a sheet of augmented images; print a text.
    Show(ShowArgs),
    /// Show a model's layers, and the plan that runs them.
    Inspect(InspectArgs),
    /// List the built-in models, or print the file of one.
    Models(ModelsArgs),
    /// List the built-in recipes, which reproduce published results, or print the file of one.
    Recipes(RecipesArgs),
    /// List runs with what came of them, compare some, or find the best one.
    Runs(RunsArgs),
    /// Watch a run that another process trains.
    Watch(WatchArgs),
    /// List the adapters of this machine, and which one would be used.
    Devices(DevicesArgs),
    /// Find the fastest tile sizes for a model's matrix products on this adapter.
    Tune(TuneArgs),
    /// Check every kernel on this adapter against its f64 definition.
    Verify(VerifyArgs),
    /// Benchmark this adapter, or every one with --adapter all, or show and compare earlier results.
    Bench(BenchArgs),
    /// What `bench` runs in a process of its own: prints the seconds to a first step.
    #[command(hide = true)]
    BenchFirstStep(BenchFirstStepArgs),
    /// Download and list weights that others publish.
    Weights(WeightsArgs),
    /// Download, list and check data sets.
    Data(DataArgs),
    /// Print a script that completes this program's commands and options in a shell.
    Completions(CompletionsArgs),
    /// Print the manual page of this program or of one of its commands.
    Man(ManArgs),
}

impl Command {
    /// The adapter that was asked for.
    pub fn adapter(&self) -> Option<&str> {
        let device = match self {
            Command::Train(args) => return args.typed.text(ADAPTER.field.key),
            Command::Sweep(args) => return args.train.typed.text(ADAPTER.field.key),
            Command::Eval(args) => &args.device,
            Command::Runs(RunsArgs { command: Some(RunsCommand::Compare(args)), .. }) => &args.device,
            Command::Predict(args) => &args.device,
            Command::Explain(args) => &args.device,
            Command::Errors(args) => &args.device,
            Command::Report(args) => &args.device,
            Command::Export(args) => &args.device,
            Command::Show(args) => &args.device,
            Command::Inspect(args) => &args.device,
            Command::Devices(args) => &args.device,
            Command::Tune(args) => &args.device,
            Command::Verify(args) => &args.device,
            Command::Bench(args) => &args.device,
            Command::BenchFirstStep(args) => &args.device,
            Command::Import(_)
            | Command::Runs(_)
            | Command::Watch(_)
            | Command::Models(_)
            | Command::Recipes(_)
            | Command::Weights(_)
            | Command::Data(_)
            | Command::Completions(_)
            | Command::Man(_) => return None,
        };
        device.adapter.as_deref()
    }
}

/// The adapter of every command that opens one.
pub const ADAPTER: Setting = Setting::new(
    Section::Training,
    "adapter",
    "adapter",
    Takes::Text("N|NAME"),
    "the best one",
    "Adapter to use: a number or part of a name from `lepton-gpu devices`",
)
.common()
.may_change();

/// The environment variable that stands in for `--adapter`.
const ADAPTER_VARIABLE: &str = "LEPTON_ADAPTER";

/// Which device a command runs on.
#[derive(Clone, Debug, Default)]
pub struct DeviceArgs {
    /// A number or part of a name.
    pub adapter: Option<String>,
}

impl clap::Args for DeviceArgs {
    fn augment_args(command: clap::Command) -> clap::Command {
        let adapter = typed::arg(&ADAPTER).expect("it has a flag");
        command.arg(adapter.help_heading(None::<&str>).env(ADAPTER_VARIABLE))
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for DeviceArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Ok(DeviceArgs { adapter: matches.get_one::<String>(ADAPTER.field.key).cloned() })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// `report`
#[derive(Debug, clap::Args)]
pub struct ReportArgs {
    /// A run folder.
    pub run: PathBuf,
    /// Evaluate on this data set instead of what the run held out.
    pub data: Option<String>,
    /// HTML file to write [default: report.html in the run folder].
    #[arg(long, value_name = "OUT.html")]
    pub out: Option<PathBuf>,
    /// Which adapter to use.
    #[command(flatten)]
    pub device: DeviceArgs,
}

/// `show`
#[derive(Debug, clap::Args)]
pub struct ShowArgs {
    /// A folder, a CSV file, a text file, an archive, or a name from `data list` [default: fashion-small, which is built in].
    pub data: Option<String>,
    /// Size that images are scaled to: 96, 64x96 (height x width) or 64x64x1 [default: 64x64x3].
    #[arg(long, value_name = "SIZE")]
    pub size: Option<String>,
    /// How images are read.
    #[command(flatten)]
    pub images: ImageArgs,
    /// Which columns of a table hold what.
    #[command(flatten)]
    pub table: TableArgs,
    /// Index of the image.
    #[arg(long, default_value_t = 0)]
    pub index: usize,
    /// Show a test image instead of a training image.
    #[arg(long)]
    pub test: bool,
    /// Draw a sheet of images, starting at --index, as augmented in eight epochs [LIST defaults to: standard].
    #[arg(long, value_name = "LIST", num_args = 0..=1, default_missing_value = "standard")]
    pub augment: Option<String>,
    /// Number of images on the sheet.
    #[arg(long, default_value_t = 6, requires = "augment", value_parser = clap::value_parser!(u32).range(1..=64))]
    pub count: u32,
    /// Random seed of the run whose augmentation is shown.
    #[arg(long, default_value_t = 0, requires = "augment")]
    pub seed: u64,
    /// PNG file to write; required unless the data are texts, which are printed.
    #[arg(long, value_name = "OUT.png")]
    pub out: Option<PathBuf>,
    /// Which adapter to use.
    #[command(flatten)]
    pub device: DeviceArgs,
}

/// `inspect`
#[derive(Debug, clap::Args)]
pub struct InspectArgs {
    /// A built-in model, a model file, or a run folder.
    #[arg(required_unless_present = "layers")]
    pub model: Option<String>,
    /// List all layer types with their options.
    #[arg(long, conflicts_with = "model")]
    pub layers: bool,
    /// Batch size of the plan.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=65_536))]
    pub batch: u32,
    /// Optimizer of the plan.
    #[arg(long, value_parser = names(OPTIMIZERS), default_value = "adam")]
    pub optimizer: String,
    /// Precision of stored activations in the plan.
    #[arg(long, value_enum, default_value_t = PrecisionName::F32)]
    pub precision: PrecisionName,
    /// Plan without kernel fusion.
    #[arg(long)]
    pub no_fuse: bool,
    /// Number of images kept on the device, for the memory estimate [default: one batch].
    #[arg(long)]
    pub images: Option<usize>,
    /// Print the plan: every kernel launch with its threads and bytes, and the memory of each slot.
    #[arg(long)]
    pub plan: bool,
    /// Compile the plan's kernels on the adapter, and list them with the launches that use them; nothing runs.
    #[arg(long, requires = "plan")]
    pub compile: bool,
    /// Which adapter to use.
    #[command(flatten)]
    pub device: DeviceArgs,
}

/// `models`
#[derive(Debug, clap::Args)]
pub struct ModelsArgs {
    /// Print the file of this model.
    pub name: Option<String>,
}

/// `recipes`
#[derive(Debug, clap::Args)]
pub struct RecipesArgs {
    /// Print the file of this recipe.
    pub name: Option<String>,
}

/// `devices`
#[derive(Debug, clap::Args)]
pub struct DevicesArgs {
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    /// Which adapter to use.
    #[command(flatten)]
    pub device: DeviceArgs,
}

/// `tune`
#[derive(Debug, clap::Args)]
pub struct TuneArgs {
    /// A built-in model, a model file, or a run folder.
    #[arg(long, default_value = "seed-mnist")]
    pub model: String,
    /// Batch size; the best tiles depend on it.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=65_536))]
    pub batch: u32,
    /// Precision of stored activations.
    #[arg(long, value_enum, default_value_t = PrecisionName::F32)]
    pub precision: PrecisionName,
    /// Write the table to this file instead of the configuration folder, where it is found automatically.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Which adapter to use.
    #[command(flatten)]
    pub device: DeviceArgs,
}

/// `verify`
#[derive(Debug, clap::Args)]
pub struct VerifyArgs {
    /// Check only this op.
    #[arg(long)]
    pub op: Option<String>,
    /// Run only a few cases: enough for every op and every kernel to be checked at least once.
    #[arg(long)]
    pub quick: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    /// Which adapter to use.
    #[command(flatten)]
    pub device: DeviceArgs,
}

/// `bench`
#[derive(Debug, clap::Args)]
pub struct BenchArgs {
    /// Run fewer workloads with fewer samples.
    #[arg(long, conflicts_with_all = ["full", "compare", "from"])]
    pub quick: bool,
    /// Run more workloads with more samples.
    #[arg(long, conflicts_with_all = ["compare", "from"])]
    pub full: bool,
    /// Save the result with all raw samples, for --from and --compare; one file for each adapter with --adapter all.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["compare", "from"])]
    pub json: Option<PathBuf>,
    /// Write an HTML report, self-contained in one file.
    #[arg(long, value_name = "FILE", conflicts_with = "compare")]
    pub html: Option<PathBuf>,
    /// Also print the result as a row of the table in docs/benchmarks.md.
    #[arg(long, conflicts_with = "compare")]
    pub row: bool,
    /// Compare two saved results instead of measuring.
    #[arg(long, num_args = 2, value_names = ["A", "B"], conflicts_with = "from")]
    pub compare: Option<Vec<PathBuf>>,
    /// Show a saved result instead of measuring, or write its page with --html.
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,
    /// Which adapter to use.
    #[command(flatten)]
    pub device: DeviceArgs,
}

/// `bench-first-step`
#[derive(Debug, clap::Args)]
pub struct BenchFirstStepArgs {
    /// A network of the benchmark.
    pub model: String,
    /// Images in a batch.
    pub batch: usize,
    /// How activations are stored.
    #[arg(value_enum)]
    pub precision: PrecisionName,
    /// Which adapter to use.
    #[command(flatten)]
    pub device: DeviceArgs,
}

/// `completions`
#[derive(Debug, clap::Args)]
pub struct CompletionsArgs {
    /// The shell.
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

/// `man`
#[derive(Debug, clap::Args)]
pub struct ManArgs {
    /// A command, such as train.
    pub command: Option<String>,
}
