//! Loss and accuracy of a checkpoint on a split.

use super::batches::Order;
use super::error::{TrainError, check_data};
use super::event::Metrics;
use super::state::State;
use super::views::{Tta, seen};
use crate::checkpoint::Checkpoint;
use crate::config::OptimizerConfig;
use crate::data::{Dataset, Split};
use crate::gpu::{Gpu, Program};
use crate::plan::{Buffer, Goal, Input, Plan, Request, Resident};
use lepton_kernels::batch_views::View;

/// A checkpoint's model with a split on a device.
pub struct Evaluator<'gpu> {
    program: Program<'gpu>,
    images: usize,
    batch: usize,
    views: Vec<View>,
}

impl<'gpu> Evaluator<'gpu> {
    /// Puts both on a device; with `tta`, logits are averaged over its views.
    ///
    /// # Errors
    /// [`TrainError`].
    pub fn new(
        gpu: &'gpu Gpu,
        checkpoint: &Checkpoint,
        data: &Dataset,
        split: &Split,
        tta: Option<Tta>,
    ) -> Result<Self, TrainError> {
        check_data(checkpoint, data)?;
        let model = checkpoint.meta.model()?;
        let batch = checkpoint.meta.config.batch;
        let request = Request {
            model: &model,
            batch,
            images: split.count,
            input: Input { views: tta.is_some(), ..Input::default() },
            optimizer: &OptimizerConfig::default(),
            target: gpu.target(),
            limits: gpu.limits(),
            goals: &[Goal::Evaluate],
            fuse: true,
        };
        let plan = Plan::compile(&request)?;
        checkpoint.check_plan(&plan)?;
        let program = Program::new(gpu, &plan)?;
        program.write_parameters(&checkpoint.arena("", &plan.parameters, plan.arena_words)?)?;
        program.write(Buffer::Resident(Resident::Images), &split.images)?;
        program.write(Buffer::Resident(Resident::Labels), bytemuck::cast_slice(&split.labels))?;
        program.write(Buffer::Resident(Resident::Norm), &checkpoint.meta.config.normalize.bytes(split.channels))?;
        Ok(Evaluator { program, images: split.count, batch, views: tta.map_or_else(Vec::new, Tta::views) })
    }

    /// Means over the split.
    ///
    /// # Errors
    /// [`TrainError`].
    pub fn evaluate(&mut self) -> Result<Metrics, TrainError> {
        let order = Order::new(0, self.images, 0, 0.0);
        let mut steps = Vec::with_capacity(64);
        evaluate(&mut self.program, &order, &order.train, self.batch, &self.views, &mut steps)
    }
}

/// Means over a range of the images on the device; each batch is looked at in every view, and the last one's record counts.
pub(super) fn evaluate(
    program: &mut Program,
    order: &Order,
    range: &super::Range,
    batch: usize,
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
                sums.add(range.batch_length(batch, sums.batch), *loss, *correct);
            }
        }
    }
    Ok(sums.so_far())
}
