//! Which images a batch holds, as the step uniform says it: pure functions of seed, epoch and position.

use lepton_kernels::{Step, random};

use super::Batches;

/// Purposes of random keys; each gives an independent permutation.
const SPLIT: u64 = 1;
const SHUFFLE: u64 = 2;
const NOISE: u64 = 3;
const AUGMENT: u64 = 4;
/// Of the noise that a generator's samples are made of.
pub(crate) const SAMPLES: u64 = 5;

/// A run of images in the data set on the device: training images first, then test images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// Position of the first image.
    pub start: usize,
    /// Number of images.
    pub length: usize,
    /// Images that the split permutes; 0 where positions are images.
    pub split_over: usize,
}

impl Range {
    /// Images of batch `number`: fewer than `batch` in the last one.
    pub fn batch_length(&self, batch: usize, number: usize) -> usize {
        batch.min(self.length - batch * number)
    }
}

/// Ranges of a data set under a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sampler {
    seed: u64,
    split_seed: u64,
    /// The fewest images of a batch that is learned.
    least: usize,
    /// Images that are learned.
    pub train: Range,
    /// Images held out for validation.
    pub held_out: Option<Range>,
    /// Images of the test split.
    pub test: Option<Range>,
}

impl Sampler {
    /// `train` training images, of which the share `hold_out` validates, then `test` test images.
    pub fn new(seed: u64, train: usize, test: usize, hold_out: f64) -> Self {
        let held = (train as f64 * hold_out).round() as usize;
        let split_over = if held > 0 { train } else { 0 };
        let range = |start, length, split_over| Range { start, length, split_over };
        Sampler {
            seed,
            split_seed: seed,
            least: 1,
            train: range(0, train - held, split_over),
            held_out: (held > 0).then(|| range(train - held, held, split_over)),
            test: (test > 0).then(|| range(train, test, 0)),
        }
    }

    /// With another seed for which images are held out.
    #[must_use]
    pub fn with_split_seed(self, split_seed: u64) -> Self {
        Sampler { split_seed, ..self }
    }

    /// With so many validation images of the data set's own, which stand between training and test images.
    ///
    /// # Panics
    /// If some training images are held out already.
    #[must_use]
    pub fn with_validation(mut self, count: usize) -> Self {
        if count > 0 {
            assert!(self.held_out.is_none(), "images of one kind validate");
            self.held_out = Some(Range { start: self.train.length, length: count, split_over: 0 });
            self.test = self.test.map(|range| Range { start: range.start + count, ..range });
        }
        self
    }

    /// With batches of so many images at the least while it is learned.
    #[must_use]
    pub fn with_least(self, least: usize) -> Self {
        Sampler { least, ..self }
    }

    /// The batches of an epoch over the training images.
    pub fn training_batches(&self, batch: usize) -> Batches {
        Batches { images: self.train.length, batch, least: self.least }
    }

    fn step(&self, range: &Range, positions: std::ops::Range<usize>) -> Step {
        Step {
            batch_start: positions.start as u32,
            batch_length: positions.len() as u32,
            range_start: range.start as u32,
            range_length: range.length as u32,
            data_length: range.split_over as u32,
            split_key: if range.split_over > 0 { random::key(self.split_seed, SPLIT, 0) } else { [0, 0] },
            ..Step::default()
        }
    }

    /// Batch `number` of a shuffled epoch over the training images.
    pub fn training_step(&self, epoch: u32, batch: usize, number: usize) -> Step {
        let key = |purpose, index| random::key(self.seed, purpose, index);
        Step {
            shuffle_key: key(SHUFFLE, epoch.into()),
            noise_key: key(NOISE, u64::from(epoch) << 32 | number as u64),
            augment_key: key(AUGMENT, epoch.into()),
            epoch,
            ..self.step(&self.train, self.training_batches(batch).get(number))
        }
    }

    /// Batch `number` of a range in order.
    pub fn evaluation_step(&self, range: &Range, batch: usize, number: usize) -> Step {
        let start = batch * number;
        self.step(range, start..start + range.batch_length(batch, number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lepton_kernels::batch_index::image_of_row;

    fn images(steps: impl Iterator<Item = Step>) -> Vec<u32> {
        steps.flat_map(|step| (0..64).filter_map(move |row| image_of_row(&step, row))).collect()
    }

    #[test]
    fn an_epoch_and_the_held_out_images_are_the_whole_training_set_once() {
        let order = Sampler::new(3, 100, 20, 0.15);
        let held_out = order.held_out.unwrap();
        assert_eq!((order.train.length, held_out.length), (85, 15));
        let mut all = images((0..6).map(|b| order.training_step(2, 16, b)));
        assert_eq!(all.len(), 85);
        all.extend(images((0..1).map(|b| order.evaluation_step(&held_out, 16, b))));
        all.sort_unstable();
        assert_eq!(all, (0..100).collect::<Vec<_>>());
        let test = images((0..2).map(|b| order.evaluation_step(&order.test.unwrap(), 16, b)));
        assert_eq!(test, (100..120).collect::<Vec<_>>());
    }

    #[test]
    fn validation_images_of_their_own_stand_between() {
        let order = Sampler::new(3, 50, 20, 0.0).with_validation(10);
        let held_out = images((0..1).map(|b| order.evaluation_step(&order.held_out.unwrap(), 16, b)));
        assert_eq!(held_out, (50..60).collect::<Vec<_>>());
        let test = images((0..2).map(|b| order.evaluation_step(&order.test.unwrap(), 16, b)));
        assert_eq!(test, (60..80).collect::<Vec<_>>());
        let mut learned = images((0..4).map(|b| order.training_step(1, 16, b)));
        learned.sort_unstable();
        assert_eq!(learned, (0..50).collect::<Vec<_>>());
    }

    #[test]
    fn a_seed_of_its_own_keeps_the_split() {
        let order = |seed, split| Sampler::new(seed, 100, 0, 0.2).with_split_seed(split);
        let held_out = |order: Sampler| images((0..2).map(|b| order.evaluation_step(&order.held_out.unwrap(), 16, b)));
        let learned = |order: Sampler| images((0..5).map(|b| order.training_step(0, 16, b)));
        let sorted = |mut images: Vec<u32>| {
            images.sort_unstable();
            images
        };
        let [one, two] = [1, 2].map(|seed| order(seed, 9));
        assert_eq!(held_out(one), held_out(two));
        assert_ne!(learned(one), learned(two), "the order follows the seed");
        assert_eq!(sorted(learned(one)), sorted(learned(two)));
        assert_ne!(held_out(one), held_out(order(1, 8)));
    }

    #[test]
    fn epochs_differ_and_repeat_with_the_seed() {
        let epoch = |seed, epoch| {
            let order = Sampler::new(seed, 50, 0, 0.0);
            images((0..4).map(move |b| order.training_step(epoch, 16, b)))
        };
        assert_eq!(epoch(1, 0), epoch(1, 0));
        assert_ne!(epoch(1, 0), epoch(1, 1));
        assert_ne!(epoch(1, 0), epoch(2, 0));
    }
}
