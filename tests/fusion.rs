//! `--no-fuse` gives the same numbers, within rounding, from more launches.

use lepton_gpu::config::RunConfig;
use lepton_gpu::data;
use lepton_gpu::gpu::Gpu;
use lepton_gpu::model::ModelSpec;
use lepton_gpu::plan::Goal;
use lepton_gpu::train::{Event, Trainer};

mod common;

/// A preset on the built-in images, and the steps that it is trained for.
type Run = (&'static str, u64);

/// Mean training loss of each submission, and the launches of a step.
fn losses(gpu: &Gpu, (model, steps): Run, fuse: bool) -> (Vec<f64>, usize) {
    let data = data::load(None).unwrap();
    let config = RunConfig { fuse, batch: 16, steps: Some(steps), seed: 5, ..RunConfig::default() };
    let mut model = ModelSpec::open(model).unwrap();
    model.input = data.input().shape();
    let mut trainer = Trainer::new(gpu, &data, model, config).unwrap();
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

fn check(run: Run) {
    let Some(gpu) = common::gpu() else { return };
    let ((fused, fewer), (separate, more)) = (losses(&gpu, run, true), losses(&gpu, run, false));
    assert!(fewer < more, "{fewer} launches fused, {more} separate");
    let (a, b) = (fused.last().unwrap(), separate.last().unwrap());
    assert!((a / b - 1.0).abs() < 1e-5, "mean loss of {run:?}: {a} fused, {b} separate");
}

#[test]
fn fused_and_separate_ops_learn_alike() {
    check(("seed-mnist", 20));
}

#[test]
fn residual_blocks_learn_alike() {
    check(("resnet20", 4));
}
