//! Loss and accuracy of a checkpoint on a split.

use super::batches::Order;
use super::error::{TrainError, check_data};
use super::event::Metrics;
use super::setup::unit_norm;
use super::state::State;
use super::targets::{Targets, images_of};
use crate::checkpoint::Checkpoint;
use crate::config::OptimizerConfig;
use crate::data::{Dataset, Split};
use crate::gpu::{Gpu, Program};
use crate::metrics::Measures;
use crate::plan::{Buffer, Goal, Plan, Request, Resident};

/// A checkpoint's model with a split on a device.
pub struct Evaluator<'gpu> {
    program: Program<'gpu>,
    plan: Plan,
    targets: Targets,
    images: usize,
    batch: usize,
}

impl<'gpu> Evaluator<'gpu> {
    /// Puts both on a device.
    ///
    /// # Errors
    /// [`TrainError`].
    pub fn new(gpu: &'gpu Gpu, checkpoint: &Checkpoint, data: &Dataset, split: &Split) -> Result<Self, TrainError> {
        check_data(checkpoint, data)?;
        let model = checkpoint.meta.model()?;
        let (batch, loss) = (checkpoint.meta.config.batch, &checkpoint.meta.config.loss);
        let targets = Targets::new(loss, &data.name, &[(split, split.count)])?;
        let request = Request {
            model: &model,
            batch,
            images: split.count,
            loss,
            keep: true,
            optimizer: &OptimizerConfig::default(),
            target: gpu.target(),
            limits: gpu.limits(),
            goals: &[Goal::Evaluate],
            fuse: true,
        };
        let plan = Plan::compile(&request)?;
        checkpoint.check_plan(&plan)?;
        targets.check_width(&data.name, &plan)?;
        let program = Program::new(gpu, &plan)?;
        program.write_parameters(&checkpoint.arena("", &plan.parameters, plan.arena_words)?)?;
        program.write_images(&[&split.images])?;
        targets.write(&program)?;
        program.write(Buffer::Resident(Resident::Norm), &unit_norm(split.channels))?;
        Ok(Evaluator { program, plan, targets, images: split.count, batch })
    }

    /// Means over the split, and everything that can be measured there.
    ///
    /// # Errors
    /// [`TrainError`].
    pub fn evaluate(&mut self) -> Result<(Metrics, Option<Measures>), TrainError> {
        let order = Order::new(0, self.images, 0, 0.0);
        let mut steps = Vec::with_capacity(64);
        let answers = self.plan.loss.against().has_answers();
        let metrics = evaluate(&mut self.program, &order, &order.train, self.batch, answers, &mut steps)?;
        let images = images_of(&order, &order.train);
        let measures = self.targets.measure(&self.program, &self.plan, &images, true)?;
        let more = measures.as_ref().map(Measures::summary).unwrap_or_default();
        Ok((Metrics { more, ..metrics }, measures))
    }
}

/// Means over a range of the images on the device.
pub(super) fn evaluate(
    program: &mut Program,
    order: &Order,
    range: &super::Range,
    batch: usize,
    answers: bool,
    steps: &mut Vec<lepton_kernels::Step>,
) -> Result<Metrics, TrainError> {
    let batches = range.length.div_ceil(batch);
    let mut sums = State::default();
    let mut submitted = 0;
    while sums.batch < batches {
        while submitted < batches && program.is_free() {
            let count = program.steps_per_run(Goal::Evaluate).min(batches - submitted);
            steps.clear();
            steps.extend((submitted..submitted + count).map(|number| order.evaluation_step(range, batch, number)));
            program.submit(Goal::Evaluate, steps)?;
            submitted += count;
        }
        for [loss, correct] in program.collect(Goal::Evaluate)? {
            sums.add(range.batch_length(batch, sums.batch), *loss, *correct);
        }
    }
    Ok(sums.so_far(answers))
}
