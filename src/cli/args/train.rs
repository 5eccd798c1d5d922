//! What was typed for `train`.

use std::path::PathBuf;
use std::str::FromStr;

use clap::ValueEnum;
use lepton_kernels::op::Precision;

use super::LossArgs;
use super::update::UpdateArgs;
use crate::data::Fit;

/// `train`
#[derive(Debug, clap::Args)]
pub struct TrainArgs {
    /// A folder of pictures by class, of IDX files or of CIFAR's, a CSV file, texts (a line each, its label first), or a name
    /// that `data list` knows [default: fashion-small, which is built in].
    #[arg(value_name = "DATA")]
    pub data: Option<String>,
    /// The same as DATA.
    #[arg(long = "data", value_name = "DATA", conflicts_with = "data")]
    pub data_flag: Option<String>,
    /// A complete configuration by its name (`lepton-gpu recipes` lists them), a file with one, or another run or its
    /// config.toml; what else is typed changes it.
    #[arg(long, value_name = "NAME|FILE")]
    pub recipe: Option<String>,
    /// A preset (`lepton-gpu models` lists them), a model file, or a run's [default: seed-mnist; photo-small for pictures, text-small
    /// for texts].
    #[arg(long)]
    pub model: Option<String>,
    /// How often all training images are seen [default: 5].
    #[arg(long)]
    pub epochs: Option<u32>,
    /// Images in a batch, or `auto`: the largest power of two that fits the adapter [default: 64].
    #[arg(long, value_name = "N|auto")]
    pub batch: Option<BatchSize>,
    /// Another input size than the model's: 96, 64x96 (height, width) or 64x64x1.
    #[arg(long, value_name = "SIZE")]
    pub size: Option<String>,
    /// How images are read.
    #[command(flatten)]
    pub images: ImageArgs,
    /// The optimiser and what surrounds it.
    #[command(flatten)]
    pub update: UpdateArgs,
    /// How the learning rate changes: constant, step, multistep, cosine, one-cycle, polynomial, exponential or plateau, with
    /// options as in step:every=30,gamma=0.1 [default: constant].
    #[arg(long, value_name = "NAME[:OPTION=VALUE,…]")]
    pub schedule: Option<String>,
    /// The learning rate rises to its value during so many epochs (0.5 is half of one).
    #[arg(long, value_name = "EPOCHS", allow_negative_numbers = true)]
    pub warmup: Option<f64>,
    /// Train nothing: try rising learning rates for up to 120 steps, draw the losses and suggest a rate.
    #[arg(long, conflicts_with_all = ["resume", "profile", "lr"])]
    pub lr_find: bool,
    /// How activations are stored: f16 halves memory and uses cooperative matrices, where the adapter has them [default: f32].
    #[arg(long, value_enum)]
    pub precision: Option<PrecisionName>,
    /// Run every op by itself: the same numbers, slower.
    #[arg(long)]
    pub no_fuse: bool,
    /// Time the launches of the first 20 steps and show where the time goes.
    #[arg(long)]
    pub profile: bool,
    /// The loss.
    #[command(flatten)]
    pub loss: LossArgs,
    /// Validate each epoch on a share of the training images that is held out (0.1), or on the test split (test)
    /// [default: for pictures without validation and test images 0.2 of each class].
    #[arg(long, value_name = "F|test")]
    pub val_split: Option<String>,
    /// What images undergo in training: a list such as flip,crop=4,cutout=8,mixup=0.2, or light, standard, strong
    /// (a wrong name lists them all) [default: none].
    #[arg(long, value_name = "LIST")]
    pub augment: Option<String>,
    /// How pixels are scaled: none (0..1), dataset (mean 0, deviation 1), imagenet, or MEANS:DEVIATIONS [default: none].
    #[arg(long, value_name = "HOW")]
    pub normalize: Option<String>,
    /// Seeds weights, split and order [default: 0].
    #[arg(long)]
    pub seed: Option<u64>,
    /// Seeds which images are held out: runs of several seeds keep one split [default: the seed].
    #[arg(long, value_name = "N")]
    pub split_seed: Option<u64>,
    /// Train on the first N training images only; on N texts of all classes.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub limit: Option<u64>,
    /// Stop after N steps in all; 0 writes the initial state.
    #[arg(long, value_name = "N")]
    pub steps: Option<u64>,
    /// The run folder [default: runs/MODEL-1, -2, …; with a recipe runs/RECIPE-1].
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// What is read of texts.
    #[command(flatten)]
    pub text: TextArgs,
    /// Continue the run in --out exactly where its last checkpoint stands; --epochs and --steps may go further.
    #[arg(long, requires = "out")]
    pub resume: bool,
}

/// Images in a batch, as typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchSize {
    /// So many.
    Images(usize),
    /// As many as fit.
    Auto,
}

impl FromStr for BatchSize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse() {
            Ok(images @ 1..=65_536) => Ok(BatchSize::Images(images)),
            _ if text == "auto" => Ok(BatchSize::Auto),
            _ => Err("a batch has 1 to 65536 images, or is `auto`".into()),
        }
    }
}

/// How images are read.
#[derive(Debug, clap::Args)]
pub struct ImageArgs {
    /// How pictures of another shape fill the model's input [default: crop].
    #[arg(long, value_enum)]
    pub fit: Option<FitName>,
    /// Go on without pictures that cannot be read.
    #[arg(long)]
    pub skip_damaged: bool,
    /// CIFAR-100's 20 coarse classes instead of its 100 fine ones.
    #[arg(long)]
    pub coarse: bool,
}

/// What `train` can be told about texts.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct TextArgs {
    /// Texts: keep the first N words [default: as many as the longest training text has].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=65_536))]
    pub max_length: Option<u32>,
    /// Texts: words seen fewer than N times in the training texts are unknown [default: 1].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub min_count: Option<u32>,
    /// Texts: only the N most frequent words have tokens [default: all].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=16_777_214))]
    pub max_words: Option<u32>,
    /// Texts: labels end at their first `:` (TREC: DESC instead of DESC:manner).
    #[arg(long)]
    pub coarse_labels: bool,
}

/// Fits by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FitName {
    /// The shorter side fits, and the middle is kept.
    Crop,
    /// Both sides fit; what was round may become oval.
    Stretch,
    /// The longer side fits, and the rest is black.
    Pad,
}

impl From<FitName> for Fit {
    fn from(name: FitName) -> Self {
        match name {
            FitName::Crop => Fit::Crop,
            FitName::Stretch => Fit::Stretch,
            FitName::Pad => Fit::Pad,
        }
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
