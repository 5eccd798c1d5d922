//! A run before its first step: data, plan, program and starting weights.

use std::time::Instant;

use super::batches::Order;
use super::error::{TrainError, check_fit, class_mismatch, data_print};
use super::state::State;
use super::trainer::Trainer;
use crate::checkpoint::Checkpoint;
use crate::config::{RunConfig, Validation};
use crate::data::Dataset;
use crate::gpu::{Gpu, GpuError, Program};
use crate::model::{ModelSpec, initial_values};
use crate::plan::{Buffer, Goal, Plan, Request, Resident};

impl<'gpu> Trainer<'gpu> {
    /// A run from its start: weights from the seed, everything on the device.
    ///
    /// # Errors
    /// [`TrainError`].
    pub fn new(gpu: &'gpu Gpu, data: &Dataset, model: ModelSpec, config: RunConfig) -> Result<Self, TrainError> {
        let trainer = Self::build(gpu, data, model, config)?;
        let mut words = vec![0f32; trainer.plan.arena_words];
        for parameter in &trainer.plan.parameters {
            let values = initial_values(&parameter.name, &parameter.shape, parameter.init, trainer.config.seed);
            words[parameter.offset_words..][..values.len()].copy_from_slice(&values);
        }
        trainer.program.write_parameters(bytemuck::cast_slice(&words))?;
        Ok(trainer)
    }

    /// A run continued from a checkpoint, under its configuration or one that goes further.
    ///
    /// # Errors
    /// [`TrainError`].
    pub fn resume(gpu: &'gpu Gpu, data: &Dataset, from: &Checkpoint, config: RunConfig) -> Result<Self, TrainError> {
        let mut trainer = Self::build(gpu, data, from.meta.model()?, config)?;
        trainer.restore(from)?;
        Ok(trainer)
    }

    fn build(gpu: &'gpu Gpu, data: &Dataset, model: ModelSpec, config: RunConfig) -> Result<Self, TrainError> {
        let begun = Instant::now();
        let train = data
            .train
            .as_ref()
            .ok_or_else(|| TrainError::Mismatch(format!("`{}` has no training images ({})", data.name, data.source)))?;
        let model = match &data.text {
            Some(text) => model.for_texts(train.width, text.vocabulary.len()),
            None => model,
        };
        check_fit(data, &model)?;
        let model = model.for_classes(data.classes.len());
        let count = config.limit.map_or(train.count, |limit| limit.min(train.count));
        let test = data.test.as_ref();
        if matches!(config.validation, Validation::Fraction(share) if (count as f64 * share).round() < 1.0) {
            return Err(TrainError::Mismatch(format!(
                "--val-split holds out no image of {count}\n  try: a larger --val-split, or a larger --limit"
            )));
        }
        let order = Order::new(config.seed, count, test.map_or(0, |t| t.count), hold_out(&config));
        if config.validation == Validation::Test && order.test.is_none() {
            let message = format!("`{}` has no test images to validate on\n  try: --val-split 0.1", data.name);
            return Err(TrainError::Mismatch(message));
        }
        if order.train.length == 0 {
            return Err(TrainError::Mismatch(format!(
                "no training image is left of {count} after --val-split\n  try: a smaller --val-split, or a larger --limit"
            )));
        }
        let request = Request {
            model: &model,
            batch: config.batch,
            images: count + test.map_or(0, |t| t.count),
            optimizer: &config.optimizer,
            target: gpu.target_in(config.precision)?,
            limits: gpu.limits(),
            goals: &[Goal::Train, Goal::Evaluate],
            fuse: config.fuse,
        };
        let plan = Plan::compile(&request)?;
        if plan.classes != data.classes.len() {
            return Err(class_mismatch(data, &model, plan.classes));
        }
        let program = Program::new(gpu, &plan)?;
        let images = [&train.images[..count * train.image_len()], test.map_or(&[], |t| &t.images)];
        let labels: Vec<u32> =
            train.labels[..count].iter().chain(test.map_or(&[][..], |t| &t.labels)).copied().collect();
        program.write_all(Buffer::Resident(Resident::Images), &images)?;
        program.write(Buffer::Resident(Resident::Labels), bytemuck::cast_slice(&labels))?;
        write_norm(&program, &model)?;
        let (classes, vocabulary) = (data.classes.clone(), data.text.as_ref().map(|text| text.vocabulary.clone()));
        let (state, steps) = (State::default(), Vec::with_capacity(64));
        let data = data_print(train.count, test.map_or(0, |t| t.count), &images, &labels);
        Ok(Trainer { program, plan, model, config, classes, vocabulary, order, data, state, begun, steps, pending: 0 })
    }
}

fn hold_out(config: &RunConfig) -> f64 {
    match config.validation {
        Validation::Fraction(fraction) => fraction,
        _ => 0.0,
    }
}

/// Mean 0 and deviation 1: pixels go from 0 to 1, as in Keras' examples. Tokens have none.
pub(super) fn write_norm(program: &Program, model: &ModelSpec) -> Result<(), GpuError> {
    match model.tokens {
        Some(_) => Ok(()),
        None => program.write(Buffer::Resident(Resident::Norm), &unit_norm(model.input[2])),
    }
}

fn unit_norm(channels: usize) -> Vec<u8> {
    let norm: Vec<f32> = (0..2 * channels).map(|i| if i < channels { 0.0 } else { 1.0 }).collect();
    bytemuck::cast_slice(&norm).to_vec()
}
