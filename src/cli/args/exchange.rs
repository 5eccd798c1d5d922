//! What was typed for commands that take weights in and give models out.

use std::path::PathBuf;

use clap::Subcommand;

use super::DeviceArgs;
use crate::config::NormalizeConfig;

/// `export`
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("format").required(true).multiple(true))]
pub struct ExportArgs {
    /// A run folder, whose best checkpoint is used, or a .safetensors file.
    pub run: PathBuf,
    /// For PyTorch: tensors with its names and layouts, and beside them a .py file that loads them, into torchvision's or timm's
    /// network where the model is one of those.
    #[arg(long, value_name = "OUT.safetensors", group = "format")]
    pub safetensors: Option<PathBuf>,
    /// The checkpoint without the optimizer's state.
    #[arg(long, value_name = "OUT.safetensors", group = "format")]
    pub weights: Option<PathBuf>,
    /// An ONNX model, which is read back and compared with the run's own answers before it is written.
    #[arg(long, value_name = "OUT.onnx", group = "format")]
    pub onnx: Option<PathBuf>,
    /// Let the ONNX model take pixels as they are: bytes [batch, height, width, channels].
    #[arg(long, requires = "onnx")]
    pub pixels: bool,
    /// Store the weights of the ONNX model in f16: half the size.
    #[arg(long, requires = "onnx")]
    pub f16: bool,
    /// Which adapter to use.
    #[command(flatten)]
    pub device: DeviceArgs,
}

/// `import`
#[derive(Debug, clap::Args)]
pub struct ImportArgs {
    /// The file with the weights, .safetensors, or with the whole network, .onnx.
    pub file: PathBuf,
    /// The model that they belong to, if the tensors do not tell: a built-in model or a model file.
    #[arg(long, value_name = "NAME|FILE")]
    pub model: Option<String>,
    /// How pixels are scaled: none, imagenet, or means and standard deviations such as 0.5:0.25 [default: what comes with the file,
    /// or what is usual for such a network].
    #[arg(long, value_name = "HOW", value_parser = NormalizeConfig::parse)]
    pub normalize: Option<NormalizeConfig>,
    /// Size of the images: 96, 64x96 (height x width) or 64x64x1 [default: what comes with the file, or the model's].
    #[arg(long)]
    pub size: Option<String>,
    /// A file with the names of the classes, one a line; the head starts anew if it has another number of outputs.
    #[arg(long, value_name = "FILE")]
    pub classes: Option<PathBuf>,
    /// Run folder [default: runs/MODEL-1, -2, …].
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// `weights`
#[derive(Debug, clap::Args)]
pub struct WeightsArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: WeightsCommand,
}

/// A command of `weights`.
#[derive(Debug, Subcommand)]
pub enum WeightsCommand {
    /// Download weights from `weights list` and check their SHA-256.
    Fetch {
        /// Name of the weights.
        name: String,
        /// Destination folder [default: $LEPTON_DATA/weights, or the cache folder].
        #[arg(long, value_name = "DIR")]
        into: Option<PathBuf>,
    },
    /// List the weights that can be downloaded by name.
    List,
}
