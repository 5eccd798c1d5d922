//! After the first step nothing grows, and the device holds what the plan says.

use std::sync::Arc;

use lepton_gpu::config::{RunConfig, Validation};
use lepton_gpu::data::{self, Dataset, Source, SourceError, Split, Targets};
use lepton_gpu::gpu::Gpu;
use lepton_gpu::model::ModelSpec;
use lepton_gpu::train::{Event, Trainer};

mod common;

/// The tests of this program measure one process, so they take turns.
static TURN: std::sync::Mutex<()> = std::sync::Mutex::new(());

fn turn() -> std::sync::MutexGuard<'static, ()> {
    TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Resident memory of this process, where the system tells.
fn resident_bytes() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    Some(text.split(' ').nth(1)?.parse::<u64>().ok()? * 4096)
}

fn trainer(gpu: &Gpu, model: &str, config: RunConfig) -> Trainer {
    let data = data::load(None).unwrap();
    Trainer::new(gpu, &data, ModelSpec::open(model).unwrap(), config).unwrap()
}

#[test]
fn host_memory_is_flat_over_a_thousand_steps() {
    let _turn = turn();
    let Some(gpu) = common::gpu() else { return };
    let config = RunConfig { batch: 16, epochs: 100, steps: Some(1100), limit: Some(1600), ..RunConfig::default() };
    let mut trainer = trainer(&gpu, "linear", config);
    let mut after = Vec::new();
    trainer
        .fit(|trainer, event| {
            if let (Event::Epoch { .. }, Some(bytes)) = (event, resident_bytes()) {
                after.push((trainer.state().step, bytes));
            }
        })
        .unwrap();
    let (Some(&(first_step, first)), Some(&(last_step, last))) = (after.first(), after.last()) else { return };
    assert!(last_step - first_step >= 1000);
    let grown = last.saturating_sub(first);
    assert!(grown < 2 << 20, "{grown} bytes more after {} steps", last_step - first_step);
}

/// Images that nobody has: each is made when it is asked for.
#[derive(Debug)]
struct Made(u64);

impl Source for Made {
    fn count(&self) -> usize {
        MADE
    }

    fn read(&self, numbers: &[u32], bytes: &mut [u8]) -> Result<(), SourceError> {
        for (&number, image) in numbers.iter().zip(bytes.chunks_exact_mut(SIDE * SIDE * 3)) {
            image.fill(number as u8);
        }
        Ok(())
    }

    fn memory(&self) -> u64 {
        self.0
    }
}

const MADE: usize = 12_000;
const SIDE: usize = 96;

#[test]
fn streamed_images_take_what_they_may() {
    let _turn = turn();
    let Some(gpu) = common::gpu() else { return };
    let memory = 16 << 20;
    let targets = Targets::Classes { labels: (0..MADE as u32).map(|i| i % 2).collect(), classes: 2 };
    let numbers = (0..MADE as u32).collect();
    let split = Split::streamed([SIDE, SIDE, 3], Arc::new(Made(memory)), numbers, targets).unwrap();
    let data = Dataset::new("made", vec!["a".into(), "b".into()], split.into()).unwrap();
    let mut model = ModelSpec::open("linear").unwrap();
    model.input = [SIDE, SIDE, 3];
    let config = RunConfig { batch: 32, epochs: 1, validation: Validation::None, ..RunConfig::default() };
    // what the plan takes beside its images
    let mut trainer = Trainer::new(&gpu, &data, model, config).unwrap();
    let images = trainer.plan().image_parts.iter().sum::<u64>();
    assert!(images <= memory, "{images} bytes on the device");
    trainer.train_steps(1).unwrap();
    let Some(before) = resident_bytes() else { return };
    let mut most = 0;
    trainer.fit(|_, _| most = most.max(resident_bytes().unwrap())).unwrap();
    let grown = most.saturating_sub(before);
    // all of them are 332 MB
    assert!(grown < memory, "{grown} bytes more than after the first step, of {memory}");
}

#[test]
fn the_device_holds_what_the_plan_says() {
    let _turn = turn();
    let Some(gpu) = common::gpu() else { return };
    let before = gpu.allocated_bytes();
    let mut trainer = trainer(&gpu, "seed-mnist", RunConfig { steps: Some(3), ..RunConfig::default() });
    trainer.fit(|_, _| {}).unwrap();
    let (Some(before), Some(after)) = (before, gpu.allocated_bytes()) else {
        println!("skipped: this backend does not tell");
        return;
    };
    let (said, used) = (trainer.plan().bytes() as f64, (after - before) as f64);
    assert!((used / said - 1.0).abs() < 0.05, "the plan says {said} bytes, the device holds {used}");
}
