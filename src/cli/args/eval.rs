//! What was typed for `eval`.

use std::path::PathBuf;

use super::{DeviceArgs, TableArgs};
use crate::config::NormalizeConfig;
use crate::train::Tta;

/// `eval`
#[derive(Debug, clap::Args)]
pub struct EvalArgs {
    /// A run folder, whose best checkpoint is used, or a .safetensors file.
    pub run: PathBuf,
    /// Evaluate on this data set instead of the run's.
    #[arg(long)]
    pub data: Option<String>,
    /// Which columns of a table hold what.
    #[command(flatten)]
    pub table: TableArgs,
    /// Scale pixels otherwise than the run does: none, imagenet, or means and standard deviations such as 0.5:0.25.
    #[arg(long, value_name = "HOW", value_parser = NormalizeConfig::parse)]
    pub normalize: Option<NormalizeConfig>,
    /// Draw the confusion matrix into this file.
    #[arg(long, value_name = "OUT.png")]
    pub confusion: Option<PathBuf>,
    /// Test-time augmentation: average the logits of several views of each image: mirror, translate (by one pixel) or
    /// mirror+translate.
    #[arg(long, value_name = "VIEWS", value_parser = Tta::parse)]
    pub tta: Option<Tta>,
    /// Answer CLASS from this probability on, instead of where it is the likeliest; a label is there from it on. `none` ignores
    /// the thresholds kept with the run.
    #[arg(long, value_name = "CLASS=P")]
    pub threshold: Vec<String>,
    /// Find the threshold with which at least this share of a class is found on the images that validated the run, and keep it with the
    /// run, for `eval` and `predict`.
    #[arg(long, value_name = "SHARE", requires = "of")]
    pub recall: Option<f64>,
    /// Find the threshold with which at least this share of the answers is right, likewise.
    #[arg(long, value_name = "SHARE", requires = "of")]
    pub precision: Option<f64>,
    /// The class or label that --recall and --precision are about.
    #[arg(long, value_name = "CLASS")]
    pub of: Option<String>,
    /// Write a table of wrong answers, the most confident ones first: file, truth, answer, probability and margin.
    #[arg(long, value_name = "OUT.csv")]
    pub wrong: Option<PathBuf>,
    /// Draw the 25 most confident wrong answers.
    #[arg(long, value_name = "OUT.png")]
    pub wrong_sheet: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    /// Which adapter to use.
    #[command(flatten)]
    pub device: DeviceArgs,
}
