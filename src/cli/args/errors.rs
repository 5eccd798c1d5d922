//! `errors`

use std::path::PathBuf;

use super::DeviceArgs;

/// `errors`
#[derive(Debug, clap::Args)]
pub struct ErrorsArgs {
    /// A run folder, whose best checkpoint is used, or a .safetensors file.
    pub run: PathBuf,
    /// Judge the labels of these data instead of the run's own; they must have its classes.
    #[arg(long, value_name = "DATA")]
    pub data: Option<String>,
    /// Number of parts that the images are divided into: the labels of each are judged by a model trained on the others.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u16).range(2..=100))]
    pub folds: u16,
    /// Random seed of the folds, and of what is trained.
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Train the whole network anew for each fold, as the run was trained, instead of a new last layer on its features: takes N
    /// times as long as the run, and finds labels that the network has memorised.
    #[arg(long)]
    pub retrain: bool,
    /// Table to write, which `train --labels` takes [default: errors.csv in the run folder]; a .png of the same name shows the
    /// first images.
    #[arg(long, value_name = "FILE.csv")]
    pub out: Option<PathBuf>,
    /// Name every label, not only the first few.
    #[arg(long)]
    pub all: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    /// Which adapter to use.
    #[command(flatten)]
    pub device: DeviceArgs,
}
