//! A run before its first step: which images it learns from, its plan, and everything that the device must hold.

use std::borrow::Cow;

use super::error::{TrainError, fingerprint};
use super::looks::Place;
use super::start::update_of;
use crate::checkpoint::DatasetFingerprint;
use crate::config::{RunConfig, TargetKind, TargetsConfig, Validation};
use crate::data::{self, Dataset, Split};
use crate::gpu::{Gpu, Program};
use crate::metrics::Examined;
use crate::model::ModelSpec;
use crate::plan::{Goal, Input, Plan, Request, Training};
use crate::session::{self, Images, Range, Sampler, Session, images_of};
use crate::tasks;

/// A run on a device, without weights.
pub(super) struct Setup {
    pub session: Session,
    /// The model with the numbers that it leaves to the data.
    pub model: ModelSpec,
    /// The configuration with the statistics of the data where it asks for them.
    pub config: RunConfig,
    /// Names of what the model gives.
    pub outputs: Vec<String>,
    pub data: DatasetFingerprint,
}

impl Setup {
    /// Checks that data, model and configuration go together, compiles the plan and uploads the data.
    pub fn new(gpu: &Gpu, data: &Dataset, model: &ModelSpec, mut config: RunConfig) -> Result<Self, TrainError> {
        let task = tasks::of(&config.loss);
        let train = data.train().ok_or_else(|| TrainError::no_training_images(data))?;
        let model = session::fitted(model, data);
        session::check_data(data, &model)?;
        config.check()?;
        config.normalize = session::normalize(model.input_kind(), config.normalize, train)?;
        task.check(&model, &config)?;
        let order = order(data, &config)?;
        if !config.targets.is_given() && config.loss.target_kind() != TargetKind::Numbers {
            return Err(tasks::TaskError::TargetsNeedNumbers { loss: config.loss.name() }.into());
        }
        config.targets = scaled(train, &order, config.targets);
        let splits = splits(data, &config);
        let targets = task.read_targets(&config, data, &splits)?;
        let plan = compile(gpu, data, &model, &config, config.batch)?;
        tasks::check_width(&targets, data, &plan)?;
        if plan.parameters.is_empty() {
            return Err(TrainError::NothingToLearn { model: model.name });
        }
        task.check_classes(&config.loss, data, &model, plan.classes)?;
        let order = order.with_least(plan.least_images);
        check_batches(&order, &plan)?;
        let program = Program::trusted(gpu, &plan)?;
        session::write_norm(&program, &model, &config)?;
        let outputs = task.output_names(&config.loss, data, plan.classes);
        let fingerprint = fingerprint_of(data, &config, &targets, false)?;
        let session = Session::new(program, plan, order, targets, &splits)?;
        Ok(Setup { session, model, config, outputs, data: fingerprint })
    }
}

/// The scaling of numbers with the statistics of those that are learned.
fn scaled(train: &Split, order: &Sampler, targets: TargetsConfig) -> TargetsConfig {
    let Some(values) = train.values() else { return targets };
    let learned = images_of(order, &order.train);
    let rows = learned.iter().flat_map(|i| &values.data[i * values.width..][..values.width]).copied();
    targets.resolved(values.width, &rows.collect::<Vec<f32>>())
}

/// Refuses batches that a batch norm over features cannot normalise.
fn check_batches(order: &Sampler, plan: &Plan) -> Result<(), TrainError> {
    let batches = order.training_batches(plan.batch);
    if batches.are_too_small() {
        return Err(TrainError::OneValue { batch: plan.batch, images: order.train.length });
    }
    Ok(())
}

/// Tells these data with these targets from others.
///
/// # Errors
/// [`TrainError::Source`] if they are streamed, and one of them cannot be read.
pub(super) fn fingerprint_of(
    data: &Dataset,
    config: &RunConfig,
    targets: &session::Targets,
    by_pixels: bool,
) -> Result<DatasetFingerprint, TrainError> {
    let splits = splits(data, config);
    let count = |split: Option<&Split>| split.map_or(0, Split::len);
    Ok(fingerprint(count(data.train()), count(data.test()), &splits, targets, by_pixels)?)
}

/// The images that validate an epoch.
pub(super) fn validation_range(order: &Sampler, config: &RunConfig) -> Option<Range> {
    match config.validation {
        Validation::Test => order.test,
        Validation::None | Validation::Fraction(_) => order.held_out,
    }
}

/// Where no images validate and none test, so many training images are looked at in the end, at the most.
const LOOKED_AT: usize = 2000;

/// The images that say what a run is worth: those that validate it, else the test images, else the first of those that it learned.
pub(super) fn looked_at(order: &Sampler, config: &RunConfig) -> (Examined, Range) {
    let first = Range { length: order.train.length.min(LOOKED_AT), ..order.train };
    match (validation_range(order, config), order.test) {
        (Some(range), _) if config.validation != Validation::Test => (Examined::Validation, range),
        (_, Some(range)) => (Examined::Test, range),
        (_, None) => (Examined::Training, first),
    }
}

/// Where these images of a device are in their data set: the split that has them there, and their numbers in it.
pub(super) fn places(order: &Sampler, images: &[usize]) -> Vec<Place> {
    let learned = if order.train.split_over > 0 { order.train.split_over } else { order.train.length };
    let test = order.test.map_or(usize::MAX, |test| test.start);
    let place = |&image: &usize| match image {
        _ if image < learned => Place { split: Examined::Training, index: image },
        _ if image < test => Place { split: Examined::Validation, index: image - learned },
        _ => Place { split: Examined::Test, index: image - test },
    };
    images.iter().map(place).collect()
}

/// Which images are learned, which validate, which test.
pub(super) fn order(data: &Dataset, config: &RunConfig) -> Result<Sampler, TrainError> {
    let count = learned_images(data, config);
    if !tasks::of(&config.loss).evaluates() {
        return Ok(Sampler::new(config.seed, count, 0, 0.0));
    }
    let (test, own) = (data.test(), data.validation());
    let held_out = held_out_share(data, config);
    if held_out > 0.0 && (count as f64 * held_out).round() < 1.0 {
        return Err(TrainError::NothingHeldOut { share: held_out, images: count });
    }
    let order = Sampler::new(config.seed, count, test.map_or(0, Split::len), held_out)
        .with_split_seed(config.split_seed())
        .with_validation(own.map_or(0, Split::len));
    if config.validation == Validation::Test && order.test.is_none() {
        return Err(TrainError::NoTestImages { data: data.name().to_string() });
    }
    if order.train.length == 0 {
        return Err(TrainError::NothingLeft { share: held_out, images: count });
    }
    Ok(order)
}

/// The share of the training images that a configuration holds out; nothing where the data have validation images of their own, or were
/// read with as many as could be drawn.
fn held_out_share(data: &Dataset, config: &RunConfig) -> f64 {
    match config.validation {
        Validation::Fraction(share) if data.validation().is_none() && !data.has_drawn_validation() => share,
        _ => 0.0,
    }
}

/// How many of the training images of a run validate it, where the data have no validation images of their own and the run learns
/// all classes.
pub fn held_out_images(data: &Dataset, config: &RunConfig) -> usize {
    // of normal classes alone, how many there are is not known before
    if !tasks::of(&config.loss).evaluates() || !config.normal.is_empty() {
        return 0;
    }
    let learned = learned_images(data, config);
    Sampler::new(config.seed, learned, 0, held_out_share(data, config)).held_out.map_or(0, |range| range.length)
}

/// A run's data with the training images that it held out as validation images, where it has neither those nor test images of its
/// own: what may be looked at to see what the run has learned. An autoencoder that learned only some classes is looked at on all.
///
/// # Errors
/// If the data are not as large as they were.
pub fn with_held_out(data: Dataset, config: &RunConfig) -> Result<Dataset, TrainError> {
    let fraction = matches!(config.validation, Validation::Fraction(_)) && config.normal.is_empty();
    if !fraction || data.test().is_some() || data.validation().is_some() {
        return Ok(data);
    }
    let Some(train) = data.train() else { return Ok(data) };
    let order = order(&data, config)?;
    let Some(range) = order.held_out else { return Ok(data) };
    let held_out = train.select(&images_of(&order, &range));
    Ok(data.with_validation(held_out)?)
}

/// Checks that the training images that a run would hold out of these data, if it holds some out, are those that it did:
/// which these are follows from the list of all. Of other data it learned most of them.
///
/// # Errors
/// [`TrainError::HeldOutUnknown`], and [`TrainError::Source`] if the images are streamed and one of them cannot be read.
pub fn check_held_out(data: &Dataset, config: &RunConfig, began_with: &DatasetFingerprint) -> Result<(), TrainError> {
    let is_drawn = data.has_drawn_validation() && data.validation().is_some();
    let draws = is_drawn || held_out_share(data, config) > 0.0;
    if !draws || !tasks::of(&config.loss).evaluates() {
        return Ok(());
    }
    match check_unchanged(data, config, began_with) {
        Err(TrainError::DataChanged { before, now }) => Err(TrainError::HeldOutUnknown { before, now }),
        checked => checked,
    }
}

/// Checks that a run began with these data.
///
/// # Errors
/// [`TrainError::DataChanged`], and [`TrainError::Source`] if the images are streamed and one of them cannot be read.
pub fn check_unchanged(data: &Dataset, config: &RunConfig, began_with: &DatasetFingerprint) -> Result<(), TrainError> {
    let (task, mut config) = (tasks::of(&config.loss), config.clone());
    let data = task.restrict_to_normal(data, &mut config)?;
    let targets = task.read_targets(&config, &data, &splits(&data, &config))?;
    let (before, now) = (*began_with, fingerprint_of(&data, &config, &targets, !began_with.by_name)?);
    if before == now { Ok(()) } else { Err(TrainError::DataChanged { before, now }) }
}

/// The examples that validate each epoch of a run.
#[derive(Clone, Debug)]
pub struct Validating<'a> {
    data: Cow<'a, Dataset>,
    /// The split that they belong to: `training`, where some of it are held out, `validation` or `test`.
    pub part: &'static str,
    /// Their numbers in it.
    pub examples: Vec<usize>,
}

impl Validating<'_> {
    /// The split that they belong to.
    pub fn split(&self) -> &Split {
        let mut splits = self.data.splits().iter();
        splits.find(|(name, _)| *name == self.part).expect("they were taken from it").1
    }
}

/// The examples that validate each epoch of a run on these data; none where the run validates nothing.
///
/// # Errors
/// If the configuration does not go with the data.
pub fn validating<'a>(data: &'a Dataset, config: &RunConfig) -> Result<Option<Validating<'a>>, TrainError> {
    let (task, mut config) = (tasks::of(&config.loss), config.clone());
    if data.train().is_none() || !task.evaluates() {
        return Ok(None);
    }
    let data = task.restrict_to_normal(data, &mut config)?;
    let order = order(&data, &config)?;
    let count = |split: Option<&Split>| split.map_or(0, Split::len);
    let (part, examples) = match (config.validation, order.held_out) {
        (Validation::Test, _) => ("test", (0..count(data.test())).collect()),
        (_, None) => return Ok(None),
        (_, Some(range)) if data.validation().is_none() => ("training", images_of(&order, &range)),
        (_, Some(_)) => ("validation", (0..count(data.validation())).collect()),
    };
    Ok(Some(Validating { data, part, examples }))
}

/// The training images that a run learns, without those that it holds out.
///
/// # Errors
/// If there are none, or the configuration does not go with the data.
pub fn learned(data: &Dataset, config: &RunConfig) -> Result<Split, TrainError> {
    let (task, mut config) = (tasks::of(&config.loss), config.clone());
    let data = task.restrict_to_normal(data, &mut config)?;
    let order = order(&data, &config)?;
    let train = data.train().ok_or_else(|| TrainError::no_training_images(&data))?;
    Ok(train.select(&images_of(&order, &order.train)))
}

/// The images of a run in their order on the device, so many of each split: training, validation, test.
fn splits<'a>(data: &'a Dataset, config: &RunConfig) -> Vec<(&'a Split, usize)> {
    let learned = learned_images(data, config);
    let evaluates = tasks::of(&config.loss).evaluates();
    let others: &[_] = if evaluates { &[data.validation(), data.test()] } else { &[] };
    let others = others.iter().copied().flatten().map(|split| (split, split.len()));
    data.train().map(|train| (train, learned)).into_iter().chain(others).collect()
}

/// Training images of a run, before any are held out.
pub(super) fn learned_images(data: &Dataset, config: &RunConfig) -> usize {
    let there = data.train().map_or(0, Split::len);
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
    let task = tasks::of(&config.loss);
    let goals = task.goals();
    let model = &session::fitted(model, data);
    let images = Images::of(&splits);
    let window = images.window(batch, gpu.limits());
    images.check(window, batch)?;
    Ok(Plan::compile(
        model,
        &Request {
            loss: config.loss.clone(),
            input: read_as(data, config),
            training: Some(Training { optimizer: config.optimizer.clone(), update: update_of(model, config)? }),
            evaluate: goals.contains(&Goal::Evaluate),
            record_predictions: splits.len() > 1 || config.validation != Validation::None || task.always_records(),
            predict: goals.contains(&Goal::Predict),
            target: gpu.target_in(config.precision)?,
            limits: gpu.limits(),
            fuse: config.fuse,
            window: window.map(|window| window.images),
            ..Request::new(batch, splits.iter().map(|(_, count)| count).sum())
        },
    )?)
}

/// How examples are read in training: images as the run augments them, features in their versions.
fn read_as(data: &Dataset, config: &RunConfig) -> Input {
    match data.input() {
        data::Input::Features { versions, .. } => Input { versions, ..Input::default() },
        data::Input::Images { .. } | data::Input::Tokens { .. } => Input::augmented(&config.augment),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_split_follows_its_own_seed() {
        let data = Dataset::from_images([1, 1, 1], vec![0; 100], vec![0; 100], ["one"]).unwrap();
        let keys = |seed, split_seed| {
            let config = RunConfig { seed, split_seed, validation: Validation::Fraction(0.2), ..RunConfig::default() };
            let step = order(&data, &config).unwrap().training_step(0, 16, 0);
            assert_eq!(
                tasks::of(&config.loss).load_options(&config, &ModelSpec::open("linear").unwrap()).seed,
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
