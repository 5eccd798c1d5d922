//! What was typed for `train`.

use std::path::PathBuf;

use clap::ValueEnum;
use lepton_kernels::op::Precision;

/// `train`
#[derive(Debug, clap::Args)]
pub struct TrainArgs {
    /// A folder of IDX files, texts (a line each, its label first), or mnist, fashion-mnist or fashion-small [default: fashion-small, which is built in].
    #[arg(value_name = "DATA")]
    pub data: Option<String>,
    /// The same as DATA.
    #[arg(long = "data", value_name = "DATA", conflicts_with = "data")]
    pub data_flag: Option<String>,
    /// A preset (`lepton-gpu inspect` lists them) or a model file [default: seed-mnist; text-small for texts].
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
    /// What is read of texts.
    #[command(flatten)]
    pub text: TextArgs,
    /// Continue the run in --out exactly where its last checkpoint stands; --epochs and --steps may go further.
    #[arg(long, requires = "out")]
    pub resume: bool,
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
