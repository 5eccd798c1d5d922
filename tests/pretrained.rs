//! Weights that are part of the program give the answers of the network that they are from, computed by PyTorch in f64.

use std::path::{Path, PathBuf};

use lepton_gpu::checkpoint::{Checkpoint, DatasetFingerprint, NamedTensor, State};
use lepton_gpu::config::RunConfig;
use lepton_gpu::gpu::Gpu;
use lepton_gpu::model::ModelSpec;
use lepton_gpu::train::Predictor;
use lepton_gpu::weights;
use safetensors::SafeTensors;

mod common;

const NAME: &str = "efficientnet-lite0";

/// Four photos, their logits and features; `golden/backbone.py` made them.
fn reference() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/backbone")
}

/// A folder beside the data, with the file that the weights were made from and more photos, where there is one.
fn originals() -> Option<PathBuf> {
    let folder = Path::new(&std::env::var_os("LEPTON_DATA")?).join("../models");
    folder.join(format!("{NAME}.safetensors")).exists().then_some(folder)
}

fn floats(file: &SafeTensors, name: &str) -> Vec<f32> {
    bytemuck::pod_collect_to_vec(file.tensor(name).unwrap().data())
}

/// What a predictor reads: these weights, images scaled as theirs were, and numbers for names of `outputs` classes.
fn checkpoint(model: &ModelSpec, outputs: usize, tensors: Vec<NamedTensor>) -> Checkpoint {
    let normalize = weights::open(NAME).unwrap().normalize.unwrap();
    let config = RunConfig { model: NAME.into(), normalize, ..RunConfig::default() };
    let classes: Vec<String> = (0..outputs).map(|class| class.to_string()).collect();
    let data = DatasetFingerprint { train: 1, test: 0, hash: 0, by_name: false };
    Checkpoint::new(model, &config, &classes, None, data, &State::default(), tensors)
}

/// The network without what follows its pooled features.
fn features(model: &ModelSpec) -> ModelSpec {
    let end = model.layers.iter().position(|layer| layer.name == "pool").unwrap();
    let mut features = model.clone();
    features.layers.truncate(end + 1);
    features
}

/// The largest distance between two lists.
fn distance(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

fn largest(values: &[f32]) -> usize {
    (0..values.len()).max_by(|&a, &b| values[a].total_cmp(&values[b])).unwrap()
}

/// Compares all answers of a network with a reference file's tensor `what`: within this distance, and the same is largest.
fn compare(gpu: &Gpu, network: &Checkpoint, images: &[Vec<u8>], file: &[u8], what: &str, within: f32) {
    let predictor = Predictor::new(gpu, network, None).unwrap();
    let expected = floats(&SafeTensors::deserialize(file).unwrap(), what);
    let mut worst = 0f32;
    for (image, expected) in images.iter().zip(expected.chunks_exact(expected.len() / images.len())) {
        let answer = predictor.predict(image).unwrap().remove(0).outputs;
        worst = worst.max(distance(&answer, expected));
        assert_eq!(largest(&answer), largest(expected), "{what}");
    }
    println!("{what} of {} images: within {worst:.1e}", images.len());
    assert!(worst <= within, "{what} differ by {worst}, more than {within}");
}

/// The photos in `golden/backbone`, in the order of its file.
fn photos() -> Vec<Vec<u8>> {
    let names = ["cardboard10", "glass10", "metal10", "plastic10"];
    let decode = |name| image::open(reference().join(format!("{name}.webp"))).unwrap().to_rgb8().into_raw();
    names.into_iter().map(decode).collect()
}

#[test]
fn weights_in_the_program_answer_as_the_network_that_they_are_from() {
    let Some(gpu) = common::gpu() else { return };
    let weights = weights::open(NAME).unwrap();
    assert_eq!(weights.classes[463..465], ["bucket", "buckle"]);
    let model = weights.model.unwrap().for_classes(1000);
    let file = std::fs::read(reference().join("reference.safetensors")).unwrap();
    compare(&gpu, &checkpoint(&model, 1000, weights.tensors), &photos(), &file, "logits", 2e-2);
}

/// Twelve photos, also with the weights as they were before most were rounded to f16.
#[test]
fn the_original_weights_give_the_original_numbers() {
    let (Some(gpu), Some(folder)) = (common::gpu(), originals()) else { return };
    let file = std::fs::read(folder.join(format!("{NAME}-reference.safetensors"))).unwrap();
    let pixels = SafeTensors::deserialize(&file).unwrap().tensor("images").unwrap().data().to_vec();
    let images: Vec<Vec<u8>> = pixels.chunks_exact(224 * 224 * 3).map(<[u8]>::to_vec).collect();
    let (model, inside) = (ModelSpec::open(NAME).unwrap().for_classes(1000), weights::open(NAME).unwrap().tensors);
    let original = weights::open(&folder.join(format!("{NAME}.safetensors")).to_string_lossy()).unwrap().tensors;
    let body = original.iter().filter(|tensor| !tensor.name.starts_with("classes.")).cloned().collect();
    compare(&gpu, &checkpoint(&model, 1000, inside), &images, &file, "logits", 2e-2);
    compare(&gpu, &checkpoint(&model, 1000, original), &images, &file, "logits", 1e-3);
    compare(&gpu, &checkpoint(&features(&model), 1280, body), &images, &file, "features", 1e-4);
}
