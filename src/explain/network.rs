//! A model on the device, asked for outputs and gradients.

use lepton_kernels::Step;

use super::ExplainError;
use crate::checkpoint::Checkpoint;
use crate::gpu::{Gpu, Program};
use crate::model::ModelSpec;
use crate::plan::{Buffer, Explain, Goal, Inspected, Plan, Request};
use crate::tasks::Task;

/// A plan of an explanation on a device.
pub(super) struct Network {
    program: Program,
    plan: Plan,
    inspected: Inspected,
    /// Numbers of one input.
    each: usize,
    /// The batch whose outputs were computed last, as long as a gradient can start from them.
    forwarded: Option<Vec<f32>>,
}

/// What was inspected, and its gradient; rows come first.
#[derive(Debug, Default)]
pub(super) struct Looked {
    pub values: Vec<f32>,
    pub gradients: Vec<f32>,
}

impl Network {
    /// Compiles the model for explanations in batches of so many images, or as many as fit.
    pub fn new(
        gpu: &Gpu,
        checkpoint: &Checkpoint,
        model: &ModelSpec,
        asked: &Explain,
        batch: usize,
    ) -> Result<Self, ExplainError> {
        let request = Request::explanation(batch, &checkpoint.meta.config.loss, asked.clone());
        let request = Request { target: gpu.target(), limits: gpu.limits(), ..request };
        let plan = Plan::compile_fitting(model, &request)?;
        let program = Program::trusted(gpu, &plan)?;
        let weights = checkpoint.weights(&plan.parameters, plan.arena_words).map_err(crate::train::TrainError::from)?;
        program.write_parameters(&weights)?;
        let inspected = plan.inspected.clone().expect("the plan is of an explanation");
        Ok(Network { program, plan, inspected, each: model.input.iter().product(), forwarded: None })
    }

    /// Checks that the checkpoint is of this model, and names its outputs.
    pub fn check(&self, checkpoint: &Checkpoint, task: &dyn Task) -> Result<(), ExplainError> {
        Ok(crate::train::check_checkpoint(checkpoint, task, &self.plan)?)
    }

    /// Numbers that the model gives for an image.
    pub fn outputs_each(&self) -> usize {
        self.plan.classes
    }

    /// The shape of what is inspected for one image, `[h, w, c]` or `[c]`.
    pub fn inspected_shape(&self) -> &[usize] {
        &self.inspected.shape.sizes()[1..]
    }

    /// The outputs `[rows, outputs]` for any number of inputs.
    pub fn outputs(&mut self, inputs: &[f32]) -> Result<Vec<f32>, ExplainError> {
        let mut outputs = Vec::new();
        for batch in inputs.chunks(self.plan.batch * self.each) {
            self.forward(batch)?;
            outputs.extend(self.read(Buffer::Logits, batch.len() / self.each * self.plan.classes)?);
        }
        Ok(outputs)
    }

    /// What is inspected of one input.
    pub fn values(&mut self, input: &[f32]) -> Result<Vec<f32>, ExplainError> {
        self.forward(input)?;
        self.read(self.inspected.value, self.inspected_shape().iter().product())
    }

    /// What is inspected of any number of inputs, and the gradient there of output number `class`.
    pub fn gradients(&mut self, inputs: &[f32], class: usize) -> Result<Looked, ExplainError> {
        let mut looked = Looked::default();
        let inspected: usize = self.inspected_shape().iter().product();
        for batch in inputs.chunks(self.plan.batch * self.each) {
            let rows = batch.len() / self.each;
            self.forward(batch)?;
            let mut counts = vec![0f32; rows * self.plan.classes];
            counts.iter_mut().skip(class).step_by(self.plan.classes).for_each(|count| *count = 1.0);
            self.program.write(Buffer::OutputGradient, bytemuck::cast_slice(&counts))?;
            self.forwarded = None;
            self.program.run(Goal::Explain, &mut [step(rows)])?;
            looked.values.extend(self.read(self.inspected.value, rows * inspected)?);
            looked.gradients.extend(self.read(self.inspected.gradient, rows * inspected)?);
        }
        Ok(looked)
    }

    /// Computes the outputs of a batch, and what gradients start from.
    fn forward(&mut self, batch: &[f32]) -> Result<(), ExplainError> {
        let rows = batch.len() / self.each;
        // the answer comes first, and then the gradient of the same image
        if self.forwarded.as_deref() != Some(batch) {
            self.program.write(Buffer::Input, bytemuck::cast_slice(batch))?;
            self.program.run(Goal::Outputs, &mut [step(rows)])?;
            self.forwarded = Some(batch.to_vec());
        }
        Ok(())
    }

    fn read(&self, buffer: Buffer, count: usize) -> Result<Vec<f32>, ExplainError> {
        Ok(bytemuck::pod_collect_to_vec(&self.program.read(buffer, 0, count as u64 * 4)?))
    }
}

fn step(rows: usize) -> Step {
    Step { batch_length: rows as u32, range_length: rows as u32, ..Step::default() }
}
