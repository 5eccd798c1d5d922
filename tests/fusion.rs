//! `--no-fuse` gives the same numbers, within rounding, from more launches.

use lepton_gpu::config::{ParameterRule, RunConfig, UpdateConfig};
use lepton_gpu::data;
use lepton_gpu::gpu::Gpu;
use lepton_gpu::model::ModelSpec;
use lepton_gpu::plan::Goal;
use lepton_gpu::train::{Event, Trainer};

mod common;

/// A preset or a model file's text, trained on the built-in images, and for how many steps.
type Run = (&'static str, u64);

/// An inverted residual, whose activations are ReLU6, also after a product alone.
const INVERTED: &str = r#"
name = "inverted"
input = [28, 28, 1]
[[layer]]
name = "stem"
type = "conv2d"
filters = 16
kernel = 3
stride = 2
padding = "same"
activation = "relu6"
[[layer]]
name = "wide"
type = "conv2d"
filters = 24
kernel = 1
bias = false
[[layer]]
name = "wide_norm"
type = "batch_norm"
activation = "relu6"
[[layer]]
name = "depthwise"
type = "conv2d"
filters = 24
groups = 24
kernel = 5
padding = "same"
bias = false
[[layer]]
name = "depthwise_norm"
type = "batch_norm"
activation = "relu6"
[[layer]]
name = "narrow"
type = "conv2d"
filters = 16
kernel = 1
bias = false
[[layer]]
name = "narrow_norm"
type = "batch_norm"
[[layer]]
name = "sum"
type = "add"
inputs = ["narrow_norm", "stem"]
[[layer]]
name = "pool"
type = "global_avg_pool"
[[layer]]
name = "classes"
type = "linear"
units = "classes"
"#;

fn trainer(gpu: &Gpu, (model, steps): Run, fuse: bool, update: UpdateConfig) -> Trainer {
    let data = data::load(None).unwrap();
    let config = RunConfig { fuse, batch: 16, steps: Some(steps), seed: 5, update, ..RunConfig::default() };
    let mut model = match model.contains('\n') {
        true => ModelSpec::parse(model, "a test").unwrap(),
        false => ModelSpec::open(model).unwrap(),
    };
    model.input = data.input().shape();
    Trainer::new(gpu, &data, model, config).unwrap()
}

/// Mean training loss of each submission, and the launches of a step.
fn losses(gpu: &Gpu, run: Run, fuse: bool) -> (Vec<f64>, usize) {
    let mut trainer = trainer(gpu, run, fuse, UpdateConfig::default());
    let losses = fit(&mut trainer);
    (losses, trainer.plan().lists[Goal::Train].len())
}

fn fit(trainer: &mut Trainer) -> Vec<f64> {
    let mut losses = Vec::new();
    trainer
        .fit(|_, event| {
            if let Event::Progress { so_far, .. } = event {
                losses.push(so_far.loss);
            }
        })
        .unwrap();
    losses
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

#[test]
fn inverted_residuals_learn_alike() {
    check((INVERTED, 10));
}

/// Frozen layers in front run as away from training: they keep their running averages, which normalise instead of the batch's
/// own, and are folded into products.
#[test]
fn frozen_layers_in_front_run_as_in_inference() {
    let Some(gpu) = common::gpu() else { return };
    let rule = |pattern: &str| ParameterRule { pattern: pattern.into(), frozen: Some(true), ..Default::default() };
    let update = UpdateConfig { parameters: ["stem.*", "wide*", "depthwise*"].map(rule).into(), ..Default::default() };
    let mut losses = Vec::new();
    for fuse in [true, false] {
        let mut trainer = trainer(&gpu, (INVERTED, 4), fuse, update.clone());
        let before = trainer.checkpoint().unwrap();
        losses.push(*fit(&mut trainer).last().unwrap());
        let after = trainer.checkpoint().unwrap();
        for (a, b) in before.tensors.iter().zip(&after.tensors).filter(|(a, _)| !a.name.starts_with("optimizer.")) {
            assert_eq!(a.name, b.name);
            let frozen = ["stem", "wide", "depthwise"].iter().any(|layer| a.name.starts_with(layer));
            assert_eq!(a.data == b.data, frozen, "{}", a.name);
        }
        let kernels = trainer.plan().lists[Goal::Train].iter().map(|launch| launch.kernel.name.to_string());
        let kernels: Vec<String> = kernels.collect();
        let statistics = kernels.iter().filter(|name| name.starts_with("batch_norm/statistics")).count();
        assert_eq!(statistics, 1, "only narrow_norm's");
        assert_eq!(kernels.iter().any(|name| name.starts_with("batch_norm/inference")), !fuse);
    }
    assert!((losses[0] / losses[1] - 1.0).abs() < 1e-5, "{losses:?}");
}
