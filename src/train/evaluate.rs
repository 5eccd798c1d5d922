//! Loss and accuracy of a checkpoint on a split.

use super::batches::Sampler;
use super::error::{TrainError, check_data};
use super::event::Metrics;
use super::setup::write_norm;
use super::state::State;
use super::targets::{Targets, images_of};
use super::views::{Tta, check_views, seen};
use crate::checkpoint::Checkpoint;
use crate::config::{OptimizerConfig, UpdateConfig};
use crate::data::{Dataset, Split};
use crate::gpu::{Gpu, Program};
use crate::metrics::Measures;
use crate::plan::{Goal, Input, Plan, Request};
use lepton_kernels::batch_views::View;

/// A checkpoint's model with a split on a device.
pub struct Evaluator {
    program: Program,
    plan: Plan,
    targets: Targets,
    images: usize,
    batch: usize,
    views: Vec<View>,
}

impl Evaluator {
    /// Puts both on a device; with `tta`, logits are averaged over its views.
    ///
    /// # Errors
    /// [`TrainError`].
    pub fn new(
        gpu: &Gpu,
        checkpoint: &Checkpoint,
        data: &Dataset,
        split: &Split,
        tta: Option<Tta>,
    ) -> Result<Self, TrainError> {
        check_data(checkpoint, data)?;
        check_views(&checkpoint.meta.config.loss, tta)?;
        let model = checkpoint.meta.model()?;
        if model.generator.is_some() {
            return Err(TrainError::Mismatch(format!(
                "model `{}` has a generator, and there is nothing to hold its images against\n  try: lepton-gpu predict RUN --grid samples.png",
                model.name
            )));
        }
        let (batch, loss) = (checkpoint.meta.config.batch, &checkpoint.meta.config.loss);
        let targets = Targets::new(loss, &data.name, &[(split, split.count)])?;
        let targets = targets.with_classes(data, &checkpoint.meta.config.normal);
        let request = Request {
            model: &model,
            batch,
            images: split.count,
            loss,
            keep: true,
            input: Input { views: tta.is_some(), ..Input::default() },
            optimizer: &OptimizerConfig::default(),
            update: &UpdateConfig::default(),
            target: gpu.target(),
            limits: gpu.limits(),
            goals: &[Goal::Evaluate],
            fuse: true,
        };
        let plan = Plan::compile(&request)?;
        checkpoint.check_plan(&plan)?;
        targets.check_width(&data.name, &plan)?;
        let program = Program::new(gpu, &plan)?;
        program.write_parameters(&checkpoint.weights(&plan.parameters, plan.arena_words)?)?;
        program.write_images(&[&split.images])?;
        targets.write(&program)?;
        write_norm(&program, &model, &checkpoint.meta.config)?;
        let views = tta.map_or_else(Vec::new, Tta::views);
        Ok(Evaluator { program, plan, targets, images: split.count, batch, views })
    }

    /// Means over the split, and everything that can be measured there.
    ///
    /// # Errors
    /// [`TrainError`].
    pub fn evaluate(&mut self) -> Result<(Metrics, Option<Measures>), TrainError> {
        let order = Sampler::new(0, self.images, 0, 0.0);
        let mut steps = Vec::with_capacity(64);
        let answers = self.plan.loss.target_kind().has_answers();
        let (views, steps) = (&self.views, &mut steps);
        let metrics = evaluate(&mut self.program, &order, &order.train, self.batch, answers, views, steps)?;
        let images = images_of(&order, &order.train);
        let measures = self.targets.measure(&self.program, &self.plan, &images, true)?;
        let more = measures.as_ref().map(Measures::summary).unwrap_or_default();
        Ok((Metrics { more, ..metrics }, measures))
    }

    /// The loss of each image by itself: of autoencoders, else nothing.
    ///
    /// # Errors
    /// [`TrainError`].
    pub fn errors(&mut self) -> Result<Vec<f32>, TrainError> {
        self.evaluate()?;
        let images: Vec<usize> = (0..self.images).collect();
        Ok(self.targets.errors(&self.program, &self.plan, &images)?.unwrap_or_default())
    }
}

/// Means over a range of the images on the device; each batch is looked at in every view, and the last one's record counts.
pub(super) fn evaluate(
    program: &mut Program,
    order: &Sampler,
    range: &super::Range,
    batch: usize,
    answers: bool,
    views: &[View],
    steps: &mut Vec<lepton_kernels::Step>,
) -> Result<Metrics, TrainError> {
    let each = views.len().max(1);
    let all = range.length.div_ceil(batch) * each;
    let mut sums = State::default();
    let (mut submitted, mut collected) = (0, 0);
    while collected < all {
        while submitted < all && program.is_free() {
            let count = program.steps_per_run(Goal::Evaluate).min(all - submitted);
            steps.clear();
            let step = |number| seen(order.evaluation_step(range, batch, number / each), views, number % each);
            steps.extend((submitted..submitted + count).map(step));
            program.submit(Goal::Evaluate, steps)?;
            submitted += count;
        }
        for [loss, correct] in program.collect(Goal::Evaluate)? {
            collected += 1;
            if collected % each == 0 {
                let images = range.batch_length(batch, sums.batch);
                sums.add(images, f64::from(*loss) * images as f64, *correct);
                sums.finish_step();
            }
        }
    }
    Ok(sums.so_far(answers))
}
