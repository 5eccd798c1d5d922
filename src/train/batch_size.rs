//! The largest batch that an adapter can train.

use super::error::TrainError;
use crate::config::RunConfig;
use crate::data::Dataset;
use crate::gpu::Gpu;
use crate::model::ModelSpec;
use crate::plan::{Goal, Plan, PlanError, Request};

/// A batch that fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fit {
    /// Images of the batch.
    pub batch: usize,
    /// Bytes of its plan.
    pub bytes: u64,
    /// Whether a larger one may fit too, and the training images are too few for it.
    pub few_images: bool,
}

/// The largest batch, a power of two, whose plan keeps the adapter's limits and whose buffers it can allocate all at
/// once; not larger than the training images need. The data set is counted in.
///
/// # Errors
/// If not even one image fits.
pub fn largest_batch(gpu: &Gpu, data: &Dataset, model: &ModelSpec, config: &RunConfig) -> Result<Fit, TrainError> {
    let count = |split: &Option<crate::data::Split>| split.as_ref().map_or(0, |s| s.count);
    let train = config.limit.map_or(count(&data.train), |limit| limit.min(count(&data.train)));
    let compile = |batch: usize| {
        Plan::compile(&Request {
            model,
            batch,
            images: train + count(&data.test),
            optimizer: &config.optimizer,
            target: gpu.target_in(config.precision)?,
            limits: gpu.limits(),
            goals: &[Goal::Train, Goal::Evaluate],
            fuse: config.fuse,
        })
        .map_err(TrainError::from)
    };
    let most = (1 << train.max(1).ilog2()).min(LARGEST);
    let mut batch = 1;
    let mut best = compile(batch)?;
    // limits first: they cost no memory to find out
    while batch < most {
        match compile(2 * batch) {
            Ok(plan) => (batch, best) = (2 * batch, plan),
            Err(TrainError::Plan(PlanError::TooLarge { .. } | PlanError::TooLong { .. })) => break,
            Err(other) => return Err(other),
        }
    }
    while batch > 1 && !gpu.can_allocate(&best.buffers)? {
        batch /= 2;
        best = compile(batch)?;
    }
    Ok(Fit { batch, bytes: best.bytes(), few_images: batch == most })
}

/// The largest batch that a run can have.
const LARGEST: usize = 65_536;
