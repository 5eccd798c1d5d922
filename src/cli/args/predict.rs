//! `predict`

use std::path::PathBuf;

use super::DeviceArgs;
use crate::train::Tta;

/// `predict`
#[derive(Debug, clap::Args)]
pub struct PredictArgs {
    /// A run folder, whose best checkpoint is used, or a .safetensors file.
    pub run: PathBuf,
    /// Image files (PNG, JPEG, WebP, BMP, GIF, TIFF or PNM), folders of them, patterns such as 'new/*.jpg', text files that list
    /// one path a line, tables and shards of images, or - for a list on standard input; a data set, of which the split is answered
    /// that eval takes; texts for a text model.
    #[arg(required_unless_present_any = ["grid", "lines"], value_name = "IMAGES|TEXTS")]
    pub images: Vec<PathBuf>,
    /// Classify each line of this file as a text; - reads standard input.
    #[arg(long, value_name = "FILE", conflicts_with = "grid")]
    pub lines: Option<PathBuf>,
    /// Draw a 5x5 grid of test images with the model's predictions, correct ones in green and wrong ones in red.
    #[arg(long, value_name = "OUT.png", conflicts_with = "images")]
    pub grid: Option<PathBuf>,
    /// Take the images of --grid from this data set instead of the run's.
    #[arg(long, requires = "grid")]
    pub data: Option<String>,
    /// Index of the first test image of the grid.
    #[arg(long, default_value_t = 0, requires = "grid")]
    pub from: usize,
    /// Number of classes to list for each image.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    pub top: u32,
    /// Test-time augmentation: average the logits of several views of each image: mirror, translate (by one pixel) or
    /// mirror+translate.
    #[arg(long, value_name = "VIEWS", value_parser = Tta::parse)]
    pub tta: Option<Tta>,
    /// Answer CLASS from this probability on, instead of where it is the likeliest; a label is there from it on. `none` ignores
    /// the thresholds kept with the run.
    #[arg(long, value_name = "CLASS=P")]
    pub threshold: Vec<String>,
    /// Invert the images first, for dark ink on light paper if the model was trained on light on dark.
    #[arg(long)]
    pub invert: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    /// Print JSON Lines: an object for each image, as soon as it is answered.
    #[arg(long, conflicts_with = "json")]
    pub jsonl: bool,
    /// Print a CSV table with the columns id and prediction.
    #[arg(long, conflicts_with_all = ["json", "jsonl"])]
    pub csv: bool,
    /// Add a column with the probability of each class.
    #[arg(long, requires = "csv")]
    pub probabilities: bool,
    /// Print a submission: the rows and columns of this sample, filled in. Ids are matched with the names of images, with or
    /// without extension; columns named after classes get their probabilities.
    #[arg(long, value_name = "SAMPLE.csv", conflicts_with_all = ["json", "jsonl", "csv", "grid"])]
    pub submission: Option<PathBuf>,
    /// Copy each image into a folder named after its class, in this folder.
    #[arg(long, value_name = "DIR", conflicts_with = "grid")]
    pub sort_into: Option<PathBuf>,
    /// Make symbolic links instead of copies.
    #[arg(long, requires = "sort_into")]
    pub link: bool,
    /// Which adapter to use.
    #[command(flatten)]
    pub device: DeviceArgs,
}

/// What answers are printed as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Lines for people.
    Lines,
    /// One JSON array.
    Json,
    /// A JSON object a line.
    JsonLines,
    /// A table.
    Csv,
    /// The rows of a sample.
    Submission,
}

impl PredictArgs {
    /// What was asked for.
    pub fn format(&self) -> Format {
        match self {
            PredictArgs { json: true, .. } => Format::Json,
            PredictArgs { jsonl: true, .. } => Format::JsonLines,
            PredictArgs { csv: true, .. } => Format::Csv,
            PredictArgs { submission: Some(_), .. } => Format::Submission,
            _ => Format::Lines,
        }
    }
}
