//! What a plan is made from.

use lepton_kernels::op::Target;
use lepton_kernels::target::Family;

use super::{Explain, Input};
use crate::config::{LossConfig, OptimizerConfig, UpdateConfig};

/// What a plan is made from, beside the model.
#[derive(Clone, Debug)]
pub struct Request {
    /// Images in a batch.
    pub batch: usize,
    /// Images of the data set that stays on the device.
    pub images: usize,
    /// Images of the window that the device holds instead of the data set, where these are streamed.
    pub window: Option<usize>,
    /// What the outputs are compared with, and how.
    pub loss: LossConfig,
    /// How images are read.
    pub input: Input,
    /// How the model is trained, if it is.
    pub training: Option<Training>,
    /// Whether it is evaluated.
    pub evaluate: bool,
    /// Whether evaluation records what metrics are counted from, of each image.
    pub record_predictions: bool,
    /// Whether outputs are asked for without targets.
    pub predict: bool,
    /// Which gradients in inference are asked for, if any.
    pub explain: Option<Explain>,
    /// Which kernels suit the adapter.
    pub target: Target,
    /// What the adapter can bind and run.
    pub limits: Limits,
    /// Whether the graph is [rewritten](super::REWRITES). Without it the numbers are the same, within rounding.
    pub fuse: bool,
}

/// Batches in a window begin at a multiple of so many images, so that all of them begin at a whole word.
pub const WINDOW_ALIGN: usize = 4;

/// How parameters are updated.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Training {
    /// How parameters are updated from their gradients.
    pub optimizer: OptimizerConfig,
    /// Accumulation, clipping, averages and rules for single parameters.
    pub update: UpdateConfig,
}

impl Request {
    /// Training with the default optimiser and loss, evaluation and prediction, in f32 on any WebGPU adapter.
    pub fn new(batch: usize, images: usize) -> Self {
        Request {
            batch,
            images,
            window: None,
            loss: LossConfig::default(),
            input: Input::default(),
            training: Some(Training::default()),
            evaluate: true,
            record_predictions: false,
            predict: true,
            explain: None,
            target: Target::f32(Family::Simt),
            limits: Limits::WEBGPU,
            fuse: true,
        }
    }

    /// A request for prediction alone, without targets or training.
    pub fn prediction(batch: usize, loss: &LossConfig) -> Self {
        Request { loss: loss.clone(), training: None, evaluate: false, ..Request::new(batch, batch) }
    }

    /// Evaluation alone, with what metrics are counted from.
    pub fn evaluation(batch: usize, images: usize, loss: &LossConfig) -> Self {
        let loss = loss.clone();
        Request { loss, training: None, record_predictions: true, predict: false, ..Request::new(batch, images) }
    }

    /// Outputs and their gradients alone, for inputs that are given as the model reads them.
    pub fn explanation(batch: usize, loss: &LossConfig, explain: Explain) -> Self {
        Request { predict: false, explain: Some(explain), ..Request::prediction(batch, loss) }
    }

    /// How many images of the data set, of so many bytes each, one binding holds. Of a window it is a whole number of words, since
    /// any batch of it may be written by itself.
    pub(super) fn images_in_a_part(&self, image_bytes: usize) -> usize {
        let limit = self.limits.binding_bytes.min(self.limits.buffer_bytes);
        let images = usize::try_from(limit / image_bytes as u64).unwrap_or(usize::MAX);
        let aligned = if self.window.is_some() { images - images % WINDOW_ALIGN } else { images };
        aligned.max(1)
    }
}

/// Limits of an adapter that a plan must keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one storage binding.
    pub binding_bytes: u64,
    /// Bytes of one buffer.
    pub buffer_bytes: u64,
    /// Loop iterations of one invocation, where a driver stops silently.
    pub iterations: Option<u64>,
}

impl Limits {
    /// What every WebGPU adapter promises.
    pub const WEBGPU: Limits = Limits { binding_bytes: 128 << 20, buffer_bytes: 256 << 20, iterations: None };
}
