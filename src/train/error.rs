//! Why training stops or does not start.

#[cfg(feature = "images")]
use std::path::PathBuf;

use lepton_kernels::random;

use crate::checkpoint::{CheckpointError, DatasetFingerprint};
use crate::config::ConfigError;
use crate::data::{Dataset, DatasetError, SourceError, Split};
use crate::gpu::GpuError;
use crate::hint::{Hint, Hints};
use crate::plan::PlanError;
use crate::session::{InputError, SessionError, Targets};
use crate::tasks::TaskError;
use crate::weights::WeightsError;

/// Why training stopped, or did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainError {
    /// The device ran out of memory, was lost or refused a kernel.
    #[error(transparent)]
    Gpu(#[from] GpuError),
    /// The model could not be compiled for this device.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A checkpoint could not be read, or is of another model.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// Splits that do not belong together.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// An image that is streamed cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The model cannot read the data.
    #[error(transparent)]
    Input(#[from] InputError),
    /// Data, model or options do not go with the task.
    #[error(transparent)]
    Task(#[from] TaskError),
    /// The configuration contradicts itself or the data.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// There is nothing to train on.
    #[error("`{data}` has no training images ({source_folder})")]
    NoTrainingImages {
        /// The data set's name.
        data: String,
        /// Where it came from.
        source_folder: String,
    },
    /// So small a share of the training images that it holds none out.
    #[error("a validation fraction of {share} holds out none of {images} images")]
    NothingHeldOut {
        /// The share of the training images to hold out, 0 to 1.
        share: f64,
        /// Number of training images.
        images: usize,
    },
    /// So large a share that nothing is left to train on.
    #[error("a validation fraction of {share} leaves none of {images} images for training")]
    NothingLeft {
        /// The share of the training images to hold out, 0 to 1.
        share: f64,
        /// Number of training images.
        images: usize,
    },
    /// Validation on test images that there are not.
    #[error("`{data}` has no test images to validate on")]
    NoTestImages {
        /// The data set's name.
        data: String,
    },
    /// A model without parameters.
    #[error("model `{model}` has no trainable layers")]
    NothingToLearn {
        /// The model's name.
        model: String,
    },
    /// A batch in which batch norm sees one value a channel.
    #[error(
        "batch norm needs two values per channel, but with {images} training images in batches of {batch} there is a batch of a \
         single image, and the layer reads features without height and width"
    )]
    OneValue {
        /// Images of a full batch.
        batch: usize,
        /// Number of training images.
        images: usize,
    },
    /// Weights to start from that cannot be used.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// A model without a head that could be trained alone.
    #[error("model `{model}` has no head that can be trained on features: {problem}")]
    NoHead {
        /// The model's name.
        model: String,
        /// Why it cannot be cut.
        problem: String,
    },
    /// Frozen layers without weights worth keeping.
    #[error("the layers before the head are frozen, but there are no weights for them to start from")]
    NothingToKeep,
    /// A run goes on with other data than it began with.
    #[error("the data changed since the run began: it {}", change(before, now))]
    DataChanged {
        /// The data that it began with.
        before: DatasetFingerprint,
        /// The data that it was given.
        now: DatasetFingerprint,
    },
    /// Other data than a run began with, of which it drew its validation images.
    #[error(
        "the data changed since the run began: it {}; the images that the run held out cannot be told from those that it learned",
        change(before, now)
    )]
    HeldOutUnknown {
        /// The data that it began with.
        before: DatasetFingerprint,
        /// The data that it was given.
        now: DatasetFingerprint,
    },
    /// An image file that cannot be decoded.
    #[cfg(feature = "images")]
    #[error("{}: {source}", path.display())]
    Picture {
        /// Path of the picture.
        path: PathBuf,
        /// What the decoder says.
        source: crate::data::picture::DecodeError,
    },
    /// Whoever listens could not go on.
    #[error(transparent)]
    Listener(Box<dyn std::error::Error + Send + Sync>),
    /// The loss is not a number any more.
    #[error(
        "the {of} loss is {loss} {}\n  training stopped; the last good checkpoint is kept", after(*step, *learning_rate)
    )]
    NotFinite {
        /// Whose loss it is: `training`, `validation` or `test`.
        of: &'static str,
        /// Updates that the weights had seen, whoever computed the loss with them.
        step: u64,
        /// That loss: infinite or not a number.
        loss: f32,
        /// The learning rate of the run.
        learning_rate: f32,
    },
    /// Weights are not numbers any more.
    #[error(
        "weights are infinite or NaN {}\n  training stopped; the last good checkpoint is kept", after(*step, *learning_rate)
    )]
    Diverged {
        /// Updates that the weights had seen.
        step: u64,
        /// The learning rate of the run.
        learning_rate: f32,
    },
}

impl TrainError {
    /// Data without training images.
    pub(super) fn no_training_images(data: &Dataset) -> Self {
        TrainError::NoTrainingImages { data: data.name().into(), source_folder: data.source().into() }
    }
}

impl From<SessionError> for TrainError {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::Gpu(error) => TrainError::Gpu(error),
            SessionError::Source(error) => TrainError::Source(error),
        }
    }
}

/// When weights were what they are.
fn after(step: u64, learning_rate: f32) -> String {
    match step {
        0 => "before the first step".into(),
        _ if (1e-6..1e9).contains(&learning_rate) => {
            format!("after step {step}, at a learning rate of {learning_rate}")
        }
        _ => format!("after step {step}, at a learning rate of {learning_rate:e}"),
    }
}

/// How data differ from what they were.
fn change(before: &DatasetFingerprint, now: &DatasetFingerprint) -> String {
    if (before.train, before.test) == (now.train, now.test) {
        return "has different images or labels now".into();
    }
    format!("had {} training and {} test images, but now has {} and {}", before.train, before.test, now.train, now.test)
}

impl Hints for TrainError {
    fn hints(&self) -> Vec<Hint> {
        match self {
            TrainError::Gpu(error) => error.hints(),
            TrainError::Plan(error) => error.hints(),
            TrainError::Checkpoint(error) => error.hints(),
            TrainError::Dataset(error) => error.hints(),
            TrainError::Source(error) => error.hints(),
            TrainError::Input(error) => error.hints(),
            TrainError::Task(error) => error.hints(),
            TrainError::Weights(error) => error.hints(),
            TrainError::NoHead { .. } => vec![Hint::set("freeze", "none"), Hint::set("head.steps", 0)],
            TrainError::NothingToKeep => vec![Hint::Change { key: "init" }, Hint::set("freeze", "none")],
            TrainError::NothingHeldOut { .. } => {
                vec![Hint::Larger { key: "validation" }, Hint::Larger { key: "limit" }]
            }
            TrainError::NothingLeft { .. } => vec![Hint::Smaller { key: "validation" }, Hint::Larger { key: "limit" }],
            TrainError::NoTestImages { .. } => vec![Hint::set("validation", "0.1")],
            TrainError::NothingToLearn { .. } => vec![Hint::advice("a conv2d or linear layer")],
            TrainError::OneValue { images: 1, .. } => vec![Hint::advice("more training images")],
            TrainError::OneValue { batch, .. } => {
                vec![Hint::set("batch", batch + 1), Hint::advice("group_norm or layer_norm in the model")]
            }
            TrainError::DataChanged { .. } => vec![Hint::advice("a new run, or the data as it was")],
            TrainError::HeldOutUnknown { .. } => {
                vec![Hint::advice("--data with images that the run has not seen, a new run, or the data as it was")]
            }
            TrainError::NotFinite { step: 0, .. } => {
                vec![Hint::advice("another model, --seed or --init, or data without infinite numbers")]
            }
            TrainError::NotFinite { .. } | TrainError::Diverged { .. } => {
                vec![Hint::Smaller { key: "learning_rate" }, Hint::Change { key: "seed" }]
            }
            TrainError::Listener(error) => error.downcast_ref::<TrainError>().map_or_else(Vec::new, Hints::hints),
            TrainError::Config(error) => error.hints(),
            TrainError::NoTrainingImages { .. } => Vec::new(),
            #[cfg(feature = "images")]
            TrainError::Picture { .. } => Vec::new(),
        }
    }
}

/// Tells these images and targets from others: by the keys of the images, if all have some and not `by_pixels`.
///
/// # Errors
/// [`SourceError`] if they are streamed and have no keys, and one cannot be read.
pub(super) fn fingerprint(
    train: usize,
    test: usize,
    splits: &[(&Split, usize)],
    targets: &Targets,
    by_pixels: bool,
) -> Result<DatasetFingerprint, SourceError> {
    let by_name = !by_pixels && splits.iter().all(|(split, _)| split.keys().is_some());
    let mut hash = 0;
    for &(split, count) in splits {
        if let Some(keys) = split.keys().filter(|_| by_name) {
            hash = keys[..count].iter().fold(hash, |hash, &key| random::hash64(hash ^ key));
            continue;
        }
        split.first_in_pieces(count, |bytes| {
            for chunk in bytes.chunks(8) {
                let mut word = [0; 8];
                word[..chunk.len()].copy_from_slice(chunk);
                hash = random::hash64(hash ^ u64::from_le_bytes(word));
            }
            Ok::<_, SourceError>(())
        })?;
    }
    let hash = targets.labels.iter().fold(hash, |hash, &label| random::hash64(hash ^ u64::from(label)));
    let values = targets.values.iter().flat_map(|values| &values.data);
    let hash = values.fold(hash, |hash, value| random::hash64(hash ^ u64::from(value.to_bits())));
    Ok(DatasetFingerprint { train, test, hash, by_name })
}
