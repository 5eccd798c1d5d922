//! What is written is read back, and answers as the model does; every op has a row.

use lepton_gpu::config::{LossConfig, LossTarget, TargetsConfig};
use lepton_gpu::kernels::Mode;
use lepton_gpu::losses::Mse;
use lepton_gpu::model::{self, ModelSpec, PRESETS};
use lepton_gpu::onnx::{Options, ROWS, check, example, export};
use lepton_gpu::plan::{Graph, Setting};
use lepton_gpu::tasks;

use crate::common;
use crate::samples::{self, checkpoint, model_of, preset};

/// Writes, reads back and compares; gives the largest difference.
fn round(model: &ModelSpec, loss: &LossConfig, options: Options) -> f64 {
    let Some(gpu) = common::gpu() else { return 0.0 };
    let checkpoint = checkpoint(model, loss, if model.input[2] == 3 { "imagenet" } else { "none" });
    let bytes = export(&checkpoint, options).unwrap_or_else(|error| panic!("{}: {error}", model.name));
    let compared = check(&gpu, &checkpoint, &bytes, options);
    compared.unwrap_or_else(|error| panic!("{}: {error}\n{}", model.name, model.to_toml())).difference
}

#[test]
fn every_op_of_inference_has_a_row() {
    let presets = PRESETS.iter().map(|row| preset(row.name).0);
    let layers = samples::LAYERS.iter().map(|(kind, options)| model_of(kind, options));
    for model in presets.chain(layers) {
        let model = model.for_classes(samples::CLASSES).for_texts(12, samples::WORDS);
        let setting = Setting { mode: Mode::Infer, ..Setting::new(1, 1, tasks::loss_of_model(&model)) };
        let graph = Graph::build(&model, &setting).unwrap();
        for layer in &graph.layers {
            for node in graph.nodes.range(layer.nodes.clone()) {
                let found = ROWS.iter().any(|row| row.op == node.op.name());
                assert!(found, "{}: {} has no row", model.name, node.op.name());
            }
        }
    }
    for kind in model::LAYERS {
        assert!(samples::LAYERS.iter().any(|(name, _)| *name == kind.name), "no sample of {}", kind.name);
    }
}

#[test]
fn every_layer_is_read_back_as_it_was() {
    for (kind, options) in samples::LAYERS {
        let model = model_of(kind, options);
        let difference = round(&model, &LossConfig::default(), Options::default());
        println!("{difference:.1e} {kind} {}", options.replace('\n', ", "));
    }
}

#[test]
fn every_preset_is_read_back_as_it_was() {
    let Some(gpu) = common::gpu() else { return };
    let mut compared = 0;
    for row in PRESETS {
        let (model, loss) = preset(row.name);
        if samples::fits(&gpu, &model) {
            println!("{:.1e} {}", round(&model, &loss, Options::default()), row.name);
            compared += 1;
        }
    }
    assert!(compared >= 25, "only {compared} presets fit the adapter");
}

#[test]
fn pixels_and_f16_are_read_back_as_they_were() {
    for name in ["seed-mnist", "photo-norm", "autoencoder", "dcgan", "text-cnn"] {
        for options in [Options { pixels: true, half: false }, Options { pixels: true, half: true }] {
            let (model, loss) = preset(name);
            println!("{:.1e} {name} {options:?}", round(&model, &loss, options));
        }
    }
}

#[test]
fn numbers_come_out_in_the_units_of_the_data() {
    let Some(gpu) = common::gpu() else { return };
    let (model, _) = preset("photo-norm");
    let mut checkpoint = checkpoint(&model, &Mse { target: LossTarget::Values }.into(), "imagenet");
    let targets = &mut checkpoint.meta.config.targets;
    *targets = TargetsConfig::standardized();
    targets.mean = (0..samples::CLASSES).map(|i| 100.0 * i as f32).collect();
    targets.std = (0..samples::CLASSES).map(|i| 1.0 + i as f32).collect();
    let plain = example(&gpu, &checkpoint, Options::default()).unwrap().answers;
    assert!(plain[6] > 500.0, "{plain:?}");
    let bytes = export(&checkpoint, Options::default()).unwrap();
    check(&gpu, &checkpoint, &bytes, Options::default()).unwrap();
}

#[test]
fn another_answer_is_noticed() {
    let Some(gpu) = common::gpu() else { return };
    let (model, loss) = preset("seed-mnist");
    let (first, mut second) = (checkpoint(&model, &loss, "none"), checkpoint(&model, &loss, "none"));
    let bytes = export(&first, Options::default()).unwrap();
    // one number of one bias
    let bias = second.tensors.iter_mut().find(|tensor| tensor.name.ends_with("bias")).unwrap();
    bias.data[..4].copy_from_slice(&0.5f32.to_le_bytes());
    let error = check(&gpu, &second, &bytes, Options::default()).unwrap_err().to_string();
    assert!(error.contains("other answers"), "{error}");
    // other scaling of pixels
    let scaled = checkpoint(&model, &loss, "0.5:0.25");
    assert!(check(&gpu, &scaled, &bytes, Options::default()).is_err());
}
