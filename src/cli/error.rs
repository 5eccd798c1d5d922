//! Every way in which a command cannot run.

use std::io;
use std::path::{Path, PathBuf};

use crate::checkpoint::CheckpointError;
use crate::data::DataError;
use crate::gpu::{GpuError, TableError};
use crate::hint::{Hint, Hints};
use crate::model::ModelError;
use crate::plan::PlanError;
use crate::report::bench::ReadError;
use crate::train::TrainError;
use crate::tune::TuneError;

/// Why a command could not run.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// A run could not be trained.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// Data could not be downloaded, found or read.
    #[error(transparent)]
    Data(#[from] DataError),
    /// Splits that do not belong together.
    #[error(transparent)]
    Dataset(#[from] crate::data::DatasetError),
    /// An image that is streamed cannot be read.
    #[error(transparent)]
    Source(#[from] crate::data::SourceError),
    /// No device, or one that failed.
    #[error(transparent)]
    Gpu(#[from] GpuError),
    /// A model could not be found, read or built.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// An answer could not be explained.
    #[error(transparent)]
    Explain(Box<crate::explain::ExplainError>),
    /// Tiles could not be tuned.
    #[error(transparent)]
    Tune(#[from] TuneError),
    /// A table of tiles.
    #[error(transparent)]
    Tiles(#[from] TableError),
    /// The check of an op.
    #[error(transparent)]
    Verify(#[from] crate::verify::VerifyError),
    /// A model could not be compiled for this device.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A checkpoint could not be read or written.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// Weights to start from could not be found or read.
    #[error(transparent)]
    Weights(#[from] crate::weights::WeightsError),
    /// A model could not be written as ONNX, or read from it.
    #[error(transparent)]
    Onnx(#[from] crate::onnx::OnnxError),
    /// A recipe could not be found or read.
    #[error(transparent)]
    Recipe(#[from] crate::config::RecipeError),
    /// A list of transforms.
    #[error(transparent)]
    Augment(#[from] crate::config::AugmentError),
    /// A flag for an option that the chosen optimiser or loss does not have, or not with this value.
    #[error("invalid {typed}: {error}")]
    Flag {
        /// The flag with its value.
        typed: String,
        /// What is wrong with it.
        error: crate::config::OptionError,
    },
    /// An option of an optimiser or a loss.
    #[error(transparent)]
    Option(#[from] crate::config::OptionError),
    /// A setting of the configuration.
    #[error(transparent)]
    Config(#[from] crate::config::ConfigError),
    /// Weights that balance classes.
    #[error(transparent)]
    Balance(#[from] crate::losses::BalanceError),
    /// A benchmark could not be run.
    #[error(transparent)]
    Measure(#[from] crate::bench::BenchError),
    /// A kept benchmark.
    #[error(transparent)]
    Bench(#[from] ReadError),
    /// A report could not be made.
    #[error(transparent)]
    Report(#[from] crate::report::run::ReportError),
    /// What was typed makes no sense.
    #[error("{0}")]
    Usage(String),
    /// A name that is none of those that there are.
    #[error("unknown {what} `{name}`")]
    Unknown {
        /// What was to be named.
        what: &'static str,
        /// The name that was typed.
        name: String,
        /// The names that there are.
        hint: Hint,
    },
    /// The system cannot read or write a file.
    #[error("{}: {source}", path.display())]
    File {
        /// Path of the file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A picture cannot be decoded.
    #[error("{place}: {source}")]
    Picture {
        /// Where the picture is.
        place: crate::data::picture::Place,
        /// What is wrong with it.
        source: crate::data::picture::DecodeError,
    },
    /// A picture cannot be written.
    #[error("{}: {source}", path.display())]
    Png {
        /// Path of the picture.
        path: PathBuf,
        /// What the encoder says.
        source: image::ImageError,
    },
}

impl Hints for CliError {
    fn hints(&self) -> Vec<Hint> {
        match self {
            CliError::Train(error) => error.hints(),
            CliError::Data(error) => error.hints(),
            CliError::Dataset(error) => error.hints(),
            CliError::Source(error) => error.hints(),
            CliError::Gpu(error) => error.hints(),
            CliError::Model(error) => error.hints(),
            CliError::Explain(error) => error.hints(),
            CliError::Tune(error) => error.hints(),
            CliError::Tiles(error) => error.hints(),
            CliError::Plan(error) => error.hints(),
            CliError::Verify(error) => error.hints(),
            CliError::Checkpoint(error) => error.hints(),
            CliError::Onnx(error) => error.hints(),
            CliError::Recipe(error) => error.hints(),
            CliError::Augment(error) => error.hints(),
            CliError::Flag { error, .. } | CliError::Option(error) => error.hints(),
            CliError::Config(error) => error.hints(),
            CliError::Balance(error) => error.hints(),
            CliError::Weights(error) => error.hints(),
            CliError::Measure(error) => error.hints(),
            CliError::Bench(error) => error.hints(),
            CliError::Report(error) => error.hints(),
            CliError::Unknown { hint, .. } => vec![hint.clone()],
            CliError::Usage(_) | CliError::File { .. } | CliError::Picture { .. } | CliError::Png { .. } => Vec::new(),
        }
    }
}

impl CliError {
    /// A name that is not among `names`, which the command `listed_by` prints.
    pub fn unknown<T: Into<String>>(
        what: &'static str,
        name: &str,
        names: impl IntoIterator<Item = T>,
        listed_by: &'static [&'static str],
    ) -> Self {
        CliError::Unknown { what, name: name.into(), hint: Hint::one_listed(name, names, listed_by) }
    }

    /// For `map_err` on operations on `path`.
    pub fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| CliError::File { path, source }
    }
}

/// Writes a picture so that it is whole or absent.
pub fn save_png(picture: &image::RgbImage, path: &Path) -> Result<(), CliError> {
    let mut bytes = io::Cursor::new(Vec::new());
    picture
        .write_to(&mut bytes, image::ImageFormat::Png)
        .map_err(|source| CliError::Png { path: path.into(), source })?;
    Ok(crate::checkpoint::write_atomically(path, bytes.get_ref())?)
}
