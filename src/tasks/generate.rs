//! Images of noise: a generator and a discriminator that are trained in turn. There are two losses instead of answers that are
//! right or wrong, nothing to validate, and images to look at after each epoch.

use lepton_kernels::{Step, random};

use super::{Splits, Task, TaskError, targets};
use crate::config::{LossConfig, NormalizeConfig, RunConfig, TargetKind, Validation};
use crate::data::Dataset;
use crate::gpu::{GpuError, Program};
use crate::metrics::{AdversarialLosses, Answers, Criterion, Metrics, Totals};
use crate::model::ModelSpec;
use crate::plan::{Buffer, Goal, Plan};
use crate::session::{SAMPLES, Session, Targets};

/// Makes images of noise.
#[derive(Debug)]
pub(super) struct Generate;

/// Images that a run draws after each epoch.
pub const SHEET: usize = 64;

/// A generator's images.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Samples {
    /// Pixels `[count, h, w, c]`, from 0 to 255 as in the data.
    pub pixels: Vec<u8>,
    /// Size of an image, `[h, w, c]`.
    pub shape: [usize; 3],
}

impl Task for Generate {
    fn name(&self) -> &'static str {
        "generate"
    }

    fn targets(&self) -> &'static [TargetKind] {
        &[TargetKind::Nothing]
    }

    /// Refuses what such a run cannot have, and pixels that its generator cannot make.
    fn check(&self, model: &ModelSpec, config: &RunConfig) -> Result<(), TaskError> {
        let Some(generator) = &model.generator else { return Ok(()) };
        let plateau = config.schedule.patience().is_some();
        let refused = [
            (config.validation != Validation::None, "validation", "a GAN has no validation metric"),
            (config.split_seed.is_some(), "split_seed", "nothing is held out"),
            (plateau, "schedule", "neither of its losses measures progress"),
            (config.augment.mixes(), "augment", "an image mixed by mixup or cutmix is not a real one"),
        ];
        if let Some((_, key, why)) = refused.into_iter().find(|(asked, ..)| *asked) {
            return Err(TaskError::Refused { model: model.name.clone(), key, why });
        }
        match generator.range() {
            Some(range) => check_range(range, &config.normalize, model.input[2]),
            None => Ok(()),
        }
    }

    fn read_targets(&self, _config: &RunConfig, _data: &Dataset, splits: &Splits) -> Result<Targets, TaskError> {
        Ok(Targets { labels: targets::labels(splits), ..Targets::default() })
    }

    /// Those of the classes: outputs are pixels and need none.
    fn output_names(&self, _loss: &LossConfig, data: &Dataset, _outputs: usize) -> Vec<String> {
        data.classes().to_vec()
    }

    fn names_outputs(&self) -> bool {
        false
    }

    fn evaluates(&self) -> bool {
        false
    }

    fn needs_labels(&self) -> bool {
        false
    }

    /// Prediction is the generator alone.
    fn goals(&self) -> [Goal; 2] {
        [Goal::Train, Goal::Predict]
    }

    /// The record's second number is the generator's mean loss.
    fn count(&self, totals: &mut Totals, images: usize, second: f32) {
        totals.generator_loss_sum += f64::from(second) * images as f64;
    }

    fn metrics(&self, totals: &Totals) -> Metrics {
        let (d_loss, g_loss) = (totals.loss(), totals.mean(totals.generator_loss_sum));
        Metrics { loss: d_loss, adversarial: Some(AdversarialLosses { d_loss, g_loss }), ..Metrics::default() }
    }

    fn answers(&self, _session: &Session, _images: &[usize]) -> Result<Option<Answers>, GpuError> {
        Ok(None)
    }

    /// Neither loss says which epoch is best.
    fn criteria(&self, _outputs: usize, _normal: bool) -> Vec<Criterion> {
        Vec::new()
    }

    /// The sheet of an epoch, always of the same noise.
    fn draw(&self, session: &mut Session, model: &ModelSpec, config: &RunConfig) -> Result<Option<Samples>, GpuError> {
        let Session { program, plan, .. } = session;
        draw(program, plan, model.input, &config.normalize, config.seed, [0, SHEET]).map(Some)
    }

    fn check_answers(&self, model: &ModelSpec, _views: bool) -> Result<(), TaskError> {
        Err(TaskError::NoAnswers { model: model.name.clone() })
    }
}

/// Checks that a generator can make what pixels become.
fn check_range(range: [f32; 2], normalize: &NormalizeConfig, channels: usize) -> Result<(), TaskError> {
    let norm: Vec<f32> = bytemuck::pod_collect_to_vec(&normalize.bytes(channels));
    let ends = |c: usize| [0.0, 1.0].map(|pixel| (pixel - norm[c]) / norm[channels + c]);
    let outside = |[low, high]: &[f32; 2]| *low < range[0] - 1e-3 || *high > range[1] + 1e-3;
    match (0..channels).map(ends).find(outside) {
        None => Ok(()),
        Some(pixels) => Err(TaskError::PixelRange { pixels, range }),
    }
}

/// Draws images `first .. first + count` of a run with this seed: the same noise each time, and image number 70 does not
/// depend on how many are drawn at once. Batch norm uses its running averages.
///
/// # Errors
/// [`GpuError`] if the device is lost.
pub(crate) fn draw(
    program: &mut Program,
    plan: &Plan,
    shape: [usize; 3],
    normalize: &NormalizeConfig,
    seed: u64,
    [first, count]: [usize; 2],
) -> Result<Samples, GpuError> {
    let size: usize = shape.iter().product();
    let mut pixels = Vec::with_capacity(count * size);
    for done in (0..count).step_by(plan.batch) {
        let rows = plan.batch.min(count - done);
        let (batch_start, batch_length) = ((first + done) as u32, rows as u32);
        let noise_key = random::key(seed, SAMPLES, 0);
        let step = Step { batch_start, batch_length, range_length: batch_length, noise_key, ..Step::default() };
        program.run(Goal::Predict, &mut [step])?;
        let bytes = program.read(Buffer::Logits, 0, (rows * size * 4) as u64)?;
        let values: Vec<f32> = bytemuck::pod_collect_to_vec(&bytes);
        pixels.extend(normalize.pixels(&values, shape[2]));
    }
    Ok(Samples { pixels, shape })
}

/// Checks that a model has a generator that can draw images `first .. first + count`.
///
/// # Errors
/// [`TaskError`] if it has none, or if there is no noise for so large a number.
pub(crate) fn check_samples(model: &ModelSpec, first: usize, count: usize) -> Result<(), TaskError> {
    let Some(generator) = &model.generator else {
        return Err(TaskError::NoGenerator { model: model.name.clone() });
    };
    let last = first.checked_add(count).and_then(|end| end.checked_mul(generator.noise));
    if last.is_some_and(|numbers| numbers as u64 <= NOISE) {
        return Ok(());
    }
    Err(TaskError::NoSuchSample { first, last: NOISE / generator.noise as u64 - count as u64 })
}

/// Random numbers that a run's noise for samples has.
const NOISE: u64 = 1 << 32;
