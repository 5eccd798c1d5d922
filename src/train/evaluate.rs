//! Loss and accuracy of a checkpoint on a split.

use super::batches::Order;
use super::error::{TrainError, check_data};
use super::event::Metrics;
use super::state::State;
use super::trainer::unit_norm;
use crate::checkpoint::Checkpoint;
use crate::config::OptimizerConfig;
use crate::data::{Dataset, Split};
use crate::gpu::{Gpu, Program};
use crate::plan::{Buffer, Goal, Plan, Request, Resident};

/// A checkpoint's model with a split on a device.
pub struct Evaluator<'gpu> {
    program: Program<'gpu>,
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
        let batch = checkpoint.meta.config.batch;
        let request = Request {
            model: &model,
            batch,
            images: split.count,
            optimizer: &OptimizerConfig::default(),
            target: gpu.target(),
            limits: gpu.limits(),
            goals: &[Goal::Evaluate],
        };
        let plan = Plan::compile(&request)?;
        checkpoint.check_plan(&plan)?;
        let program = Program::new(gpu, &plan)?;
        program.write(Buffer::Parameters, &checkpoint.arena("", &plan.parameters, plan.arena_words)?)?;
        program.write(Buffer::Resident(Resident::Images), &split.images)?;
        program.write(Buffer::Resident(Resident::Labels), bytemuck::cast_slice(&split.labels))?;
        program.write(Buffer::Resident(Resident::Norm), &unit_norm(split.channels))?;
        Ok(Evaluator { program, images: split.count, batch })
    }

    /// Means over the split.
    ///
    /// # Errors
    /// [`TrainError`].
    pub fn evaluate(&mut self) -> Result<Metrics, TrainError> {
        let order = Order::new(0, self.images, 0, 0.0);
        let mut steps = Vec::with_capacity(64);
        evaluate(&mut self.program, &order, &order.train, self.batch, &mut steps)
    }
}

/// Means over a range of the images on the device.
pub(super) fn evaluate(
    program: &mut Program,
    order: &Order,
    range: &super::Range,
    batch: usize,
    steps: &mut Vec<lepton_kernels::Step>,
) -> Result<Metrics, TrainError> {
    let batches = range.length.div_ceil(batch);
    let mut sums = State::default();
    let mut done = 0;
    while done < batches {
        let count = program.steps_per_run(Goal::Evaluate).min(batches - done);
        steps.clear();
        steps.extend((done..done + count).map(|number| order.evaluation_step(range, batch, number)));
        let records = program.run(Goal::Evaluate, steps)?;
        for ([loss, correct], step) in records.into_iter().zip(steps.iter()) {
            sums.add(step.batch_length as usize, loss, correct);
        }
        done += count;
    }
    Ok(sums.so_far())
}
