//! How a trainer comes to be: weights from the seed or from elsewhere, or a checkpoint to go on from.

use lepton_kernels::op::Precision;

use super::cut::{self, Cut};
use super::error::TrainError;
use super::event::{Event, Verdict};
use super::features::Extractor;
use super::setup;
use super::trainer::{Body, Trainer};
use crate::checkpoint::{Checkpoint, NamedTensor};
use crate::config::{AugmentConfig, Freeze, HeadConfig, ParameterRule, RunConfig, UpdateConfig, Validation};
use crate::data::{Dataset, Split};
use crate::gpu::Gpu;
use crate::model::{Init, ModelSpec, Sample, WHITENED, starting_values};
use crate::optim::AdamW;
use crate::plan::{Buffer, Placed, Plan};
use crate::platform::Instant;
use crate::schedules::OneCycle;
use crate::session;
use crate::tasks;
use crate::weights::{Fit, Weights};

/// What hears of the work before the first step.
type Listener<'a> = &'a mut dyn FnMut(&Event) -> Result<(), TrainError>;

/// Weights that a run starts from.
struct From<'a> {
    weights: &'a Weights,
    /// Whether test images are looked at in the end.
    tests: bool,
    listen: Listener<'a>,
}

impl Trainer {
    /// A run from its start: weights from the seed, everything on the device.
    ///
    /// # Errors
    /// If data, model and configuration do not go together, or the device refuses the plan.
    pub fn new(gpu: &Gpu, data: &Dataset, model: ModelSpec, config: RunConfig) -> Result<Self, TrainError> {
        Self::begin(gpu, data, &model, config, None)
    }

    /// A run that starts from trained weights. Every parameter whose name and shape they have is taken from them, but for the
    /// head's where the classes are other ones: these start from the seed. Such a new head is trained alone first, as
    /// [`RunConfig::head`] says, on features that the other layers compute once. [`origin`](Self::origin) says what was
    /// taken. `listen` hears [`Event::Features`] and [`Event::Head`]; an error that it returns ends the work.
    ///
    /// # Errors
    /// As [`new`](Self::new), and if almost nothing of the weights fits the model.
    pub fn from_weights<V: Verdict>(
        gpu: &Gpu,
        data: &Dataset,
        model: ModelSpec,
        mut config: RunConfig,
        weights: &Weights,
        mut listen: impl FnMut(&Event) -> V,
    ) -> Result<Self, TrainError> {
        let mut listen = |event: &Event| listen(event).control().map(|_| ());
        let fitted = session::fitted(&model, data);
        if config.head.from.is_none() {
            let known = weights.head.clone().filter(|name| fitted.layers.iter().any(|layer| layer.name == *name));
            config.head.from = match known {
                Some(name) => Some(name),
                None => Cut::after(&fitted, &fit(&fitted, data, &config, weights)?.used)?,
            };
        }
        if !trains_head_first(&fitted, data, &config, weights)? {
            return Self::begin(gpu, data, &model, config, Some(From { weights, tests: true, listen: &mut listen }));
        }
        let tests = config.validation == Validation::Test;
        let from = From { weights, tests, listen: &mut listen };
        let first = Self::begin(gpu, data, &model, head_run(&config, data), Some(from))?.train_head(&mut listen)?;
        let with_head = Weights::of_checkpoint(&first.checkpoint()?)?;
        let from = From { weights: &with_head, tests: true, listen: &mut listen };
        let mut trainer = Self::begin(gpu, data, &model, config, Some(from))?;
        trainer.origin = first.origin;
        Ok(trainer)
    }

    /// Trains a head to the end, whatever the listener wants; its error ends it.
    fn train_head(mut self, listen: Listener) -> Result<Self, TrainError> {
        let begun = Instant::now();
        let steps = u64::from(self.config.epochs) * self.steps_per_epoch() as u64;
        self.fit(|_, event| {
            let Event::Epoch { epoch, global_step, train, validation, .. } = *event else { return Ok(()) };
            let seconds = begun.elapsed().as_secs_f64();
            listen(&Event::Head { epoch, step: global_step, steps, seconds, train, validation })
        })?;
        Ok(self)
    }

    /// A run continued from a checkpoint, under its configuration or one that goes further.
    ///
    /// # Errors
    /// As [`new`](Self::new), and if the data are not those that the run began with.
    pub fn resume(gpu: &Gpu, data: &Dataset, from: &Checkpoint, mut config: RunConfig) -> Result<Self, TrainError> {
        let data = tasks::of(&config.loss).restrict_to_normal(data, &mut config)?;
        let model = from.meta.model()?;
        let mut trainer = match config.freeze {
            Freeze::Body => {
                let (weights, listen) = (&Weights::of_checkpoint(from)?, &mut |_: &Event| Ok(()));
                Self::on_features(gpu, &data, &model, config, From { weights, tests: true, listen })?.0
            }
            _ => Self::build(gpu, &data, &model, config)?,
        };
        if trainer.data.by_name && !from.meta.data.by_name {
            // a run of a version that knew images by their pixels
            trainer.data = setup::fingerprint_of(&data, trainer.config(), &trainer.session.targets, true)?;
        }
        trainer.restore(from)?;
        Ok(trainer)
    }

    /// A run with its starting weights, from the seed or from elsewhere.
    fn begin(
        gpu: &Gpu,
        data: &Dataset,
        model: &ModelSpec,
        mut config: RunConfig,
        from: Option<From>,
    ) -> Result<Self, TrainError> {
        let data = tasks::of(&config.loss).restrict_to_normal(data, &mut config)?;
        let weights = from.as_ref().map(|from| from.weights);
        let (mut trainer, fit) = match (config.freeze, from) {
            (Freeze::Body, None) => return Err(TrainError::NothingToKeep),
            (Freeze::Body, Some(from)) => {
                let (trainer, fit) = Self::on_features(gpu, &data, model, config, from)?;
                (trainer, Some(fit))
            }
            (_, from) => {
                let trainer = Self::build(gpu, &data, model, config)?;
                let fit = from.map(|from| fit(trainer.model(), &data, trainer.config(), from.weights)).transpose()?;
                (trainer, fit)
            }
        };
        let start = Start { seed: trainer.config.seed, taken: weights.zip(fit.as_ref()) };
        let sample = trainer.first_images(&data)?;
        let plan = &trainer.session.plan;
        let mut words = vec![0f32; plan.arena_words];
        for parameter in &plan.parameters {
            let values = start.values(parameter, &sample);
            words[parameter.offset_words..][..values.len()].copy_from_slice(&values);
        }
        if trainer.config.update.averages() {
            trainer.session.program.write(Buffer::Averages, bytemuck::cast_slice(&words))?;
        }
        trainer.session.program.write_parameters(bytemuck::cast_slice(&words))?;
        // their running averages are worth more than those of the first batches
        let mut averages = trainer.session.plan.parameters.iter().filter(|p| p.name.ends_with(".running_mean"));
        trainer.state.given_averages =
            fit.as_ref().is_some_and(|fit| averages.any(|average| fit.used.contains(&average.name)));
        trainer.origin = fit;
        Ok(trainer)
    }

    /// A run whose body is frozen: its features are computed, and the trainer trains the head on them.
    fn on_features(
        gpu: &Gpu,
        data: &Dataset,
        model: &ModelSpec,
        mut config: RunConfig,
        from: From,
    ) -> Result<(Self, Fit), TrainError> {
        let train = data.train().ok_or_else(|| TrainError::no_training_images(data))?;
        let model = session::fitted(model, data);
        session::check_data(data, &model)?;
        config.check()?;
        config.normalize = session::normalize(model.input_kind(), config.normalize, train)?;
        tasks::of(&config.loss).check(&model, &config)?;
        let cut = Cut::of(&model, config.head.from.as_deref())?;
        let fit = fit(&model, data, &config, from.weights)?;
        let mut extractor = Extractor::new(gpu, &cut)?;
        let start = Start { seed: config.seed, taken: Some((from.weights, &fit)) };
        let images = 0..setup::learned_images(data, &config).min(WHITENED);
        let sample = sample(extractor.plan(), data, images, &model, &config)?;
        let tensors: Vec<NamedTensor> =
            extractor.plan().parameters.iter().map(|parameter| start.tensor(parameter, &sample)).collect();
        extractor.write(&tensors, &cut, &config)?;
        let test = data.test().filter(|_| from.tests);
        let features = extractor.features(data, &cut, &config, test, from.listen)?;
        drop(extractor);
        let mut trainer = Self::build(gpu, &features, &cut.head, config)?;
        trainer.data = setup::fingerprint_of(data, trainer.config(), &trainer.session.targets, false)?;
        trainer.model = model;
        trainer.body = Some(Body { tensors });
        Ok((trainer, fit))
    }
}

/// The training images of these numbers that weights start from; none where no weight does.
///
/// # Errors
/// [`TrainError::Source`] if one of them cannot be read.
pub(super) fn sample<'a>(
    plan: &Plan,
    data: &'a Dataset,
    images: impl Iterator<Item = usize>,
    model: &ModelSpec,
    config: &'a RunConfig,
) -> Result<Sample<'a>, TrainError> {
    let is_needed = plan.parameters.iter().any(|parameter| parameter.init == Init::Whitening);
    let images = match data.train().filter(|_| is_needed) {
        Some(train) => images.map(|image| train.example(image)).collect::<Result<_, _>>()?,
        None => Vec::new(),
    };
    Ok(Sample { images, size: model.input, normalize: &config.normalize })
}

/// Where parameters start.
struct Start<'a> {
    seed: u64,
    /// Weights, and which parameters are taken from them.
    taken: Option<(&'a Weights, &'a Fit)>,
}

impl Start<'_> {
    fn values(&self, parameter: &Placed, sample: &Sample) -> Vec<f32> {
        let Placed { name, shape, init, .. } = parameter;
        let taken = self.taken.filter(|(_, fit)| fit.used.contains(name));
        match taken.and_then(|(weights, _)| weights.tensor(name)) {
            Some(tensor) => bytemuck::pod_collect_to_vec(&tensor.data),
            None => starting_values(name, shape, *init, self.seed, sample),
        }
    }

    fn tensor(&self, parameter: &Placed, sample: &Sample) -> NamedTensor {
        let data = bytemuck::cast_slice(&self.values(parameter, sample)).to_vec();
        NamedTensor { name: parameter.name.clone(), shape: parameter.shape.sizes().to_vec(), data }
    }
}

/// Which of a model's parameters are taken from weights: the head's are where the outputs have the names that they had there.
fn fit(model: &ModelSpec, data: &Dataset, config: &RunConfig, weights: &Weights) -> Result<Fit, TrainError> {
    let task = tasks::of(&config.loss);
    let outputs = data.train().map_or(0, Split::targets);
    let others = task.names_outputs()
        && !weights.classes.is_empty()
        && weights.classes != task.output_names(&config.loss, data, outputs);
    let head = if others { cut::head_parameters(model, config.head.from.as_deref())? } else { Vec::new() };
    let parameters = cut::parameters(model)?;
    let fit = Fit::of(weights, &parameters, &head);
    fit.check(weights, &parameters, &model.name)?;
    Ok(fit)
}

/// Whether the head is trained on features first: it starts anew, and reads features.
fn trains_head_first(
    model: &ModelSpec,
    data: &Dataset,
    config: &RunConfig,
    weights: &Weights,
) -> Result<bool, TrainError> {
    let task = tasks::of(&config.loss);
    if config.freeze == Freeze::Body || config.head.steps == 0 || !(task.evaluates() && task.needs_labels()) {
        return Ok(false);
    }
    let fit = fit(model, data, config, weights)?;
    let head = cut::head_parameters(model, config.head.from.as_deref())?;
    let is_new = head.iter().any(|name| fit.anew.iter().any(|anew| anew.name == *name));
    match Cut::of(model, config.head.from.as_deref()) {
        Err(TrainError::NoHead { .. }) => Ok(false),
        cut => cut.map(|_| is_new),
    }
}

/// The configuration of the run that trains a head on features.
fn head_run(config: &RunConfig, data: &Dataset) -> RunConfig {
    let config = head_training(config.clone(), setup::learned_images(data, config));
    RunConfig { freeze: Freeze::Body, body_lr: None, steps: None, patience: None, ..config }
}

/// A configuration that trains a head as its [`HeadConfig`] says, on features of so many images.
pub(super) fn head_training(config: RunConfig, images: usize) -> RunConfig {
    let HeadConfig { steps, learning_rate, weight_decay, batch, .. } = config.head;
    let batch = batch.min(images.max(1));
    let epochs = (steps as usize).div_ceil(images.max(1).div_ceil(batch)) as u32;
    RunConfig {
        epochs,
        batch,
        learning_rate,
        schedule: OneCycle::default().into(),
        warmup: None,
        precision: Precision::F32,
        augment: AugmentConfig::default(),
        optimizer: AdamW { weight_decay, ..AdamW::default() }.into(),
        update: UpdateConfig::default(),
        ..config
    }
}

/// What surrounds the optimiser, with the rules that `freeze` and `body_lr` stand for before the run's own.
///
/// # Errors
/// If the model's layers do not fit together.
pub(super) fn update_of(model: &ModelSpec, config: &RunConfig) -> Result<UpdateConfig, TrainError> {
    let rule = |pattern: &str| ParameterRule { pattern: pattern.into(), ..ParameterRule::default() };
    let mut rules = Vec::new();
    if let Freeze::First(count) = config.freeze {
        let names = cut::first_parameters(model, count)?;
        rules.extend(names.iter().map(|name| ParameterRule { frozen: Some(true), ..rule(name) }));
    }
    if let (Some(factor), false) = (config.body_lr, config.freeze == Freeze::Body) {
        rules.push(ParameterRule { lr: Some(factor), ..rule("*") });
        let head = cut::head_parameters(model, config.head.from.as_deref())?;
        rules.extend(head.iter().map(|name| ParameterRule { lr: Some(1.0), ..rule(name) }));
    }
    rules.extend(config.update.parameters.iter().cloned());
    Ok(UpdateConfig { parameters: rules, ..config.update.clone() })
}
