//! A model with its data on a device: the part of a run that a task works on. It knows neither losses nor epochs.

mod batches;
mod input;
mod sampler;
mod targets;
mod views;

use lepton_kernels::Step;
use lepton_kernels::batch_index::image_of_row;
use lepton_kernels::batch_views::View;

pub use batches::Batches;
pub use input::InputError;
#[cfg(feature = "images")]
pub(crate) use input::check_pictures;
pub(crate) use input::{check_data, check_tokens, check_vocabulary, fitted, normalize, write_norm};
pub(crate) use sampler::SAMPLES;
pub use sampler::{Range, Sampler};
pub use targets::Targets;
pub use views::Tta;
pub(crate) use views::with_view;

use crate::gpu::{GpuError, Program};
use crate::plan::{Buffer, Goal, Plan, RECORDED};

/// Most steps of a submission.
const STEPS: usize = 64;

/// What evaluation recorded of one batch.
#[derive(Clone, Copy, Debug)]
pub struct Record {
    /// Images of the batch.
    pub images: usize,
    /// Mean loss of those images, weighted where classes are.
    pub loss: f32,
    /// Sum of the weights of their classes, where the loss is a weighted mean.
    pub weight: Option<f64>,
    /// The record's second number; a task says what it is.
    pub second: f32,
}

/// A plan on a device with the images, labels and values that it reads.
pub struct Session {
    /// The plan on the device.
    pub(crate) program: Program,
    /// What it was made from.
    pub(crate) plan: Plan,
    /// Which images a batch holds.
    pub(crate) order: Sampler,
    /// What the images are to be answered with.
    pub(crate) targets: Targets,
    steps: Vec<Step>,
}

impl Session {
    /// From a program that has all it needs.
    pub(crate) fn new(program: Program, plan: Plan, order: Sampler, targets: Targets) -> Self {
        Session { program, plan, order, targets, steps: Vec::with_capacity(STEPS) }
    }

    /// Submits batches of a goal: `step` gives the parameters of each of these numbers.
    pub(crate) fn submit(
        &mut self,
        goal: Goal,
        numbers: std::ops::Range<usize>,
        step: impl FnMut(&Sampler, &Targets, usize) -> Step,
    ) -> Result<(), GpuError> {
        let (order, targets, mut step) = (&self.order, &self.targets, step);
        self.steps.clear();
        self.steps.extend(numbers.map(|number| step(order, targets, number)));
        self.program.submit(goal, &mut self.steps)
    }

    /// Evaluates a range of images; `take` gets the record of each batch. Where there are views, each batch is seen in every
    /// view, and the record of the last one counts.
    ///
    /// # Errors
    /// [`GpuError`] if the device is lost.
    pub(crate) fn evaluate(
        &mut self,
        range: &Range,
        views: &[View],
        take: &mut dyn FnMut(Record),
    ) -> Result<(), GpuError> {
        let (batch, each) = (self.plan.batch, views.len().max(1));
        let all = range.length.div_ceil(batch) * each;
        let (mut submitted, mut collected) = (0, 0);
        while collected < all {
            while submitted < all && self.program.is_free() {
                let count = self.program.steps_per_run(Goal::Evaluate).min(all - submitted);
                self.submit(Goal::Evaluate, submitted..submitted + count, |order, _, number| {
                    views::with_view(order.evaluation_step(range, batch, number / each), views, number % each)
                })?;
                submitted += count;
            }
            for &[loss, second] in self.program.collect(Goal::Evaluate)? {
                collected += 1;
                if collected % each == 0 {
                    let step = self.order.evaluation_step(range, batch, collected / each - 1);
                    let weight = self.targets.weight(&self.plan.loss, &step);
                    take(Record { images: step.batch_length as usize, loss, weight, second });
                }
            }
        }
        Ok(())
    }

    /// The bytes of a buffer in which evaluation keeps something of each image; `None` if the plan has no such buffer.
    ///
    /// # Errors
    /// [`GpuError`] if the device is lost.
    pub(crate) fn kept(&self, buffer: Buffer) -> Result<Option<Vec<u8>>, GpuError> {
        match self.plan.buffers.iter().find(|(b, _)| *b == buffer) {
            Some((_, bytes)) => Ok(Some(self.program.read(buffer, 0, *bytes)?)),
            None => Ok(None),
        }
    }

    /// What evaluation kept of each image in a classification: the class that was answered, and how many classes come before
    /// its label; `None` if the plan keeps no answers. Both number classes, whatever the device returned.
    ///
    /// # Errors
    /// [`GpuError::Answer`] if the device returned what is no class, and [`GpuError`] if it is lost.
    pub(crate) fn answers(&self) -> Result<Option<Vec<[u32; RECORDED]>>, GpuError> {
        let Some(bytes) = self.kept(Buffer::Answers)? else { return Ok(None) };
        let answers: Vec<[u32; RECORDED]> = bytemuck::pod_collect_to_vec(&bytes);
        check_answers(&answers, self.plan.classes)?;
        Ok(Some(answers))
    }

    /// The numbers of the images of a range.
    pub(crate) fn images(&self, range: &Range) -> Vec<usize> {
        images_of(&self.order, range)
    }
}

/// Checks numbers that a device answered with before they index anything: a driver that computes wrongly returns any.
fn check_answers(answers: &[[u32; RECORDED]], classes: usize) -> Result<(), GpuError> {
    for (what, place) in [("class", 0), ("rank of the label", 1)] {
        if let Some(wrong) = answers.iter().find(|answer| answer[place] as usize >= classes) {
            return Err(GpuError::Answer { what, found: wrong[place].into(), count: classes as u64 });
        }
    }
    Ok(())
}

/// The numbers of the images of a range.
pub(crate) fn images_of(order: &Sampler, range: &Range) -> Vec<usize> {
    let all = order.evaluation_step(range, range.length, 0);
    (0..range.length as u32).filter_map(|row| image_of_row(&all, row)).map(|image| image as usize).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_is_no_class_is_an_error() {
        assert!(check_answers(&[[9, 0], [0, 9]], 10).is_ok());
        let error = check_answers(&[[3, 0], [1_015_951_681, 0]], 10).unwrap_err();
        assert_eq!(error.to_string(), "the device returned class 1015951681 of 10");
        let error = check_answers(&[[3, 10]], 10).unwrap_err();
        assert_eq!(error.to_string(), "the device returned rank of the label 10 of 10");
    }
}
