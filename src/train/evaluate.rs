//! Loss and accuracy of a checkpoint on a data set.

use super::error::TrainError;
use crate::checkpoint::Checkpoint;
use crate::data::Dataset;
use crate::gpu::{Gpu, Program};
use crate::metrics::{Measures, Metrics};
use crate::plan::{Input, Plan, Request};
use crate::session::{self, Images, Range, Sampler, Session, Tta};
use crate::tasks::{self, Detail, Examined, Task};
use lepton_kernels::batch_views::View;

/// A checkpoint's model on a device, with the split of a data set that it is evaluated on.
pub struct Evaluator {
    session: Session,
    task: &'static dyn Task,
    views: Vec<View>,
}

impl Evaluator {
    /// Puts both on a device; with `tta`, logits are averaged over its views. Of the data's splits, that which tells most
    /// about the model counts: [`Dataset::unseen`].
    ///
    /// # Errors
    /// If the data do not fit the model, or the device refuses the plan.
    pub fn new(gpu: &Gpu, checkpoint: &Checkpoint, data: &Dataset, tta: Option<Tta>) -> Result<Self, TrainError> {
        check_data(checkpoint, data)?;
        let (split, _) = data.unseen();
        let (model, config) = (checkpoint.meta.model()?, &checkpoint.meta.config);
        let task = tasks::of(&config.loss);
        task.check_answers(&model, tta.is_some())?;
        let targets = task.read_targets(config, data, &[(split, split.len())])?;
        let splits = [(split, split.len())];
        let images = Images::of(&splits);
        let window = images.window(config.batch, gpu.limits());
        images.check(window, config.batch)?;
        let plan = Plan::compile_fitting(
            &model,
            &Request {
                input: Input { views: tta.is_some(), versions: split.input().versions(), ..Input::default() },
                target: gpu.target(),
                limits: gpu.limits(),
                window: window.map(|window| window.images),
                ..Request::evaluation(config.batch, split.len(), &config.loss)
            },
        )?;
        check_checkpoint(checkpoint, task, &plan)?;
        tasks::check_width(&targets, data, &plan)?;
        let program = Program::trusted(gpu, &plan)?;
        program.write_parameters(&checkpoint.weights(&plan.parameters, plan.arena_words)?)?;
        session::write_norm(&program, &model, config)?;
        let session = Session::new(program, plan, Sampler::new(0, split.len(), 0, 0.0), targets, &splits)?;
        Ok(Evaluator { session, task, views: tta.map_or_else(Vec::new, Tta::views) })
    }

    /// Means over the split, and everything that can be measured there.
    ///
    /// # Errors
    /// [`TrainError::Gpu`] if the device is lost, and [`TrainError::Source`] if an image cannot be read.
    pub fn evaluate(&mut self) -> Result<(Metrics, Option<Measures>), TrainError> {
        let Examined { metrics, measures, .. } = self.examine()?;
        Ok((metrics, measures))
    }

    /// [`evaluate`](Self::evaluate) with what was recorded of each example, in their order.
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate).
    pub fn examine(&mut self) -> Result<Examined, TrainError> {
        let range = self.range();
        Ok(self.task.examine(&mut self.session, &range, &self.views, Detail::Full)?)
    }

    /// The loss of each image by itself, where the task keeps it: of autoencoders; else nothing.
    ///
    /// # Errors
    /// [`TrainError::Gpu`] if the device is lost.
    pub fn errors(&mut self) -> Result<Vec<f32>, TrainError> {
        let range = self.range();
        self.session.evaluate(&range, &self.views, &mut |_| {})?;
        Ok(tasks::errors(&self.session, &self.session.images(&range))?.unwrap_or_default())
    }

    fn range(&self) -> Range {
        self.session.order.train
    }
}

/// Checks that a checkpoint can be used on a data set.
///
/// # Errors
/// If the model cannot read the data, or gives another number of classes than the data have.
pub fn check_data(checkpoint: &Checkpoint, data: &Dataset) -> Result<(), TrainError> {
    let (model, loss) = (checkpoint.meta.model()?, &checkpoint.meta.config.loss);
    session::check_data(data, &model)?;
    Ok(tasks::of(loss).check_classes(loss, data, &model, checkpoint.meta.classes.len())?)
}

/// Checks that a checkpoint is of a plan's model, and names its outputs where the task has names for them.
///
/// # Errors
/// [`TrainError::Checkpoint`] with the first parameter that is missing or has another shape, or if it has another number of
/// classes than the plan.
pub(crate) fn check_checkpoint(checkpoint: &Checkpoint, task: &dyn Task, plan: &Plan) -> Result<(), TrainError> {
    checkpoint.check_parameters(&plan.parameters)?;
    if task.names_outputs() {
        checkpoint.check_names(plan.classes)?;
    }
    Ok(())
}
