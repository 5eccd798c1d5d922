//! Images that a generator makes: of a run while it trains, and of its checkpoint.

use lepton_kernels::{Step, random};

use super::batches::SAMPLES;
use super::error::TrainError;
use crate::checkpoint::Checkpoint;
use crate::config::{NormalizeConfig, OptimizerConfig, UpdateConfig};
use crate::gpu::{Gpu, Program};
use crate::plan::{Buffer, Goal, Input, Plan, Request, Resident};

/// Images that a run draws after each epoch.
pub const SHEET: usize = 64;

/// A generator's images.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Samples {
    /// Pixels `[count, h, w, c]`, from 0 to 255 as in the data.
    pub pixels: Vec<u8>,
    /// Size of an image.
    pub shape: [usize; 3],
}

/// Draws images `first .. first + count` of a run with this seed: the same noise each time, and image number 70 does not
/// depend on how many are drawn at once. Batch norm uses its running averages.
pub(super) fn draw(
    program: &mut Program,
    plan: &Plan,
    shape: [usize; 3],
    normalize: &NormalizeConfig,
    seed: u64,
    [first, count]: [usize; 2],
) -> Result<Samples, TrainError> {
    let size: usize = shape.iter().product();
    let mut pixels = Vec::with_capacity(count * size);
    for done in (0..count).step_by(plan.batch) {
        let rows = plan.batch.min(count - done);
        let (batch_start, batch_length) = ((first + done) as u32, rows as u32);
        let noise_key = random::key(seed, SAMPLES, 0);
        let step = Step { batch_start, batch_length, range_length: batch_length, noise_key, ..Step::default() };
        program.run(Goal::Predict, &mut [step])?;
        let bytes = program.read(Buffer::Resident(Resident::Logits), 0, (rows * size * 4) as u64)?;
        let values: Vec<f32> = bytemuck::pod_collect_to_vec(&bytes);
        pixels.extend(normalize.pixels(&values, shape[2]));
    }
    Ok(Samples { pixels, shape })
}

/// Draws images `first .. first + count` of a checkpoint's generator.
///
/// # Errors
/// [`TrainError`].
pub fn sample(gpu: &Gpu, checkpoint: &Checkpoint, first: usize, count: usize) -> Result<Samples, TrainError> {
    let model = checkpoint.meta.model()?;
    if model.generator.is_none() {
        return Err(TrainError::Mismatch(format!("model `{}` has no generator to draw images with", model.name)));
    }
    let width = model.generator.as_ref().map_or(0, |generator| generator.noise);
    let last = first.checked_add(count).and_then(|end| end.checked_mul(width));
    if last.is_none_or(|numbers| numbers as u64 > 1 << 32) {
        let most = (1u64 << 32) / width as u64 - count as u64;
        return Err(TrainError::Mismatch(format!(
            "there is no image number {first}\n  try: --from {most}, the last ones"
        )));
    }
    let config = &checkpoint.meta.config;
    let plan = Plan::compile(&Request {
        model: &model,
        batch: SHEET,
        images: SHEET,
        loss: &config.loss,
        keep: false,
        input: Input::default(),
        optimizer: &OptimizerConfig::default(),
        update: &UpdateConfig::default(),
        target: gpu.target(),
        limits: gpu.limits(),
        goals: &[Goal::Predict],
        fuse: true,
    })?;
    checkpoint.check_plan(&plan)?;
    let mut program = Program::new(gpu, &plan)?;
    program.write_parameters(&checkpoint.weights(&plan.parameters, plan.arena_words)?)?;
    draw(&mut program, &plan, model.input, &config.normalize, config.seed, [first, count])
}
