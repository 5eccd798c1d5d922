//! A model with its data on a device: the part of a run that a task works on. It knows neither losses nor epochs.

mod batches;
mod error;
mod images;
mod input;
mod sampler;
mod stream;
mod targets;
mod views;

use lepton_kernels::Step;
use lepton_kernels::batch_index::image_of_row;
use lepton_kernels::batch_views::View;

pub use batches::Batches;
pub use error::SessionError;
pub(crate) use images::Images;
pub use input::InputError;
#[cfg(feature = "images")]
pub(crate) use input::check_pictures;
pub(crate) use input::{check_data, check_tokens, check_vocabulary, fitted, normalize, write_norm};
pub(crate) use sampler::SAMPLES;
pub use sampler::{Range, Sampler};
pub use targets::Targets;
pub use views::Tta;
pub(crate) use views::with_view;

use stream::{Coming, Stream};

use crate::data::Split;
use crate::gpu::{GpuError, Program};
use crate::plan::{Buffer, Goal, Plan, RECORDED, WINDOW_ALIGN};

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
    /// Where images come from, if the device holds a window of them.
    stream: Option<Stream>,
    steps: Vec<Step>,
}

impl Session {
    /// From a program that has all but its examples, which are so many of the first ones of these splits, and their targets.
    ///
    /// # Errors
    /// [`GpuError`] if the device is lost.
    pub(crate) fn new(
        program: Program,
        plan: Plan,
        order: Sampler,
        targets: Targets,
        splits: &[(&Split, usize)],
    ) -> Result<Self, GpuError> {
        targets.write(&program)?;
        let stream = match plan.window {
            Some(images) => {
                let batches = images / 2 / plan.batch.next_multiple_of(WINDOW_ALIGN);
                Some(Stream::new(Images::of(splits), batches))
            }
            None => {
                let mut all = Vec::with_capacity(splits.len());
                for &(split, count) in splits {
                    let bytes = split.bytes().expect("what is not in memory has a window");
                    all.push(&bytes[..count * split.example_bytes()]);
                }
                program.write_images(&all)?;
                None
            }
        };
        Ok(Session { program, plan, order, targets, stream, steps: Vec::with_capacity(STEPS) })
    }

    /// Says what is evaluated at the end of each of so many epochs: it is read ahead, too.
    pub(crate) fn expect(&mut self, validates: Option<Range>, epochs: u32) {
        if let Some(stream) = &mut self.stream {
            stream.expect(validates, epochs);
        }
    }

    /// What has made the reading of images slower, the first time that this is asked after it happened.
    pub(crate) fn news(&mut self) -> Option<String> {
        self.stream.as_mut()?.news()
    }

    /// How many batches of a goal one submission should hold now.
    pub(crate) fn steps_per_run(&self, goal: Goal) -> usize {
        let most = self.stream.as_ref().map_or(STEPS, Stream::most);
        self.program.steps_per_run(goal).min(most)
    }

    /// Submits batches of training: `step` gives the parameters of each of these numbers.
    ///
    /// # Errors
    /// [`SessionError`] if the device is lost, or an image cannot be read.
    pub(crate) fn submit(
        &mut self,
        numbers: std::ops::Range<usize>,
        step: impl FnMut(&Sampler, &Targets, usize) -> Step,
    ) -> Result<(), SessionError> {
        self.prepare(numbers, step)?;
        Ok(self.program.submit(Goal::Train, &mut self.steps)?)
    }

    /// Runs a batch of training with every launch timed, as [`Program::profile`] does.
    ///
    /// # Errors
    /// As [`submit`](Self::submit).
    pub(crate) fn profile(&mut self, number: usize, step: Step) -> Result<([f32; 2], Vec<f64>), SessionError> {
        self.prepare(number..number + 1, |_, _, _| step)?;
        Ok(self.program.profile(Goal::Train, &mut self.steps[0])?)
    }

    /// Makes the steps of batches of training, and brings their images to the device.
    fn prepare(
        &mut self,
        numbers: std::ops::Range<usize>,
        mut step: impl FnMut(&Sampler, &Targets, usize) -> Step,
    ) -> Result<(), SessionError> {
        let (order, targets, last) = (&self.order, &self.targets, numbers.end.saturating_sub(1));
        self.steps.clear();
        self.steps.extend(numbers.map(|number| step(order, targets, number)));
        let epoch = self.steps.last().map_or(0, |step| step.epoch);
        self.bring(Coming::Train { epoch, number: last })
    }

    /// Brings the images of the next submission to the device.
    fn bring(&mut self, last: Coming) -> Result<(), SessionError> {
        let Some(stream) = &mut self.stream else { return Ok(()) };
        Ok(stream.bring(&mut self.program, &mut self.steps, last, &self.order, self.plan.batch)?)
    }

    /// Evaluates a range of images; `take` gets the record of each batch. Where there are views, each batch is seen in every
    /// view, and the record of the last one counts.
    ///
    /// # Errors
    /// As [`submit`](Self::submit).
    pub(crate) fn evaluate(
        &mut self,
        range: &Range,
        views: &[View],
        take: &mut dyn FnMut(Record),
    ) -> Result<(), SessionError> {
        let then = self.stream.as_ref().and_then(Stream::training);
        let (batch, each) = (self.plan.batch, views.len().max(1));
        let all = range.length.div_ceil(batch) * each;
        let (mut submitted, mut collected) = (0, 0);
        while collected < all {
            while submitted < all && self.program.is_free() {
                let count = self.steps_per_run(Goal::Evaluate).min(all - submitted);
                let (order, numbers) = (&self.order, submitted..submitted + count);
                self.steps.clear();
                self.steps.extend(numbers.map(|number| {
                    views::with_view(order.evaluation_step(range, batch, number / each), views, number % each)
                }));
                submitted += count;
                self.bring(Coming::Evaluate { range: *range, number: (submitted - 1) / each, then })?;
                self.program.submit(Goal::Evaluate, &mut self.steps)?;
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
