//! Why there is no explanation.

use crate::gpu::GpuError;
use crate::hint::{Hint, Hints};
use crate::model::{InputKind, ModelError};
use crate::plan::PlanError;
use crate::train::TrainError;

/// Why there is no explanation.
#[derive(Debug, thiserror::Error)]
pub enum ExplainError {
    /// The checkpoint, an image or the device.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// The model cannot be explained, has no such layer, or does not fit on the device.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The model does not fit together.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The device.
    #[error(transparent)]
    Gpu(#[from] GpuError),
    /// A model of something else than images.
    #[error("maps are of images, but model `{model}` takes {}", takes.plural())]
    Input {
        /// The model's name.
        model: String,
        /// What it takes.
        takes: InputKind,
    },
    /// A class that the model does not know.
    #[error("the model knows no class `{class}`")]
    Class {
        /// What was asked for.
        class: String,
        /// The classes that there are.
        classes: Vec<String>,
    },
    /// What an image is to raise is neither a class nor a channel of a layer.
    #[error("`{target}` is neither a class that the model knows nor a channel of a layer, such as `conv1:0`")]
    Target {
        /// What was asked for.
        target: String,
        /// The classes that there are.
        classes: Vec<String>,
    },
    /// A channel that the layer does not have.
    #[error("layer `{layer}` has {channels} channels, numbered from 0, so there is no channel {channel}")]
    Channel {
        /// The layer's name.
        layer: String,
        /// What was asked for.
        channel: usize,
        /// How many there are.
        channels: usize,
    },
    /// A method that is not in the table.
    #[error("there is no method `{method}`")]
    Method {
        /// What was asked for.
        method: String,
    },
    /// A layer whose output has no pixels.
    #[error("layer `{layer}` gives {shape}: it has no height and width to make a map of")]
    NoPixels {
        /// The layer's name.
        layer: String,
        /// What it gives for one image.
        shape: String,
        /// Layers that have pixels, the last one first.
        layers: Vec<String>,
    },
    /// A model without any layer of pixels.
    #[error("no layer of model `{model}` gives an image, which {method} needs")]
    NoLayer {
        /// The model's name.
        model: String,
        /// The method's title.
        method: &'static str,
    },
    /// A square that is larger than the image.
    #[error("occlusion covers {window}x{window} pixels, but the model's images have {height}x{width}")]
    Window {
        /// The square's side.
        window: usize,
        /// The image's height.
        height: usize,
        /// The image's width.
        width: usize,
    },
    /// Outputs that are not finite, so that nothing can be said of them.
    #[error("the model's outputs for this image are not finite numbers")]
    NotFinite,
}

impl ExplainError {
    /// The number of a class with this name.
    ///
    /// # Errors
    /// [`ExplainError::Class`] with the names that there are.
    pub(super) fn class(classes: &[String], class: &str) -> Result<usize, Self> {
        let found = classes.iter().position(|name| name == class);
        found.ok_or_else(|| ExplainError::Class { class: class.into(), classes: classes.to_vec() })
    }
}

impl Hints for ExplainError {
    fn hints(&self) -> Vec<Hint> {
        match self {
            ExplainError::Train(error) => error.hints(),
            ExplainError::Plan(error) => error.hints(),
            ExplainError::Model(error) => error.hints(),
            ExplainError::Gpu(error) => error.hints(),
            ExplainError::Class { class, classes } => vec![Hint::one_of(class, classes.clone())],
            ExplainError::Target { target, classes } => vec![Hint::one_of(target, classes.clone())],
            ExplainError::Channel { channels, .. } => {
                vec![Hint::advice(format!("a channel from 0 to {}", channels.saturating_sub(1)))]
            }
            ExplainError::Method { method } => {
                vec![Hint::one_of(method, super::METHODS.iter().map(|method| method.name))]
            }
            ExplainError::NoPixels { layer, layers, .. } => vec![Hint::one_of(layer, layers.clone())],
            ExplainError::NoLayer { .. } => vec![Hint::advice("occlusion or saliency, which look at the input alone")],
            ExplainError::Window { height, width, .. } => {
                vec![Hint::advice(format!("a square of at most {} pixels a side", height.min(width)))]
            }
            ExplainError::Input { .. } | ExplainError::NotFinite => Vec::new(),
        }
    }
}
