//! What a run has learned and was about to learn, to look at.

use lepton_kernels::op::Precision;

use super::super::error::TrainError;
use super::Trainer;
use crate::plan::Buffer;

impl Trainer {
    /// The parameters as they are, each with its name.
    ///
    /// # Errors
    /// If the device is lost.
    pub fn parameters(&self) -> Result<Vec<(String, Vec<f32>)>, TrainError> {
        let plan = &self.session.plan;
        let bytes = self.session.program.read(Buffer::Parameters, 0, self.arena_bytes())?;
        let words: Vec<f32> = bytemuck::pod_collect_to_vec(&bytes);
        let own = plan.parameters.iter().map(|parameter| {
            let values = &words[parameter.offset_words..][..parameter.shape.count()];
            (parameter.name.clone(), values.to_vec())
        });
        Ok(own.collect())
    }

    /// The gradients of the last step, as far as they were computed; in f16 divided by the loss scale. They are still there:
    /// reading them costs a step nothing.
    ///
    /// # Errors
    /// If the device is lost.
    pub fn gradients(&self) -> Result<Vec<(String, Vec<f32>)>, TrainError> {
        let (plan, program) = (&self.session.plan, &self.session.program);
        let scale = match self.config.precision {
            Precision::F32 => 1.0,
            Precision::F16 => {
                let words: Vec<f32> = bytemuck::pod_collect_to_vec(&program.read(Buffer::LossScale, 0, 4)?);
                words[0]
            }
        };
        let trained = plan.parameters.iter().filter(|parameter| parameter.gradient.slabs > 0);
        let read = trained.map(|parameter| {
            let mut gradient = program.gradient(parameter)?;
            gradient.iter_mut().for_each(|value| *value /= scale);
            Ok((parameter.name.clone(), gradient))
        });
        read.collect()
    }
}
