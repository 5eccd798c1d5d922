//! After the first step nothing grows, and the device holds what the plan says.

use lepton_gpu::config::RunConfig;
use lepton_gpu::data;
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
