//! The losses in `benches/reference.toml`: complete, tight enough to see a wrong device, and made by definitions that a
//! device agrees with.

use lepton_gpu::bench::{NETWORKS, Network, REFERENCES, synthetic, twin_loss};
use lepton_gpu::config::{RunConfig, Validation};
use lepton_gpu::data::Dataset;
use lepton_gpu::gpu::Gpu;
use lepton_gpu::model::ModelSpec;
use lepton_gpu::train::Trainer;
use lepton_kernels::op::Precision;

mod common;

/// A few steps on a few images, so that the definitions, which are slow, get there.
const STEPS: u64 = 3;

fn small(network: &Network) -> (ModelSpec, Dataset, RunConfig) {
    let model = ModelSpec::open(network.model).unwrap();
    let data = synthetic(model.input, 6);
    let test = data.test().unwrap().clone().truncated(2);
    let data = data.with_test(test).unwrap();
    // two steps an epoch: the third is of another order
    let config = RunConfig { steps: Some(STEPS), ..network.config(3, Precision::F32) };
    (model, data, config)
}

fn device_loss(gpu: &Gpu, model: &ModelSpec, data: &Dataset, config: RunConfig) -> f64 {
    let config = RunConfig { validation: Validation::Test, ..config };
    let mut trainer = Trainer::new(gpu, data, model.clone(), config).unwrap();
    trainer.fit(|_, _| {}).unwrap();
    // with the last weights, not the best epoch's
    trainer.validate().unwrap().expect("there are test images").loss
}

#[test]
fn a_device_and_the_definitions_reach_the_same_loss() {
    let Some(gpu) = common::gpu() else { return };
    for network in NETWORKS {
        let (model, data, config) = small(&network);
        let want = twin_loss(&model, &config, &data, STEPS).unwrap();
        let found = device_loss(&gpu, &model, &data, config.clone());
        assert!((found / want - 1.0).abs() < 1e-5, "{}: device {found}, definitions {want}", network.model);
        let other = RunConfig { learning_rate: 1.1 * config.learning_rate, ..config };
        let wrong = device_loss(&gpu, &model, &data, other);
        assert!((wrong / want - 1.0).abs() > 1e-5, "{}: updates a tenth too large go unseen", network.model);
    }
}

#[test]
fn every_network_has_a_reference_that_learning_moved() {
    assert_eq!(REFERENCES.network.len(), NETWORKS.len());
    for network in NETWORKS {
        let known =
            REFERENCES.of(network.model, network.batch).unwrap_or_else(|| panic!("{} is missing", network.model));
        // ten classes: who has learned nothing is at ln 10
        let learned = 1.0 - known.loss / 10f64.ln();
        assert!(known.steps >= 5 && learned > 0.0, "{known:?}");
        assert!(known.tolerance_f32 <= 0.05 * learned, "{known:?}: an update a twentieth too small must show");
        assert!(known.tolerance_f16 <= 0.2 * learned, "{known:?}: an update a fifth too small must show");
        assert!(known.baseline_images_per_second > 0.0, "{known:?}");
    }
}
