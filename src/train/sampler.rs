//! Images that a trained generator makes.

use super::error::TrainError;
use crate::checkpoint::Checkpoint;
use crate::gpu::{Gpu, Program};
use crate::plan::{Plan, Request};
use crate::tasks::{SHEET, Samples, check_samples, draw};

/// Draws images `first .. first + count` of a checkpoint's generator: the same each time.
///
/// # Errors
/// [`TaskError`](crate::tasks::TaskError) if the model has no generator, or no image of such a number; otherwise what the
/// plan, the checkpoint or the device refuses.
pub fn sample(gpu: &Gpu, checkpoint: &Checkpoint, first: usize, count: usize) -> Result<Samples, TrainError> {
    let model = checkpoint.meta.model()?;
    check_samples(&model, first, count)?;
    let config = &checkpoint.meta.config;
    let plan = Plan::compile(
        &model,
        &Request { target: gpu.target(), limits: gpu.limits(), ..Request::prediction(SHEET, &config.loss) },
    )?;
    checkpoint.check_parameters(&plan.parameters)?;
    let mut program = Program::trusted(gpu, &plan)?;
    program.write_parameters(&checkpoint.weights(&plan.parameters, plan.arena_words)?)?;
    Ok(draw(&mut program, &plan, model.input, &config.normalize, config.seed, [first, count])?)
}
