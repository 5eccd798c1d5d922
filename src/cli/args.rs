//! What was typed: nothing is resolved here.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use lepton_kernels::op::Precision;

/// Train convolutional networks on any GPU, or none.
#[derive(Debug, Parser)]
#[command(name = "lepton-gpu", version, arg_required_else_help = true)]
pub struct Args {
    /// Which adapter: a number or part of a name from `lepton-gpu devices` [default: the best one].
    #[arg(long, global = true, value_name = "N|NAME", env = "LEPTON_ADAPTER")]
    pub adapter: Option<String>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// A command.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Train a model and keep its checkpoints in a run folder.
    Train(TrainArgs),
    /// Loss and accuracy of a trained model on a data set.
    Eval(EvalArgs),
    /// What a trained model sees in images, or a grid of test images with its answers.
    Predict(PredictArgs),
    /// Draw one image of a data set with its label.
    Show(ShowArgs),
    /// A model's layers, and the plan that runs them.
    Inspect(InspectArgs),
    /// The adapters of this machine, and which one would be used.
    Devices(DevicesArgs),
    /// Find the fastest tiles for a model's matrix products on this adapter.
    Tune(TuneArgs),
    /// Check every kernel on the adapter against its definition in f64.
    Verify(VerifyArgs),
    /// Measure how fast this adapter trains, or show and compare what was measured.
    Bench(BenchArgs),
    /// What `bench` runs in a process of its own: prints the seconds to a first step.
    #[command(hide = true)]
    BenchFirstStep(BenchFirstStepArgs),
    /// Get data sets.
    Data(DataArgs),
}

/// `train`
#[derive(Debug, clap::Args)]
pub struct TrainArgs {
    /// A folder of IDX files, or mnist, fashion-mnist or fashion-small [default: fashion-small, which is built in].
    #[arg(value_name = "DATA")]
    pub data: Option<String>,
    /// The same as DATA.
    #[arg(long = "data", value_name = "DATA", conflicts_with = "data")]
    pub data_flag: Option<String>,
    /// A preset (`lepton-gpu inspect` lists them) or a model file [default: seed-mnist].
    #[arg(long)]
    pub model: Option<String>,
    /// How often all training images are seen [default: 5].
    #[arg(long)]
    pub epochs: Option<u32>,
    /// Images in a batch [default: 64].
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=65_536))]
    pub batch: Option<u32>,
    /// The optimiser [default: adam].
    #[arg(long, value_enum)]
    pub optimizer: Option<OptimizerName>,
    /// Learning rate [default: 0.001 for adam, 0.01 for sgd].
    #[arg(long, value_name = "F", allow_negative_numbers = true)]
    pub lr: Option<f32>,
    /// Momentum, for sgd [default: 0.9].
    #[arg(long, value_name = "F", allow_negative_numbers = true)]
    pub momentum: Option<f32>,
    /// Nesterov's form of momentum, for sgd.
    #[arg(long)]
    pub nesterov: bool,
    /// How activations are stored: f16 halves memory and uses cooperative matrices, where the adapter has them [default: f32].
    #[arg(long, value_enum)]
    pub precision: Option<PrecisionName>,
    /// Run every op by itself: the same numbers, slower.
    #[arg(long)]
    pub no_fuse: bool,
    /// Time the launches of the first 20 steps and show where the time goes.
    #[arg(long)]
    pub profile: bool,
    /// L2 penalty [default: 0].
    #[arg(long, value_name = "F", allow_negative_numbers = true)]
    pub weight_decay: Option<f32>,
    /// Validate each epoch on a share of the training images that is held out (0.1), or on the test split (test).
    #[arg(long, value_name = "F|test")]
    pub val_split: Option<String>,
    /// Seeds weights, split and order [default: 0].
    #[arg(long)]
    pub seed: Option<u64>,
    /// Train on the first N training images only.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub limit: Option<u64>,
    /// Stop after N steps in all; 0 writes the initial state.
    #[arg(long, value_name = "N")]
    pub steps: Option<u64>,
    /// The run folder [default: runs/MODEL-1, -2, …].
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Continue the run in --out exactly where its last checkpoint stands; --epochs and --steps may go further.
    #[arg(long, requires = "out")]
    pub resume: bool,
}

/// Optimisers by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OptimizerName {
    /// Stochastic gradient descent with momentum.
    Sgd,
    /// Adam.
    Adam,
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

/// `eval`
#[derive(Debug, clap::Args)]
pub struct EvalArgs {
    /// A run folder (its best checkpoint is used) or a .safetensors file.
    pub run: PathBuf,
    /// Another data set than the run's.
    #[arg(long)]
    pub data: Option<String>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// `predict`
#[derive(Debug, clap::Args)]
pub struct PredictArgs {
    /// A run folder (its best checkpoint is used) or a .safetensors file.
    pub run: PathBuf,
    /// Images: PNG, JPEG, WebP, BMP, GIF or PNM. They are scaled to the model's input.
    #[arg(required_unless_present = "grid")]
    pub images: Vec<PathBuf>,
    /// Draw a 5x5 grid of test images with the model's answers, right in green and wrong in red.
    #[arg(long, value_name = "OUT.png", conflicts_with = "images")]
    pub grid: Option<PathBuf>,
    /// Another data set than the run's, for --grid.
    #[arg(long, requires = "grid")]
    pub data: Option<String>,
    /// First test image of the grid.
    #[arg(long, default_value_t = 0, requires = "grid")]
    pub from: usize,
    /// How many classes to name.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    pub top: u32,
    /// Swap black and white first: for dark ink on light paper, where the model learned light on dark.
    #[arg(long)]
    pub invert: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// `show`
#[derive(Debug, clap::Args)]
pub struct ShowArgs {
    /// A folder of IDX files, or a known name [default: fashion-small, which is built in].
    pub data: Option<String>,
    /// Which image.
    #[arg(long, default_value_t = 0)]
    pub index: usize,
    /// From the test images instead of the training images.
    #[arg(long)]
    pub test: bool,
    /// The picture.
    #[arg(long, value_name = "OUT.png")]
    pub out: PathBuf,
}

/// `inspect`
#[derive(Debug, clap::Args)]
pub struct InspectArgs {
    /// A preset or a model file; without it, the presets are listed.
    pub model: Option<String>,
    /// Images in a batch, for the plan.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=65_536))]
    pub batch: u32,
    /// The optimiser, for the plan.
    #[arg(long, value_enum, default_value_t = OptimizerName::Adam)]
    pub optimizer: OptimizerName,
    /// How activations are stored, for the plan.
    #[arg(long, value_enum, default_value_t = PrecisionName::F32)]
    pub precision: PrecisionName,
    /// Run every op by itself.
    #[arg(long)]
    pub no_fuse: bool,
    /// Images of the data set that stay on the device, for the plan's memory [default: one batch].
    #[arg(long)]
    pub images: Option<usize>,
    /// Print every step of the plan with its threads and bytes, and the memory by slot.
    #[arg(long)]
    pub plan: bool,
}

/// `devices`
#[derive(Debug, clap::Args)]
pub struct DevicesArgs {
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// `tune`
#[derive(Debug, clap::Args)]
pub struct TuneArgs {
    /// A preset or a model file.
    #[arg(long, default_value = "seed-mnist")]
    pub model: String,
    /// Images in a batch: tiles depend on it.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=65_536))]
    pub batch: u32,
    /// How activations are stored.
    #[arg(long, value_enum, default_value_t = PrecisionName::F32)]
    pub precision: PrecisionName,
    /// Write the table here instead of where it is used by itself.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// `verify`
#[derive(Debug, clap::Args)]
pub struct VerifyArgs {
    /// Only this op.
    #[arg(long)]
    pub op: Option<String>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// `bench`
#[derive(Debug, clap::Args)]
pub struct BenchArgs {
    /// Fewer workloads and samples: a first look.
    #[arg(long, conflicts_with_all = ["full", "compare", "from"])]
    pub quick: bool,
    /// More workloads and samples.
    #[arg(long, conflicts_with_all = ["compare", "from"])]
    pub full: bool,
    /// Keep the result with every raw sample in a file, for --from and --compare.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["compare", "from"])]
    pub json: Option<PathBuf>,
    /// Write a page with charts and tables: one file, for any browser.
    #[arg(long, value_name = "FILE", conflicts_with = "compare")]
    pub html: Option<PathBuf>,
    /// Measure nothing: two kept results side by side.
    #[arg(long, num_args = 2, value_names = ["A", "B"], conflicts_with = "from")]
    pub compare: Option<Vec<PathBuf>>,
    /// Measure nothing: show a kept result again, or make its page with --html.
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,
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
}

/// `data`
#[derive(Debug, clap::Args)]
pub struct DataArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: DataCommand,
}

/// A command of `data`.
#[derive(Debug, Subcommand)]
pub enum DataCommand {
    /// Download a data set: mnist or fashion-mnist.
    Fetch {
        /// Its name.
        name: String,
        /// Folder to put it in [default: $LEPTON_DATA/NAME, or the cache folder].
        #[arg(long, value_name = "DIR")]
        into: Option<PathBuf>,
    },
    /// The data sets that are known by name.
    List,
}
