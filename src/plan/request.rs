//! What a plan is made from.

use lepton_kernels::op::Target;

use super::{Goal, Input};
use crate::config::{LossConfig, OptimizerConfig, UpdateConfig};
use crate::model::ModelSpec;

/// What a plan is made from.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The model.
    pub model: &'a ModelSpec,
    /// Images in a batch.
    pub batch: usize,
    /// Images of the data set that stays on the device.
    pub images: usize,
    /// The loss.
    pub loss: &'a LossConfig,
    /// Whether evaluation keeps what metrics are counted from.
    pub keep: bool,
    /// How images are read.
    pub input: Input,
    /// The optimiser.
    pub optimizer: &'a OptimizerConfig,
    /// What surrounds it.
    pub update: &'a UpdateConfig,
    /// Which kernels suit the adapter.
    pub target: Target,
    /// What the adapter can bind and run.
    pub limits: Limits,
    /// What it must be able to do; lists for other goals stay empty.
    pub goals: &'a [Goal],
    /// Whether ops are fused. Without it the numbers are the same, within rounding.
    pub fuse: bool,
}

impl Request<'_> {
    /// How many images of the data set one binding holds.
    pub(super) fn images_in_a_part(&self) -> usize {
        let bytes = self.model.input.iter().product::<usize>() as u64;
        let limit = self.limits.binding_bytes.min(self.limits.buffer_bytes);
        usize::try_from(limit / bytes).unwrap_or(usize::MAX).max(1)
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
