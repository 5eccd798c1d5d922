//! What was typed: nothing is resolved here.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::train::Tta;

mod loss;
mod train;
mod update;

pub use loss::{LossArgs, LossName, TargetName};
pub use train::{BatchSize, ImageArgs, PrecisionName, TextArgs, TrainArgs};
pub use update::{OptimizerName, UpdateArgs};

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
    Train(Box<TrainArgs>),
    /// Loss, accuracy and other measures of a trained model on a data set.
    Eval(EvalArgs),
    /// What a trained model sees in images, or a grid of test images with its answers.
    Predict(PredictArgs),
    /// Draw one image of a data set with its label, or several as augmentation changes them; or print a text.
    Show(ShowArgs),
    /// A model's layers, and the plan that runs them.
    Inspect(InspectArgs),
    /// The models in the program, or the file of one.
    Models(ModelsArgs),
    /// The recipes in the program, which reproduce published results, or the file of one.
    Recipes(RecipesArgs),
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

/// `eval`
#[derive(Debug, clap::Args)]
pub struct EvalArgs {
    /// A run folder (its best checkpoint is used) or a .safetensors file.
    pub run: PathBuf,
    /// Another data set than the run's.
    #[arg(long)]
    pub data: Option<String>,
    /// Draw the confusion matrix.
    #[arg(long, value_name = "OUT.png")]
    pub confusion: Option<PathBuf>,
    /// Average logits over views of each image: mirror, translate (by one pixel) or mirror+translate.
    #[arg(long, value_name = "VIEWS", value_parser = Tta::parse)]
    pub tta: Option<Tta>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// `predict`
#[derive(Debug, clap::Args)]
pub struct PredictArgs {
    /// A run folder (its best checkpoint is used) or a .safetensors file.
    pub run: PathBuf,
    /// Images: PNG, JPEG, WebP, BMP, GIF or PNM. They are scaled to the model's input. For a model of texts: texts.
    #[arg(required_unless_present_any = ["grid", "lines"], value_name = "IMAGES|TEXTS")]
    pub images: Vec<PathBuf>,
    /// For a model of texts: each line of this file is a text; - reads standard input.
    #[arg(long, value_name = "FILE", conflicts_with = "grid")]
    pub lines: Option<PathBuf>,
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
    /// Average logits over views of each image: mirror, translate (by one pixel) or mirror+translate.
    #[arg(long, value_name = "VIEWS", value_parser = Tta::parse)]
    pub tta: Option<Tta>,
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
    /// A folder, a CSV file, texts, an archive or a known name [default: fashion-small, which is built in].
    pub data: Option<String>,
    /// The size that pictures get: 96, 64x96 (height, width) or 64x64x1 [default: 64x64x3].
    #[arg(long, value_name = "SIZE")]
    pub size: Option<String>,
    /// How images are read.
    #[command(flatten)]
    pub images: ImageArgs,
    /// Which image.
    #[arg(long, default_value_t = 0)]
    pub index: usize,
    /// From the test images instead of the training images.
    #[arg(long)]
    pub test: bool,
    /// Draw a sheet: images from --index on, each with what eight epochs of a run would make of it [without LIST: standard].
    #[arg(long, value_name = "LIST", num_args = 0..=1, default_missing_value = "standard")]
    pub augment: Option<String>,
    /// Images of the sheet.
    #[arg(long, default_value_t = 6, requires = "augment", value_parser = clap::value_parser!(u32).range(1..=64))]
    pub count: u32,
    /// The run's seed.
    #[arg(long, default_value_t = 0, requires = "augment")]
    pub seed: u64,
    /// The picture; a text is printed instead.
    #[arg(long, value_name = "OUT.png")]
    pub out: Option<PathBuf>,
}

/// `inspect`
#[derive(Debug, clap::Args)]
pub struct InspectArgs {
    /// A preset or a model file.
    #[arg(required_unless_present = "layers")]
    pub model: Option<String>,
    /// List every type of layer with its options.
    #[arg(long, conflicts_with = "model")]
    pub layers: bool,
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

/// `models`
#[derive(Debug, clap::Args)]
pub struct ModelsArgs {
    /// Print the file of this one, to be copied.
    pub name: Option<String>,
}

/// `recipes`
#[derive(Debug, clap::Args)]
pub struct RecipesArgs {
    /// Print the file of this one, to be copied.
    pub name: Option<String>,
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
    /// Download a data set that `data list` knows.
    Fetch {
        /// Its name.
        name: String,
        /// Folder to put it in [default: $LEPTON_DATA/NAME, or the cache folder].
        #[arg(long, value_name = "DIR")]
        into: Option<PathBuf>,
    },
    /// The data sets that are known by name.
    List,
    /// What is in a data set: images by class, sizes, pictures that cannot be read (exit code 1).
    Check {
        /// A folder, a CSV file, an archive or a known name.
        data: String,
    },
}
