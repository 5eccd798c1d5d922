//! Images that are streamed are the same images: the same run gives the same bytes, stops and goes on the same way.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use lepton_gpu::config::{NormalizeConfig, RunConfig, UpdateConfig, Validation};
use lepton_gpu::data::{self, Dataset, Source, SourceError, Split, Splits, Targets};
use lepton_gpu::gpu::Gpu;
use lepton_gpu::losses::CrossEntropy;
use lepton_gpu::train::{Evaluator, TrainError, Trainer, Tta};
use lepton_kernels::augment::Policy;
use lepton_kernels::op::Precision;

use super::{common, config, fresh, quiet, stored};

/// Images that a program has, and hands out as if they were elsewhere.
#[derive(Debug)]
struct Elsewhere {
    bytes: Vec<u8>,
    each: usize,
    memory: u64,
    /// Whether the last image cannot be read any more.
    is_damaged: AtomicBool,
    /// Images that were read.
    reads: AtomicUsize,
}

impl Source for Elsewhere {
    fn count(&self) -> usize {
        self.bytes.len() / self.each
    }

    fn read(&self, numbers: &[u32], bytes: &mut [u8]) -> Result<(), SourceError> {
        self.reads.fetch_add(numbers.len(), Ordering::Relaxed);
        for (&number, bytes) in numbers.iter().zip(bytes.chunks_exact_mut(self.each)) {
            let number = number as usize;
            if number + 1 == self.count() && self.is_damaged.load(Ordering::Relaxed) {
                let (place, reason) = (format!("image {number}"), "it is gone".into());
                return Err(SourceError { place, reason, can_be_skipped: true });
            }
            bytes.copy_from_slice(&self.bytes[number * self.each..][..self.each]);
        }
        Ok(())
    }

    fn memory(&self) -> u64 {
        self.memory
    }
}

fn elsewhere(split: &Split, memory: u64) -> (Arc<Elsewhere>, Split) {
    let (bytes, each) = (split.bytes().unwrap().to_vec(), split.example_bytes());
    let source =
        Arc::new(Elsewhere { bytes, each, memory, is_damaged: AtomicBool::new(false), reads: AtomicUsize::new(0) });
    let targets = Targets::Classes { labels: split.labels().to_vec(), classes: split.targets() };
    let numbers = (0..split.len() as u32).collect();
    let streamed = Split::streamed(split.input().shape(), source.clone(), numbers, targets).unwrap();
    (source, streamed)
}

/// Some images, resident and streamed within so many bytes.
fn both(train: usize, memory: u64) -> [Dataset; 2] {
    let data = data::load(None).unwrap();
    let [train, test] = [data.train().unwrap().clone().truncated(train), data.test().unwrap().clone().truncated(70)];
    let of = |train: Split, test: Split| {
        data.with_splits(Splits { train: Some(train), validation: None, test: Some(test) }).unwrap()
    };
    let streamed = of(elsewhere(&train, memory).1, elsewhere(&test, memory).1);
    [of(train, test), streamed]
}

/// Bytes in which two batches of 32 images of 28x28 fit, and a window of so many.
fn room(batches: u64) -> u64 {
    8 * batches * 32 * 784
}

fn trained(gpu: &Gpu, data: &Dataset, config: &RunConfig) -> Vec<u8> {
    let mut trainer = fresh(gpu, data, config.clone());
    let window = trainer.plan().window;
    assert_eq!(window.is_some(), data.train().unwrap().bytes().is_none());
    assert!(window.is_none_or(|images| images < data.train().unwrap().len()), "{window:?}");
    quiet(&mut trainer);
    stored(&trainer).0
}

fn runs() -> Vec<(&'static str, RunConfig)> {
    let plain = RunConfig { epochs: 2, ..config(lepton_gpu::optim::Sgd::default().into()) };
    let mixed = Policy { crop: 2, mixup: 0.4, cutmix: 1.0, rotate: 10.0, ..Policy::default() };
    let weighted =
        CrossEntropy { class_weights: (1..=10).map(|i| i as f32 / 4.0).collect(), ..CrossEntropy::default() };
    vec![
        ("plain, an uneven last batch", plain.clone()),
        ("augmented and mixed", RunConfig { augment: mixed, ..plain.clone() }),
        (
            "accumulated",
            RunConfig { update: UpdateConfig { accumulate: 3, ..UpdateConfig::default() }, ..plain.clone() },
        ),
        ("weighted classes", RunConfig { loss: weighted.into(), ..plain.clone() }),
        (
            "statistics of the data",
            RunConfig { normalize: NormalizeConfig::parse("dataset").unwrap(), ..plain.clone() },
        ),
        ("validated on test images", RunConfig { validation: Validation::Test, ..plain.clone() }),
        ("not validated", RunConfig { validation: Validation::None, ..plain }),
    ]
}

#[test]
fn a_streamed_run_gives_the_bytes_of_a_resident_one() {
    let Some(gpu) = common::gpu() else { return };
    let runs = runs();
    for (i, (what, config)) in runs.iter().enumerate() {
        // one batch a half of the window, and three
        let [resident, streamed] = both(300, room([1, 3][i % 2]));
        assert!(trained(&gpu, &streamed, config) == trained(&gpu, &resident, config), "{what}");
    }
    if common::f16(&gpu).is_some() {
        let [resident, streamed] = both(200, room(2));
        let config = RunConfig { precision: Precision::F16, ..runs[0].1.clone() };
        assert!(trained(&gpu, &streamed, &config) == trained(&gpu, &resident, &config), "f16");
    }
}

#[test]
fn a_streamed_run_goes_on_resident_and_the_other_way() {
    let Some(gpu) = common::gpu() else { return };
    let (_, config) = &runs()[1];
    let [resident, streamed] = both(300, room(2));
    let expected = trained(&gpu, &resident, config);
    for (first, then, steps) in [(&resident, &streamed, 3), (&streamed, &resident, 10), (&streamed, &streamed, 11)] {
        let mut part = fresh(&gpu, first, RunConfig { steps: Some(steps), ..config.clone() });
        quiet(&mut part);
        let (_, checkpoint) = stored(&part);
        let mut rest = Trainer::resume(&gpu, then, &checkpoint, config.clone()).unwrap();
        quiet(&mut rest);
        assert!(stored(&rest).0 == expected, "stopped at step {steps}");
    }
}

#[test]
fn streamed_images_are_evaluated_as_resident_ones_in_every_view() {
    let Some(gpu) = common::gpu() else { return };
    let [resident, streamed] = both(64, room(1));
    let (_, config) = &runs()[0];
    let mut trainer = fresh(&gpu, &resident, RunConfig { epochs: 1, ..config.clone() });
    quiet(&mut trainer);
    let checkpoint = trainer.checkpoint().unwrap();
    for tta in [None, Some(Tta::Mirror), Some(Tta::MirrorTranslate)] {
        let [a, b] = [&resident, &streamed].map(|data| {
            let mut evaluator = Evaluator::new(&gpu, &checkpoint, data, tta).unwrap();
            // twice, so that it begins again where it ended
            let first = evaluator.evaluate().unwrap();
            assert_eq!(first, evaluator.evaluate().unwrap());
            first
        });
        assert_eq!(a, b, "{tta:?}");
    }
}

#[test]
fn only_images_that_are_needed_are_read() {
    let Some(gpu) = common::gpu() else { return };
    let data = data::load(None).unwrap();
    let (source, train) = elsewhere(&data.train().unwrap().clone().truncated(300), room(1));
    let streamed = data.with_splits(Splits { train: Some(train), validation: None, test: None }).unwrap();
    let reads = || source.reads.load(Ordering::Relaxed);
    let (_, config) = &runs()[0];
    let config = RunConfig { validation: Validation::None, limit: Some(96), ..config.clone() };
    let mut trainer = fresh(&gpu, &streamed, config.clone());
    assert_eq!(reads(), 96, "what the data are known by");
    quiet(&mut trainer);
    assert_eq!(reads(), 96 + 2 * (96 + 32), "two epochs, each with a batch for its loss, and nothing of a third");
    // batches must have room where images are evaluated, too
    let large = RunConfig { batch: 64, ..config };
    let resident = data.with_splits(Splits { train: data.train().cloned(), validation: None, test: None }).unwrap();
    let checkpoint = fresh(&gpu, &resident, large).checkpoint().unwrap();
    let Err(error) = Evaluator::new(&gpu, &checkpoint, &streamed, None) else { panic!("no room") };
    assert!(error.to_string().starts_with("streaming batches of 64 images needs "), "{error}");
}

#[test]
fn an_image_that_is_gone_stops_a_run_with_its_name() {
    let Some(gpu) = common::gpu() else { return };
    let data = data::load(None).unwrap();
    let (source, train) = elsewhere(&data.train().unwrap().clone().truncated(300), room(1));
    let streamed = data.with_splits(Splits { train: Some(train), validation: None, test: None }).unwrap();
    let (_, config) = &runs()[0];
    let mut trainer = fresh(&gpu, &streamed, RunConfig { validation: Validation::None, ..config.clone() });
    trainer.train_steps(1).unwrap();
    source.is_damaged.store(true, Ordering::Relaxed);
    let error = trainer.fit(|_, _| {}).unwrap_err();
    let TrainError::Source(error) = error else { panic!("{error}") };
    assert_eq!(error.to_string(), "image 299: it is gone");
    // the weights are those of the last step that ran
    source.is_damaged.store(false, Ordering::Relaxed);
    assert!(trainer.checkpoint().is_ok());
}
