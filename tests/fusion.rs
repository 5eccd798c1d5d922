//! `--no-fuse` gives the same numbers, within rounding, from more launches.

use lepton_gpu::config::RunConfig;
use lepton_gpu::data;
use lepton_gpu::model::ModelSpec;
use lepton_gpu::plan::Goal;
use lepton_gpu::train::{Event, Trainer};

mod common;

/// Mean training loss after each submission of 20 steps, and the launches of one.
fn losses(gpu: &lepton_gpu::gpu::Gpu, fuse: bool) -> (Vec<f64>, usize) {
    let data = data::load(None).unwrap();
    let config = RunConfig { fuse, batch: 16, steps: Some(20), seed: 5, ..RunConfig::default() };
    let mut trainer = Trainer::new(gpu, &data, ModelSpec::open("seed-mnist").unwrap(), config).unwrap();
    let mut losses = Vec::new();
    trainer
        .fit(|_, event| {
            if let Event::Progress { so_far, .. } = event {
                losses.push(so_far.loss);
            }
        })
        .unwrap();
    (losses, trainer.plan().lists[Goal::Train].len())
}

#[test]
fn fused_and_separate_ops_learn_alike() {
    let Some(gpu) = common::gpu() else { return };
    let ((fused, fewer), (separate, more)) = (losses(&gpu, true), losses(&gpu, false));
    assert!(fewer < more, "{fewer} launches fused, {more} separate");
    let (a, b) = (fused.last().unwrap(), separate.last().unwrap());
    assert!((a / b - 1.0).abs() < 1e-5, "mean loss of 20 steps: {a} fused, {b} separate");
}
