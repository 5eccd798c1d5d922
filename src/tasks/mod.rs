//! What a model is trained for. A task says which targets it needs, what evaluation records, what is measured from that, which
//! epoch is the best, what an answer is, and what it refuses. The training loop knows none of them.

mod classify;
mod error;
mod generate;
mod judging;
mod labels;
mod reconstruct;
mod regress;
mod targets;

use std::borrow::Cow;
use std::fmt::Debug;

use lepton_kernels::batch_views::View;

pub use error::TaskError;
pub use generate::{SHEET, Samples};
pub(crate) use generate::{check_samples, draw};
pub use judging::{Judging, Why};
pub(crate) use reconstruct::errors;
pub(crate) use targets::check_width;

use crate::checkpoint::State;
use crate::config::{LossConfig, RunConfig, TargetKind, Validation};
use crate::data::{Dataset, HoldOut, LoadOptions, Split};
use crate::gpu::GpuError;
use crate::losses::{Bce, Mse};
use crate::metrics::{Answers, Criterion, Measures, Metrics, Totals};
use crate::model::ModelSpec;
use crate::plan::{self, Goal};
use crate::session::{Range, Session, SessionError, Targets};

/// Every task, in the order in which the documentation lists them.
pub static TASKS: [&dyn Task; 5] =
    [&classify::Classify, &labels::Labels, &regress::Regress, &reconstruct::Reconstruct, &generate::Generate];

/// The task of a loss: the one that has its kind of targets.
///
/// # Panics
/// Never: a test checks that every kind of targets belongs to a task.
pub fn of(loss: &LossConfig) -> &'static dyn Task {
    of_targets(loss.target_kind())
}

fn of_targets(kind: TargetKind) -> &'static dyn Task {
    *TASKS.iter().find(|task| task.targets().contains(&kind)).expect("every kind of targets belongs to a task")
}

/// The loss that a model's layers are made for, where nothing else is known: it generates, gives an image like its input, or
/// gives numbers that are taken for classes.
pub fn loss_of_model(model: &ModelSpec) -> LossConfig {
    plan::default_loss(&model.for_classes(1))
}

/// The task that a model's layers are made for: that of [`loss_of_model`].
pub fn of_model(model: &ModelSpec) -> &'static dyn Task {
    of(&loss_of_model(model))
}

/// The loss that a model and its data ask for, where none is named: that of the model's layers if they can be trained in no
/// other way; cross entropy for classes, binary cross entropy for values that are all 0 or 1, mean squared error for others.
///
/// # Errors
/// [`TaskError::Ambiguous`] if the values may be a distribution over classes.
pub fn default_loss(model: &ModelSpec, data: &Dataset) -> Result<LossConfig, TaskError> {
    let of_layers = loss_of_model(model);
    if !of(&of_layers).needs_labels() {
        return Ok(of_layers);
    }
    let Some(values) = data.train().and_then(Split::values) else { return Ok(of_layers) };
    let rows = || values.data.chunks_exact(values.width.max(1));
    let shares = values.width > 1 && rows().all(|row| (row.iter().sum::<f32>() - 1.0).abs() < 1e-3);
    if shares && values.data.iter().all(|&value| value >= 0.0) {
        return Err(TaskError::Ambiguous { data: data.name().to_string(), width: values.width });
    }
    Ok(if values.are_labels() { Bce::default().into() } else { Mse::default().into() })
}

/// Splits on the device, with how many of their first images are there.
pub type Splits<'a> = [(&'a Split, usize)];

/// What a model is trained for.
pub trait Task: Debug + Sync {
    /// Its name in messages and tests, such as `classify`.
    fn name(&self) -> &'static str;

    /// The kinds of targets that its losses compare outputs with. A kind belongs to one task.
    fn targets(&self) -> &'static [TargetKind];

    /// Refuses what does not go with the task, before anything is uploaded or compiled.
    ///
    /// # Errors
    /// [`TaskError`] with the option and the reason.
    fn check(&self, _model: &ModelSpec, _config: &RunConfig) -> Result<(), TaskError> {
        Ok(())
    }

    /// The data that a run learns from, and the configuration with what was found in them: all of it, unless the
    /// configuration names normal classes.
    ///
    /// # Errors
    /// [`TaskError`] if classes are named and the task cannot learn some alone.
    fn restrict_to_normal<'a>(&self, data: &'a Dataset, config: &mut RunConfig) -> Result<Cow<'a, Dataset>, TaskError> {
        match (data.train(), config.normal.is_empty()) {
            (Some(train), false) => {
                Err(TaskError::NormalNeedsReconstruction { loss: config.loss.name(), values: train.values().is_some() })
            }
            _ => Ok(Cow::Borrowed(data)),
        }
    }

    /// The targets of splits of a data set, checked against what the loss takes.
    ///
    /// # Errors
    /// [`TaskError`] with the image and the number that do not fit.
    fn read_targets(&self, config: &RunConfig, data: &Dataset, splits: &Splits) -> Result<Targets, TaskError>;

    /// Checks that a model with so many outputs has one for each class of a data set.
    ///
    /// # Errors
    /// [`TaskError::Classes`] with both numbers.
    fn check_classes(
        &self,
        _loss: &LossConfig,
        _data: &Dataset,
        _model: &ModelSpec,
        _outputs: usize,
    ) -> Result<(), TaskError> {
        Ok(())
    }

    /// The names of a model's outputs.
    fn output_names(&self, loss: &LossConfig, data: &Dataset, outputs: usize) -> Vec<String>;

    /// Whether each output has a name.
    fn names_outputs(&self) -> bool {
        true
    }

    /// Whether a model can be looked at on images by itself: validated, tested and evaluated. Otherwise no image is held out.
    fn evaluates(&self) -> bool {
        true
    }

    /// Whether data without labels can be learned.
    fn needs_labels(&self) -> bool {
        true
    }

    /// Whether evaluation must record something of each image even where nothing is validated or tested.
    fn always_records(&self) -> bool {
        false
    }

    /// What training needs besides its steps.
    fn goals(&self) -> [Goal; 2] {
        [Goal::Train, Goal::Evaluate]
    }

    /// Adds the second number of a batch's record to the sums: the right answers.
    fn count(&self, totals: &mut Totals, _images: usize, second: f32) {
        totals.correct += second as u64;
    }

    /// The means of some sums.
    fn metrics(&self, totals: &Totals) -> Metrics;

    /// What the last evaluation recorded of these images; `None` where its plan recorded nothing.
    ///
    /// # Errors
    /// [`GpuError`] if the device is lost.
    fn answers(&self, session: &Session, images: &[usize]) -> Result<Option<Answers>, GpuError>;

    /// What an epoch can be judged by where images validate it, the usual criterion first; `normal`: some classes are normal.
    /// None where no epoch is better than another.
    fn criteria(&self, _outputs: usize, _normal: bool) -> Vec<Criterion> {
        vec![Criterion::Loss]
    }

    /// Takes anew what a run keeps beside its weights: at the end of an epoch, and where it stops within one. `evaluated` is
    /// the range that was evaluated last, with the weights as they are.
    ///
    /// # Errors
    /// [`SessionError`] if the device is lost, or an image cannot be read.
    fn settle(
        &self,
        _session: &mut Session,
        _config: &RunConfig,
        _state: &mut State,
        _evaluated: Option<Range>,
    ) -> Result<(), SessionError> {
        Ok(())
    }

    /// Draws what an epoch is looked at by, where the task draws anything.
    ///
    /// # Errors
    /// [`GpuError`] if the device is lost.
    fn draw(
        &self,
        _session: &mut Session,
        _model: &ModelSpec,
        _config: &RunConfig,
    ) -> Result<Option<Samples>, GpuError> {
        Ok(None)
    }

    /// Checks that a trained model has answers to give, averaged over several views of an image if `views`.
    ///
    /// # Errors
    /// [`TaskError`] with the reason.
    fn check_answers(&self, _model: &ModelSpec, _views: bool) -> Result<(), TaskError> {
        Ok(())
    }

    /// The probability of each class or label, from a model's outputs for one image; empty where outputs are the answer.
    fn probabilities(&self, _outputs: &[f32]) -> Vec<f64> {
        Vec::new()
    }
}

/// What came of looking at some examples.
#[derive(Clone, Debug, PartialEq)]
pub struct Examined {
    /// Their means.
    pub metrics: Metrics,
    /// Everything that can be measured; none where nothing was recorded.
    pub measures: Option<Measures>,
    /// What was recorded of each, in their order.
    pub answers: Option<Answers>,
}

/// How much is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// What an epoch's line shows.
    Summary,
    /// Everything, with the confusion matrix.
    Full,
}

impl dyn Task {
    /// The means over a range of images, each seen in these views.
    ///
    /// # Errors
    /// [`SessionError`] if the device is lost, or an image cannot be read.
    pub(crate) fn evaluate(
        &self,
        session: &mut Session,
        range: &Range,
        views: &[View],
    ) -> Result<Metrics, SessionError> {
        let mut totals = Totals::default();
        session.evaluate(range, views, &mut |record| {
            let whole = record.weight.unwrap_or(record.images as f64);
            totals.add(record.images, f64::from(record.loss) * whole, record.weight);
            self.count(&mut totals, record.images, record.second);
        })?;
        Ok(self.metrics(&totals))
    }

    /// [`evaluate`](Self::evaluate), and whatever else can be measured.
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate).
    pub(crate) fn examine(
        &self,
        session: &mut Session,
        range: &Range,
        views: &[View],
        detail: Detail,
    ) -> Result<Examined, SessionError> {
        let metrics = self.evaluate(session, range, views)?;
        let answers = self.answers(session, &session.images(range))?;
        let measures = answers.as_ref().map(|answers| answers.measures(detail == Detail::Full));
        let more = measures.as_ref().map(Measures::summary).unwrap_or_default();
        Ok(Examined { metrics: Metrics { more, ..metrics }, measures, answers })
    }

    /// What a run's data are read with, as its model takes them.
    pub fn load_options(&self, config: &RunConfig, model: &ModelSpec) -> LoadOptions {
        let hold_out = match config.validation {
            _ if !self.evaluates() => HoldOut::Nothing,
            Validation::None => HoldOut::Auto,
            Validation::Test => HoldOut::Nothing,
            Validation::Fraction(share) => HoldOut::Share(share),
        };
        let (images, text, table) = (config.images.clone(), config.text.clone(), config.table.clone());
        let (seed, kind) = (config.split_seed(), config.loss.target_kind());
        let (several_labels, labels) = (kind == TargetKind::Labels, config.labels_file());
        let values = kind == TargetKind::Numbers && self.needs_labels();
        // before the data are there, a loss may be the usual one of another task
        let unlabelled = !config.normal.is_empty() || !of_model(model).needs_labels();
        LoadOptions {
            several_labels,
            values,
            unlabelled,
            labels,
            shape: model.input,
            images,
            text,
            table,
            hold_out,
            seed,
            ..LoadOptions::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::losses::TARGETS;

    #[test]
    fn every_kind_of_targets_belongs_to_one_task() {
        for target in TARGETS {
            let own: Vec<_> = TASKS.iter().filter(|task| task.targets().contains(&target.kind)).collect();
            assert_eq!(own.len(), 1, "{target:?}: {own:?}");
            assert_eq!(target.records.is_some(), own[0].evaluates(), "{target:?}");
        }
        assert_eq!(TASKS.iter().map(|task| task.targets().len()).sum::<usize>(), TARGETS.len());
    }

    #[test]
    fn tasks_have_names_of_their_own_and_say_what_goes_together() {
        for (i, task) in TASKS.iter().enumerate() {
            assert!(TASKS[..i].iter().all(|other| other.name() != task.name()), "{} is listed twice", task.name());
            // what is evaluated has an epoch that is best, and what is not is neither measured nor answered with
            let metrics = task.metrics(&Totals { loss_sum: 6.0, correct: 1, seen: 4, ..Totals::default() });
            assert_eq!(!task.criteria(2, false).is_empty(), task.evaluates(), "{}", task.name());
            assert_eq!(task.goals()[1] == Goal::Evaluate, task.evaluates(), "{}", task.name());
            let model = ModelSpec::open("linear").unwrap();
            assert_eq!(task.check_answers(&model, false).is_ok(), task.evaluates(), "{}", task.name());
            assert!(task.evaluates() || task.probabilities(&[1.0]).is_empty(), "{}", task.name());
            assert!((metrics.loss - 1.5).abs() < 1e-12, "{}", task.name());
        }
    }

    #[test]
    fn a_models_layers_say_what_it_is_for() {
        for (model, name) in [("linear", "classify"), ("autoencoder", "reconstruct"), ("dcgan", "generate")] {
            assert_eq!(of_model(&ModelSpec::open(model).unwrap()).name(), name);
        }
    }
}
