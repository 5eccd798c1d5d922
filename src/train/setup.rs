//! A run before its first step: data, plan, program and starting weights.

use std::time::Instant;

use super::adversarial;
use super::batches::{Range, Sampler};
use super::error::{TrainError, check_fit, class_mismatch, fingerprint};
use super::normal::learned;
use super::schedule::Schedule;
use super::state::State;
use super::targets::{Targets, images_of, output_names};
use super::trainer::Trainer;
use super::updates::Updates;
use crate::checkpoint::Checkpoint;
use crate::config::{RunConfig, TargetKind, Validation};
use crate::data::{Dataset, Split};
use crate::gpu::{Gpu, GpuError, Program};
use crate::model::{ModelSpec, Sample, WHITENED, starting_values};
use crate::plan::{Buffer, Goal, Input, Plan, Request, Resident};

impl Trainer {
    /// A run from its start: weights from the seed, everything on the device.
    ///
    /// # Errors
    /// [`TrainError`].
    pub fn new(gpu: &Gpu, data: &Dataset, model: ModelSpec, mut config: RunConfig) -> Result<Self, TrainError> {
        let data = learned(data, &mut config)?;
        let trainer = Self::build(gpu, &data, model, config)?;
        let sample = sample(&data, &trainer);
        let mut words = vec![0f32; trainer.plan.arena_words];
        for parameter in &trainer.plan.parameters {
            let values =
                starting_values(&parameter.name, &parameter.shape, parameter.init, trainer.config.seed, &sample);
            words[parameter.offset_words..][..values.len()].copy_from_slice(&values);
        }
        if trainer.config.update.averages() {
            trainer.program.write(Buffer::Averages, bytemuck::cast_slice(&words))?;
        }
        trainer.program.write_parameters(bytemuck::cast_slice(&words))?;
        Ok(trainer)
    }

    /// A run continued from a checkpoint, under its configuration or one that goes further.
    ///
    /// # Errors
    /// [`TrainError`].
    pub fn resume(gpu: &Gpu, data: &Dataset, from: &Checkpoint, mut config: RunConfig) -> Result<Self, TrainError> {
        let data = learned(data, &mut config)?;
        let mut trainer = Self::build(gpu, &data, from.meta.model()?, config)?;
        trainer.restore(from)?;
        Ok(trainer)
    }

    fn build(gpu: &Gpu, data: &Dataset, model: ModelSpec, mut config: RunConfig) -> Result<Self, TrainError> {
        let begun = Instant::now();
        let train = data
            .train
            .as_ref()
            .ok_or_else(|| TrainError::Mismatch(format!("`{}` has no training images ({})", data.name, data.source)))?;
        let model = resolved(&model, data);
        check_fit(data, &model)?;
        config.update.check().map_err(TrainError::Mismatch)?;
        if model.tokens.is_none() {
            config.normalize = config.normalize.resolved(train).map_err(TrainError::Mismatch)?;
        }
        adversarial::check(&model, &config)?;
        let order = order(data, &config)?;
        let splits = splits(data, &config);
        let targets = Targets::new(&config.loss, &data.name, &splits)?.with_classes(data, &config.normal);
        let plan = compile(gpu, data, &model, &config, config.batch)?;
        targets.check_width(&data.name, &plan)?;
        if plan.parameters.is_empty() {
            return Err(TrainError::Mismatch(format!(
                "model `{}` has nothing to learn: none of its layers has parameters\n  try: a conv2d or linear layer",
                model.name
            )));
        }
        if config.loss.target_kind() == TargetKind::Label && plan.classes != data.classes.len() {
            return Err(class_mismatch(data, &model, plan.classes));
        }
        let program = Program::new(gpu, &plan)?;
        let images: Vec<&[u8]> =
            splits.iter().map(|(split, count)| &split.images[..count * split.image_len()]).collect();
        program.write_images(&images)?;
        targets.write(&program)?;
        write_norm(&program, &model, &config)?;
        let classes = output_names(&config.loss, data, plan.classes);
        let vocabulary = data.text.as_ref().map(|text| text.vocabulary.clone());
        let (state, steps) = (State::default(), Vec::with_capacity(64));
        let data = fingerprint(train.count, data.test.as_ref().map_or(0, |t| t.count), &images, &targets);
        let updates = Updates { batch: config.batch, accumulate: config.update.accumulate, images: order.train.length };
        let schedule = Schedule::new(&config, updates.count());
        let (within, pending, samples) = (0, 0, None);
        Ok(Trainer {
            program,
            plan,
            model,
            config,
            classes,
            vocabulary,
            order,
            schedule,
            targets,
            updates,
            data,
            state,
            begun,
            steps,
            within,
            pending,
            samples,
        })
    }
}

/// The first training images, without those that are held out.
fn sample<'a>(data: &'a Dataset, trainer: &'a Trainer) -> Sample<'a> {
    let range = trainer.order.train;
    let first = Range { length: range.length.min(WHITENED), ..range };
    let train = data.train.as_ref().into_iter();
    let images = train.flat_map(|train| images_of(&trainer.order, &first).into_iter().map(|i| train.image(i)));
    Sample { images: images.collect(), size: trainer.model.input, normalize: &trainer.config.normalize }
}

/// Which images are learned, which validate, which test.
fn order(data: &Dataset, config: &RunConfig) -> Result<Sampler, TrainError> {
    let count = learned_images(data, config);
    if config.loss.is_adversarial() {
        return Ok(Sampler::new(config.seed, count, 0, 0.0));
    }
    let (test, own) = (data.test.as_ref(), data.validation.as_ref());
    if own.is_none() && matches!(config.validation, Validation::Fraction(share) if (count as f64 * share).round() < 1.0)
    {
        return Err(TrainError::Mismatch(format!(
            "--val-split holds out no image of {count}\n  try: a larger --val-split, or a larger --limit"
        )));
    }
    let held_out = if own.is_none() { hold_out(config) } else { 0.0 };
    let order = Sampler::new(config.seed, count, test.map_or(0, |t| t.count), held_out)
        .with_split_seed(config.split_seed())
        .with_validation(own.map_or(0, |v| v.count));
    if config.validation == Validation::Test && order.test.is_none() {
        let message = format!("`{}` has no test images to validate on\n  try: --val-split 0.1", data.name);
        return Err(TrainError::Mismatch(message));
    }
    if order.train.length == 0 {
        return Err(TrainError::Mismatch(format!(
            "no training image is left of {count} after --val-split\n  try: a smaller --val-split, or a larger --limit"
        )));
    }
    Ok(order)
}

/// A run's data with the training images that it held out as validation images, where it has neither those nor test images of its
/// own: what may be looked at to see what the run has learned. An autoencoder that learned only some classes is looked at on all.
///
/// # Errors
/// [`TrainError::Mismatch`] if the data are not as large as they were.
pub fn with_held_out(mut data: Dataset, config: &RunConfig) -> Result<Dataset, TrainError> {
    let fraction = matches!(config.validation, Validation::Fraction(_)) && config.normal.is_empty();
    let Some(train) = data.train.as_ref().filter(|_| fraction && data.test.is_none() && data.validation.is_none())
    else {
        return Ok(data);
    };
    let order = order(&data, config)?;
    data.validation = order.held_out.map(|range| train.select(&images_of(&order, &range)));
    Ok(data)
}

/// The images of a run in their order on the device, so many of each split: training, validation, test.
fn splits<'a>(data: &'a Dataset, config: &RunConfig) -> Vec<(&'a Split, usize)> {
    let learned = learned_images(data, config);
    // two networks that are trained in turn are tested on nothing
    let others: &[_] = if config.loss.is_adversarial() { &[] } else { &[&data.validation, &data.test] };
    let others = others.iter().copied().flatten().map(|split| (split, split.count));
    data.train.iter().map(|train| (train, learned)).chain(others).collect()
}

/// The model with the numbers that it leaves to the data set: classes or values, and of texts length and vocabulary.
fn resolved(model: &ModelSpec, data: &Dataset) -> ModelSpec {
    let train = data.train.as_ref();
    let values = train.and_then(|train| train.values.as_ref());
    let model = model.for_classes(values.map_or(data.classes.len(), |values| values.width));
    match (&data.text, train) {
        (Some(text), Some(train)) => model.for_texts(train.width, text.vocabulary.len()),
        _ => model,
    }
}

/// Training images of a run, before any are held out.
pub(super) fn learned_images(data: &Dataset, config: &RunConfig) -> usize {
    let there = data.train.as_ref().map_or(0, |t| t.count);
    config.limit.map_or(there, |limit| limit.min(there))
}

/// The plan of a run with batches of so many images.
pub(super) fn compile(
    gpu: &Gpu,
    data: &Dataset,
    model: &ModelSpec,
    config: &RunConfig,
    batch: usize,
) -> Result<Plan, TrainError> {
    let splits = splits(data, config);
    let goals = [Goal::Train, if config.loss.is_adversarial() { Goal::Predict } else { Goal::Evaluate }];
    Ok(Plan::compile(&Request {
        model: &resolved(model, data),
        batch,
        images: splits.iter().map(|(_, count)| count).sum(),
        loss: &config.loss,
        keep: splits.len() > 1
            || config.validation != Validation::None
            || config.loss.target_kind() == TargetKind::Input,
        input: Input::augmented(&config.augment),
        optimizer: &config.optimizer,
        update: &config.update,
        target: gpu.target_in(config.precision)?,
        limits: gpu.limits(),
        goals: &goals,
        fuse: config.fuse,
    })?)
}

fn hold_out(config: &RunConfig) -> f64 {
    match config.validation {
        Validation::Fraction(fraction) => fraction,
        _ => 0.0,
    }
}

/// The run's normalisation of pixels; tokens have none.
pub(super) fn write_norm(program: &Program, model: &ModelSpec, config: &RunConfig) -> Result<(), GpuError> {
    match model.tokens {
        Some(_) => Ok(()),
        None => program.write(Buffer::Resident(Resident::Norm), &config.normalize.bytes(model.input[2])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_split_follows_its_own_seed() {
        let train = Split { count: 100, ..Split::default() };
        let data = Dataset { train: Some(train), ..Dataset::default() };
        let keys = |seed, split_seed| {
            let config = RunConfig { seed, split_seed, validation: Validation::Fraction(0.2), ..RunConfig::default() };
            let step = order(&data, &config).unwrap().training_step(0, 16, 0);
            assert_eq!(
                config.load_options([8, 8, 1]).seed,
                split_seed.unwrap_or(seed),
                "folders split while they are read"
            );
            (step.split_key, step.shuffle_key)
        };
        let (one, two) = (keys(1, Some(9)), keys(2, Some(9)));
        assert_eq!(one.0, two.0);
        assert_ne!(one.1, two.1, "the order follows the seed");
        assert_ne!(one.0, keys(1, Some(8)).0);
        assert_eq!(keys(9, None).0, one.0, "by itself it is the seed");
    }
}
