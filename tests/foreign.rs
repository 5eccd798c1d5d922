//! Weights of other programs: networks as torchvision, timm and others build them answer here as they do in PyTorch.
//! `golden/foreign.py` made the numbers; weights are computed from names on both sides.

use std::collections::HashMap;

use lepton_gpu::checkpoint::{Checkpoint, DatasetFingerprint, NamedTensor, State};
use lepton_gpu::config::{LossConfig, NormalizeConfig, RunConfig};
use lepton_gpu::gpu::Gpu;
use lepton_gpu::model::ModelSpec;
use lepton_gpu::plan::{Graph, Setting};
use lepton_gpu::train::Predictor;
use lepton_gpu::weights::foreign::{ForeignFile, Translated, translate};
use lepton_kernels::random;
use safetensors::Dtype;
use safetensors::tensor::TensorView;
use serde_json::Value;

mod common;
#[path = "golden/file.rs"]
#[allow(dead_code, reason = "each test program uses its own part")]
mod file;
#[path = "foreign/refusals.rs"]
mod refusals;

use file::Golden;

/// The largest difference of a logit, beside the largest logit: f32 here, f64 there.
const TOLERANCE: f64 = 2e-5;

/// A network of the golden file.
struct Network {
    name: String,
    about: Value,
}

impl Network {
    fn all(golden: &Golden) -> Vec<Network> {
        let names = golden.names();
        let names = names.iter().filter_map(|name| name.strip_suffix(".logits"));
        names.map(|name| Network { name: name.into(), about: golden.attributes(name) }).collect()
    }

    fn named(golden: &Golden, name: &str) -> Network {
        Network { name: name.into(), about: golden.attributes(name) }
    }

    fn text(&self, key: &str) -> &str {
        self.about[key].as_str().unwrap()
    }

    fn number(&self, key: &str) -> usize {
        self.about[key].as_u64().unwrap() as usize
    }

    /// Our model of it, with fewer channels where it was made with fewer.
    fn model(&self) -> ModelSpec {
        let by = self.number("divisor");
        let narrower = |line: &str| match line.split_once(" = ") {
            Some((key @ ("filters" | "groups" | "units"), number)) => {
                number.parse::<usize>().map_or(line.into(), |number| format!("{key} = {}", number / by))
            }
            _ => line.to_string(),
        };
        let text = ModelSpec::open(self.text("preset")).unwrap().to_toml();
        let text: Vec<String> = text.lines().map(narrower).collect();
        let side = self.number("side");
        let mut model = ModelSpec::parse(&text.join("\n"), "narrow").unwrap();
        model.input = [side, side, 3];
        model
    }

    /// Its tensors as a file has them, by name with their shapes.
    fn tensors(&self) -> HashMap<String, (Vec<usize>, Vec<f32>)> {
        let listed = self.about["tensors"].as_array().unwrap().iter().map(|row| {
            let (name, shape) = (row[0].as_str().unwrap(), row[1].as_array().unwrap());
            let shape: Vec<usize> = shape.iter().map(|size| size.as_u64().unwrap() as usize).collect();
            let values = values(name, &shape);
            (name.to_string(), (shape, values))
        });
        listed.collect()
    }

    fn pixels(&self) -> Vec<u8> {
        let side = self.number("side") as u64;
        (0..2 * side * side * 3).map(|i| (bits(1000, i) >> 56) as u8).collect()
    }
}

fn bits(p: u64, i: u64) -> u64 {
    random::hash64((p << 32).wrapping_add(i))
}

/// What a tensor of this name and shape holds; `values` of `golden/foreign.py`.
fn values(name: &str, shape: &[usize]) -> Vec<f32> {
    let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    let of_weights = shape.len() >= 2 && shape[1..] != [1, 1];
    let limit = (6.0 / shape.iter().skip(1).product::<usize>() as f64).sqrt();
    let small = ["bias", "running_mean"].iter().any(|end| name.ends_with(end));
    let value = |i| {
        let unit = (bits(hash.into(), i) >> 40) as f64 / f64::from(1 << 24);
        match (of_weights, small) {
            (true, _) => (2.0 * unit - 1.0) * limit,
            (false, true) => 0.4 * (unit - 0.5),
            (false, false) => 0.5 + unit,
        }
    };
    (0..shape.iter().product::<usize>() as u64).map(|i| value(i) as f32).collect()
}

/// The bytes of a file; what has no dimension is a counter of steps.
fn bytes_of(tensors: &HashMap<String, (Vec<usize>, Vec<f32>)>) -> Vec<u8> {
    let views = tensors.iter().map(|(name, (shape, values))| {
        let counter = shape.is_empty();
        let (dtype, data): (_, &[u8]) =
            if counter { (Dtype::I64, &[0; 8]) } else { (Dtype::F32, bytemuck::cast_slice(values)) };
        (name, TensorView::new(dtype, shape.clone(), data).unwrap())
    });
    safetensors::serialize(views, None).unwrap()
}

fn checkpoint(model: &ModelSpec, tensors: Vec<NamedTensor>, outputs: usize) -> Checkpoint {
    let config = RunConfig { normalize: NormalizeConfig::parse("imagenet").unwrap(), ..RunConfig::default() };
    let classes: Vec<String> = (0..outputs).map(|number| number.to_string()).collect();
    let data = DatasetFingerprint { train: 0, test: 0, hash: 0, by_name: false };
    Checkpoint::new(model, &config, &classes, None, data, &State::default(), tensors)
}

/// The outputs on the golden images, one image after another.
fn outputs(gpu: &Gpu, checkpoint: &Checkpoint, pixels: &[u8]) -> Vec<f32> {
    let answers = Predictor::new(gpu, checkpoint, None).unwrap().predict(pixels).unwrap();
    answers.into_iter().flat_map(|answer| answer.outputs).collect()
}

/// The largest difference beside the largest number that is wanted.
fn difference(got: &[f32], want: &[f64]) -> f64 {
    assert_eq!(got.len(), want.len());
    let largest = want.iter().fold(0f64, |most, value| most.max(value.abs()));
    got.iter().zip(want).map(|(&got, want)| (f64::from(got) - want).abs()).fold(0.0, f64::max) / largest
}

/// The model up to a layer, without that layer's activation; of an image the channels' means.
fn up_to(model: &ModelSpec, layer: &str) -> ModelSpec {
    let mut table: toml::Table = model.to_toml().parse().unwrap();
    let layers = table["layer"].as_array_mut().unwrap();
    let at = layers.iter().position(|row| row["name"].as_str() == Some(layer)).unwrap();
    layers.truncate(at + 1);
    layers[at].as_table_mut().unwrap().remove("activation");
    let row = ModelSpec::parse(&table.to_string(), "part").unwrap();
    let pool = toml::toml! { name = "means" type = "global_avg_pool" };
    table["layer"].as_array_mut().unwrap().push(pool.into());
    let image = ModelSpec::parse(&table.to_string(), "part").unwrap();
    let setting = Setting::new(1, 1, LossConfig::default());
    if Graph::build(&image, &setting).is_ok() { image } else { row }
}

/// The first of our layers with weights whose output is not PyTorch's, with by how much.
fn first_difference(gpu: &Gpu, golden: &Golden, network: &Network, taken: &Translated) -> Option<String> {
    let weights = &taken.weights;
    let model = weights.model.as_ref().unwrap();
    let architecture = lepton_gpu::weights::foreign::architectures()
        .find(|row| row.source == taken.source && row.names(&model.name).is_some())
        .unwrap();
    let parameters = architecture.parameters(model).unwrap();
    let probes = golden.array(&format!("{}.probes", network.name)).data;
    let modules = network.about["modules"].as_array().unwrap();
    for (module, wanted) in modules.iter().zip(probes.chunks_exact(8)) {
        let theirs = format!("{}.weight", module.as_str().unwrap());
        let Some(parameter) = parameters.iter().find(|parameter| parameter.theirs == theirs) else { continue };
        let (layer, _) = parameter.ours.split_once('.').unwrap();
        let part = up_to(model, layer);
        let channels = *parameter.shape.sizes().last().unwrap();
        let owns = |tensor: &&NamedTensor| part.layers.iter().any(|l| tensor.name.split('.').next() == Some(&l.name));
        let tensors = weights.tensors.iter().filter(owns).cloned().collect();
        let got = outputs(gpu, &checkpoint(&part, tensors, channels), &network.pixels());
        let got: Vec<f32> = got.chunks_exact(channels).flat_map(|image| image[..4].to_vec()).collect();
        let error = difference(&got, wanted);
        if error > TOLERANCE * 10.0 {
            return Some(format!("{layer} ({}): {error:.1e} off", module.as_str().unwrap()));
        }
    }
    None
}

fn taken(network: &Network, tensors: &HashMap<String, (Vec<usize>, Vec<f32>)>) -> Translated {
    let bytes = bytes_of(tensors);
    let file = ForeignFile::parse(&bytes, &network.name).unwrap();
    let hint = network.text("hint");
    // a narrow network has no preset's sizes
    let mut taken = if network.number("divisor") == 1 {
        translate(&file, None, &[hint]).unwrap()
    } else {
        translate(&file, Some(&network.model()), &[hint]).unwrap()
    };
    let mut model = taken.weights.model.take().unwrap().for_classes(7);
    model.input = network.model().input;
    taken.weights.model = Some(model);
    taken
}

#[test]
fn networks_answer_as_they_do_in_pytorch() {
    let Some(gpu) = common::gpu() else { return };
    let golden = Golden::open("foreign");
    for network in Network::all(&golden) {
        let tensors = network.tensors();
        let taken = taken(&network, &tensors);
        let weights = &taken.weights;
        let model = weights.model.as_ref().unwrap();
        assert_eq!(model.name, network.text("preset"), "{}", network.name);
        assert_eq!((&weights.unused[..], &taken.missing[..]), (&[][..], &[][..]), "{}", network.name);
        assert_eq!(taken.counters, tensors.keys().filter(|name| name.ends_with("num_batches_tracked")).count());
        let got = outputs(&gpu, &checkpoint(model, weights.tensors.clone(), 7), &network.pixels());
        let error = difference(&got, &golden.array(&format!("{}.logits", network.name)).data);
        println!("{}: {error:.1e}", network.name);
        if error > TOLERANCE {
            let first = first_difference(&gpu, &golden, &network, &taken);
            panic!("{}: logits are {error:.1e} off; the first layer that differs: {first:?}", network.name);
        }
    }
}

#[test]
fn the_first_layer_that_differs_is_named() {
    let Some(gpu) = common::gpu() else { return };
    let golden = Golden::open("foreign");
    for (name, tensor, layer) in [
        ("akamaster.resnet20", "layer2.0.bn1.running_var", "stage2_1_1_norm (layer2.0.bn1)"),
        ("kuangliu.resnet18", "layer1.0.conv1.weight", "stage1_1_1_conv (layer1.0.conv1)"),
    ] {
        let network = Network::named(&golden, name);
        let mut tensors = network.tensors();
        tensors.get_mut(tensor).unwrap().1.reverse();
        let first = first_difference(&gpu, &golden, &network, &taken(&network, &tensors));
        assert!(first.as_ref().is_some_and(|first| first.starts_with(layer)), "{first:?}");
    }
}
