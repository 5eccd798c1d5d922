//! What weight decay leaves alone.

use lepton_gpu::data;
use lepton_gpu::model::ModelSpec;
use lepton_gpu::train::Trainer;

use crate::{base, common, plain};

/// Scales and shifts of norms do not decay, whatever their shape.
#[test]
fn norms_do_not_decay() {
    let Some(gpu) = common::gpu() else { return };
    let data = data::load(None).unwrap();
    let text = r#"
        name = "norms"
        input = [28, 28, 1]
        layer = [
            { type = "layer_norm", over = "image" }, { type = "conv2d", filters = 4, kernel = 3 }, { type = "batch_norm" },
            { type = "layer_norm" }, { type = "group_norm", groups = 2 }, { type = "instance_norm", affine = true },
            { type = "prelu" }, { type = "flatten" }, { type = "linear", units = 10 },
        ]
    "#;
    let trainer = Trainer::new(&gpu, &data, ModelSpec::parse(text, "norms").unwrap(), base(plain())).unwrap();
    let plan = trainer.plan();
    let decaying =
        plan.phases[0].blocks.iter().filter(|block| block.factors.decay > 0.0).map(|block| block.word as usize);
    let name = |word| plan.parameters.iter().find(|p| p.offset_words == word).map(|p| p.name.clone());
    assert_eq!(decaying.filter_map(name).collect::<Vec<_>>(), ["conv2d_1.weight", "linear_1.weight"]);
}
