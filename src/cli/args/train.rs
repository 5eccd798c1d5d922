//! What was typed for `train`.

use std::path::PathBuf;

use clap::ValueEnum;
use lepton_kernels::op::Precision;

use super::update::UpdateArgs;

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
    #[command(flatten)]
    pub update: UpdateArgs,
    /// How activations are stored: f16 halves memory and uses cooperative matrices, where the adapter has them [default: f32].
    #[arg(long, value_enum)]
    pub precision: Option<PrecisionName>,
    /// Run every op by itself: the same numbers, slower.
    #[arg(long)]
    pub no_fuse: bool,
    /// Time the launches of the first 20 steps and show where the time goes.
    #[arg(long)]
    pub profile: bool,
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
