//! Loss and accuracy of a checkpoint on a split.

use super::batches::Order;
use super::error::{TrainError, check_data};
use super::event::Metrics;
use super::setup::write_norm;
use super::state::State;
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
            fuse: true,
        };
        let plan = Plan::compile(&request)?;
        checkpoint.check_plan(&plan)?;
        let program = Program::new(gpu, &plan)?;
        program.write_parameters(&checkpoint.arena("", &plan.parameters, plan.arena_words)?)?;
        program.write(Buffer::Resident(Resident::Images), &split.images)?;
        program.write(Buffer::Resident(Resident::Labels), bytemuck::cast_slice(&split.labels))?;
        write_norm(&program, &model)?;
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
    Ok(sums.so_far())
}
