//! What is different about a run that trains a generator and a discriminator in turn: two losses instead of answers that are
//! right or wrong, nothing to validate, and images to look at after each epoch.

use super::error::TrainError;
use super::event::{AdversarialLosses, Metrics};
use super::sampler::{SHEET, Samples, draw};
use super::trainer::Trainer;
use crate::config::{NormalizeConfig, RunConfig, ScheduleConfig, Validation};
use crate::model::ModelSpec;

impl Metrics {
    /// With the names of two losses: `loss` is the discriminator's.
    pub(super) fn with_generator(self, g_loss: f64) -> Self {
        Metrics { adversarial: Some(AdversarialLosses { d_loss: self.loss, g_loss }), ..self }
    }
}

/// Refuses what such a run cannot have, and pixels that its generator cannot make.
///
/// # Errors
/// [`TrainError::Mismatch`].
pub(super) fn check(model: &ModelSpec, config: &RunConfig) -> Result<(), TrainError> {
    let Some(generator) = &model.generator else { return Ok(()) };
    let refused = [
        (config.validation != Validation::None, "--val-split", "there is no answer to validate"),
        (config.split_seed.is_some(), "--split-seed", "nothing is held out"),
        (
            matches!(config.schedule, ScheduleConfig::Plateau { .. }),
            "--schedule plateau",
            "neither of its losses says how far it is",
        ),
        (config.augment.mixes(), "--augment with mixup or cutmix", "a mixed image is not a real one"),
    ];
    if let Some((_, flag, why)) = refused.into_iter().find(|(asked, ..)| *asked) {
        let name = &model.name;
        return Err(TrainError::Mismatch(format!(
            "{flag} does not go with model `{name}`, which has a generator: {why}\n  try: without it"
        )));
    }
    match generator.range() {
        Some(range) => check_range(range, &config.normalize, model.input[2]),
        None => Ok(()),
    }
}

/// Checks that a generator can make what pixels become.
fn check_range([least, most]: [f32; 2], normalize: &NormalizeConfig, channels: usize) -> Result<(), TrainError> {
    let norm: Vec<f32> = bytemuck::pod_collect_to_vec(&normalize.bytes(channels));
    let ends = |c: usize| [0.0, 1.0].map(|pixel| (pixel - norm[c]) / norm[channels + c]);
    match (0..channels).map(ends).find(|[low, high]| *low < least - 1e-3 || *high > most + 1e-3) {
        None => Ok(()),
        Some([low, high]) => Err(TrainError::Mismatch(format!(
            "pixels go from {low:.2} to {high:.2} after --normalize, and the generator's last layer gives {least} to {most}\n  try: --normalize {}",
            if least < 0.0 { "0.5:0.5" } else { "none" }
        ))),
    }
}

impl Trainer {
    /// The images that the generator made after the last epoch, if the run has one.
    pub fn samples(&self) -> Option<&Samples> {
        self.samples.as_ref()
    }

    /// Draws the sheet of an epoch: always of the same noise.
    pub(super) fn draw_samples(&mut self) -> Result<(), TrainError> {
        let (shape, seed) = (self.model.input, self.config.seed);
        let range = [0, SHEET];
        self.samples = Some(draw(&mut self.program, &self.plan, shape, &self.config.normalize, seed, range)?);
        Ok(())
    }
}
