//! Several batches with unequal weights of classes.

use lepton_gpu::checkpoint::Checkpoint;
use lepton_gpu::config::{LossConfig, OptimizerConfig, RunConfig, UpdateConfig};
use lepton_gpu::data;
use lepton_gpu::losses::{CrossEntropy, Focal};
use lepton_gpu::optim::Sgd;

use crate::{base, common, moved, norm, plain, run, start};

/// Every batch has another sum of weights, and all are divided by that of the update.
#[test]
fn several_weighted_batches_are_one_large_batch() {
    let Some(gpu) = common::gpu() else { return };
    let data = data::load(None).unwrap();
    let momentum: OptimizerConfig = Sgd { momentum: 0.9, nesterov: false, weight_decay: 0.0 }.into();
    let class_weights: Vec<f32> = (0..10).map(|class| if class % 3 == 0 { 10.0 } else { 0.25 }).collect();
    let losses: [LossConfig; 2] = [
        CrossEntropy { class_weights: class_weights.clone(), ..CrossEntropy::default() }.into(),
        Focal { gamma: 2.0, class_weights }.into(),
    ];
    for loss in losses {
        let config = |batch, accumulate| {
            let update = UpdateConfig { accumulate, ..plain() };
            RunConfig { batch, epochs: 2, optimizer: momentum.clone(), loss: loss.clone(), ..base(update) }
        };
        let begun = start(&gpu, &data, config(8, 3));
        let (small, large) = (run(&gpu, &data, config(8, 3)), run(&gpu, &data, config(24, 1)));
        let apart = norm(&moved(&small, &large)) / norm(&moved(&begun, &large));
        assert!(apart < 1e-5, "{}: {apart:e} apart", loss.name());
        let [one, other] = [&small, &large].map(|c: &Checkpoint| c.meta.state.best.unwrap().loss.unwrap());
        assert!((one / other - 1.0).abs() < 1e-5, "{}: training losses {one} and {other}", loss.name());
    }
}
