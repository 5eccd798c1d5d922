//! The largest batch that an adapter can train.

use super::error::TrainError;
use super::setup::{compile, learned_images};
use crate::config::RunConfig;
use crate::data::Dataset;
use crate::gpu::Gpu;
use crate::model::ModelSpec;
use crate::plan::PlanError;
use crate::tasks;

/// Why a batch is not larger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchBound {
    /// The next power of two does not fit on the device.
    Device,
    /// The next power of two is more than the training images.
    Images,
    /// No run has a larger batch.
    Largest,
}

/// A batch that fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LargestBatch {
    /// Images of the batch.
    pub batch: usize,
    /// Bytes of its plan.
    pub bytes: u64,
    /// Why it is not larger.
    pub bound: BatchBound,
}

/// The largest batch, a power of two, whose plan keeps the adapter's limits and whose buffers it can allocate all at
/// once; not larger than the training images need. The data set is counted in.
///
/// # Errors
/// If not even one image fits.
pub fn largest_batch(
    gpu: &Gpu,
    data: &Dataset,
    model: &ModelSpec,
    config: &RunConfig,
) -> Result<LargestBatch, TrainError> {
    let mut config = config.clone();
    let data = tasks::of(&config.loss).restrict_to_normal(data, &mut config)?;
    let data = &*data;
    let compile = |batch| compile(gpu, data, model, &config, batch);
    let most = (1 << learned_images(data, &config).max(1).ilog2()).min(LARGEST);
    let mut batch = 1;
    let mut best = compile(batch)?;
    // limits first: they cost no memory to find out
    while batch < most {
        match compile(2 * batch) {
            Ok(plan) => (batch, best) = (2 * batch, plan),
            Err(TrainError::Plan(
                PlanError::TooLarge { .. } | PlanError::TooLong { .. } | PlanError::Window { .. },
            )) => break,
            Err(other) => return Err(other),
        }
    }
    while batch > 1 && !gpu.can_allocate(&best.buffers)? {
        batch /= 2;
        best = compile(batch)?;
    }
    let bound = match batch {
        LARGEST => BatchBound::Largest,
        _ if batch == most => BatchBound::Images,
        _ => BatchBound::Device,
    };
    Ok(LargestBatch { batch, bytes: best.bytes(), bound })
}

/// The largest batch that a run can have.
const LARGEST: usize = 65_536;
