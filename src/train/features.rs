//! The features that a model's body computes of a run's images or texts: once, in inference mode, as a data set for the head.

use std::ops::Range;

use crate::checkpoint::{Checkpoint, NamedTensor};
use crate::config::RunConfig;
use crate::data::{Dataset, Input, Split, Splits, Targets};
use crate::gpu::{Gpu, GpuError, Program};
use crate::losses::Mse;
use crate::plan::{Buffer, Goal, Plan, Request};
use crate::platform::Instant;
use crate::session::{self, Sampler};

use super::cut::Cut;
use super::error::TrainError;
use super::event::Event;
use super::preview::augmented;
use super::setup::learned_images;
use lepton_kernels::Step;
use lepton_kernels::augment::Policy;

/// Rows of a batch where the device can hold them: always as many on a device, so that features are the same to the bit.
const ROWS: usize = 32;

/// The body of a model on a device.
pub(super) struct Extractor {
    gpu: Gpu,
    program: Program,
    plan: Plan,
}

impl Extractor {
    /// Compiles the body; it has no weights yet.
    ///
    /// # Errors
    /// If the device refuses the plan of a single row.
    pub fn new(gpu: &Gpu, cut: &Cut) -> Result<Self, TrainError> {
        // outputs are numbers, which is what features are
        let (target, limits) = (gpu.target(), gpu.limits());
        let request = Request { target, limits, ..Request::prediction(ROWS, &Mse::default().into()) };
        let plan = Plan::compile_fitting(&cut.body, &request)?;
        Ok(Extractor { gpu: gpu.clone(), program: Program::trusted(gpu, &plan)?, plan })
    }

    /// The plan of the body.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Gives the body its weights.
    ///
    /// # Errors
    /// If the device is lost.
    pub fn write(&self, tensors: &[NamedTensor], cut: &Cut, config: &RunConfig) -> Result<(), GpuError> {
        let mut words = vec![0; self.plan.arena_words * 4];
        for (placed, tensor) in self.plan.parameters.iter().zip(tensors) {
            words[placed.offset_words * 4..][..tensor.data.len()].copy_from_slice(&tensor.data);
        }
        self.program.write_parameters(&words)?;
        session::write_norm(&self.program, &cut.body, config)
    }

    /// Gives the body the weights of a trained model.
    ///
    /// # Errors
    /// If the checkpoint lacks one of them, or the device is lost.
    pub fn load(&self, checkpoint: &Checkpoint, cut: &Cut) -> Result<(), TrainError> {
        self.program.write_parameters(&checkpoint.weights(&self.plan.parameters, self.plan.arena_words)?)?;
        Ok(session::write_norm(&self.program, &cut.body, &checkpoint.meta.config)?)
    }

    /// Features of a data set's examples, of training images also as the run augments them: the training images that it learns
    /// from, those that validate, and `test`.
    ///
    /// # Errors
    /// If the device is lost, the listener fails, or a feature is not finite.
    pub fn features(
        &mut self,
        data: &Dataset,
        cut: &Cut,
        config: &RunConfig,
        test: Option<&Split>,
        listen: &mut dyn FnMut(&Event) -> Result<(), TrainError>,
    ) -> Result<Dataset, TrainError> {
        let changes = if cut.reads_images() { Changes::of(config) } else { Changes::No };
        let versions = changes.versions();
        let learned = learned_images(data, config);
        let count = |split: Option<&Split>| split.map_or(0, Split::len);
        let (validation, images) = (data.validation(), learned + count(data.validation()) + count(test));
        let mut progress = Progress { seen: 0, images, begun: Instant::now(), listen };
        let mut of = |split: Option<&Split>, count: usize, versions: usize, drawn: usize| {
            split.map(|split| self.split(split, count, [versions, drawn], &changes, &mut progress)).transpose()
        };
        let splits = Splits {
            train: of(data.train(), learned, versions, versions)?,
            // only training draws a version
            validation: of(validation, count(validation), versions, 1)?,
            test: of(test, count(test), versions, 1)?,
        };
        let features = Dataset::new(data.name(), data.classes().to_vec(), splits)?;
        Ok(features.with_source(data.source()))
    }

    /// Features `[count, versions, length]` of a split's first examples, of which `computed` versions are computed; the others
    /// are copies.
    fn split(
        &mut self,
        split: &Split,
        count: usize,
        [versions, computed]: [usize; 2],
        changes: &Changes,
        progress: &mut Progress,
    ) -> Result<Split, TrainError> {
        let length = self.plan.classes;
        let mut features = vec![0f32; count * versions * length];
        for first in (0..count).step_by(self.plan.batch) {
            let rows = self.plan.batch.min(count - first);
            for version in 0..computed {
                let outputs = match version {
                    0 => self.batch(&split.range(first..first + rows)?, rows)?,
                    _ => self.batch(&changes.draw(&self.gpu, split, first..first + rows, version)?, rows)?,
                };
                let copies = if version + 1 == computed { version..versions } else { version..version + 1 };
                for (row, values) in outputs.chunks_exact(length).enumerate() {
                    for copy in copies.clone() {
                        features[((first + row) * versions + copy) * length..][..length].copy_from_slice(values);
                    }
                }
            }
            progress.add(rows)?;
        }
        let targets = match split.values() {
            Some(values) => {
                let mut values = values.clone();
                values.data.truncate(count * values.width);
                Targets::Values(values)
            }
            None => Targets::Classes { labels: split.labels()[..count].to_vec(), classes: split.targets() },
        };
        Ok(Split::features(length, versions, &features, targets)?)
    }

    /// Features of some examples, `[rows, length]`.
    pub fn batch(&mut self, bytes: &[u8], rows: usize) -> Result<Vec<f32>, GpuError> {
        self.program.write_images(&[bytes])?;
        let step = Step { batch_length: rows as u32, range_length: rows as u32, ..Step::default() };
        self.program.run(Goal::Predict, &mut [step])?;
        let bytes = self.program.read(Buffer::Logits, 0, (rows * self.plan.classes * 4) as u64)?;
        Ok(bytemuck::pod_collect_to_vec(&bytes))
    }
}

/// What makes versions of a training image.
enum Changes {
    No,
    /// Flips alone: the mirror image.
    Flip,
    /// Draws from a policy, by a seed: so many versions with the image itself.
    Drawn {
        policy: Box<Policy>,
        seed: u64,
        versions: usize,
    },
}

impl Changes {
    /// Those of a run. Images are not mixed: features of a mixture are none of its parts.
    fn of(config: &RunConfig) -> Self {
        let policy = Policy { mixup: 0.0, cutmix: 0.0, ..config.augment.clone() };
        let flip = Policy { flip: policy.flip, ..Policy::default() };
        match (policy == flip, policy.flip) {
            (true, None) => Changes::No,
            (true, Some(_)) => Changes::Flip,
            _ => {
                Changes::Drawn { policy: Box::new(policy), seed: config.seed, versions: config.head.versions as usize }
            }
        }
    }

    /// Versions of each image.
    fn versions(&self) -> usize {
        match self {
            Changes::No => 1,
            Changes::Flip => 2,
            Changes::Drawn { versions, .. } => *versions,
        }
    }

    /// Bytes of a version of some images of a split, at most [`ROWS`] of them; the images themselves are version 0. What is drawn
    /// for an image does not depend on which ones are asked for with it.
    fn draw(&self, gpu: &Gpu, split: &Split, images: Range<usize>, version: usize) -> Result<Vec<u8>, TrainError> {
        let (each, input) = (split.example_bytes(), split.input());
        let bytes_from = |first: usize| split.range(first..images.end);
        match self {
            Changes::No => Ok(bytes_from(images.start)?.into_owned()),
            Changes::Flip => {
                let mut bytes = bytes_from(images.start)?.into_owned();
                bytes.chunks_exact_mut(each).for_each(|image| mirror(image, input));
                Ok(bytes)
            }
            Changes::Drawn { policy, seed, .. } => {
                // images draw by their number among those that are uploaded, so that each group has a seed of its own
                let group = images.start - images.start % ROWS;
                let rows: Vec<usize> = (images.start..images.end).map(|image| image - group).collect();
                let order = Sampler::new(seed.wrapping_add(group as u64), ROWS, 0, 0.0);
                let step = order.training_step(version as u32, ROWS, 0);
                augmented(gpu, policy, input.shape(), &bytes_from(group)?, &rows, step)
            }
        }
    }
}

/// How far the pass over all images is.
struct Progress<'a> {
    seen: usize,
    images: usize,
    begun: Instant,
    listen: &'a mut dyn FnMut(&Event) -> Result<(), TrainError>,
}

impl Progress<'_> {
    fn add(&mut self, images: usize) -> Result<(), TrainError> {
        self.seen += images;
        let seconds = self.begun.elapsed().as_secs_f64();
        (self.listen)(&Event::Features { seen: self.seen, images: self.images, seconds })
    }
}

/// Turns an image `[h, w, c]` left to right.
fn mirror(image: &mut [u8], input: Input) {
    let [_, width, channels] = input.shape();
    for row in image.chunks_exact_mut(width * channels) {
        for x in 0..width / 2 {
            for c in 0..channels {
                row.swap(x * channels + c, (width - 1 - x) * channels + c);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common;

    #[test]
    fn what_is_drawn_for_an_image_does_not_depend_on_the_batch() {
        let Some(gpu) = common::gpu() else { return };
        let pixels: Vec<u8> = (0..48 * 64).map(|i: usize| (i * 37 % 251) as u8).collect();
        let split = Split::images([8, 8, 1], pixels, Targets::Classes { labels: vec![0; 48], classes: 1 }).unwrap();
        let config = RunConfig { augment: Policy { crop: 2, ..Policy::default() }, seed: 3, ..RunConfig::default() };
        let changes = Changes::of(&config);
        let draw = |images, version| changes.draw(&gpu, &split, images, version).unwrap();
        for start in [0, 32] {
            let whole = draw(start..start + 16, 1);
            let parts = [start..start + 4, start + 4..start + 8, start + 8..start + 16].map(|part| draw(part, 1));
            assert_eq!(parts.concat(), whole, "from image {start} on");
            assert!(whole != draw(start..start + 16, 2), "each version is another one");
        }
        let shifted = |start: usize| draw(start..start + 1, 1) == split.bytes().unwrap()[start * 64..][..64];
        assert!((0..48).any(|image| !shifted(image)), "images are changed");
    }
}
