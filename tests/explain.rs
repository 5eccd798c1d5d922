//! Explanations: maps as pytorch-grad-cam and captum compute them (`golden/explain.py`), and what a map must do if it says anything
//! about a model: change with its weights.

use std::sync::OnceLock;

use lepton_gpu::checkpoint::{Checkpoint, DatasetFingerprint, NamedTensor, State};
use lepton_gpu::config::RunConfig;
use lepton_gpu::data;
use lepton_gpu::explain::{Asked, ExplainError, Explainer, METHODS, Map, Reads, Search, Settings, Target, method};
use lepton_gpu::gpu::Gpu;
use lepton_gpu::model::{ModelSpec, initial_values};
use lepton_gpu::plan::{Plan, Request};
use lepton_gpu::train::Trainer;
use lepton_kernels::random;
use safetensors::SafeTensors;

mod common;

const GOLDEN: &[u8] = include_bytes!("golden/explain.safetensors");
const NETWORK: &str = include_str!("golden/explain.toml");
const SIZE: [usize; 2] = [18, 22];
const CLASSES: [usize; 2] = [1, 2];

fn floats(file: &SafeTensors, name: &str) -> Vec<f32> {
    bytemuck::pod_collect_to_vec(file.tensor(name).unwrap_or_else(|_| panic!("no {name}")).data())
}

/// A checkpoint of a model with these weights.
fn checkpoint(model: &ModelSpec, classes: usize, weights: &dyn Fn(&str) -> Vec<f32>) -> Checkpoint {
    let plan = Plan::compile(model, &Request::prediction(1, &Default::default())).unwrap();
    let tensor = |placed: &lepton_gpu::plan::Placed| NamedTensor {
        name: placed.name.clone(),
        shape: placed.shape.sizes().to_vec(),
        data: bytemuck::cast_slice(&weights(&placed.name)).to_vec(),
    };
    let names: Vec<String> = (0..classes).map(|class| format!("class {class}")).collect();
    let data = DatasetFingerprint { train: 1, test: 0, hash: 0, by_name: false };
    let tensors = plan.parameters.iter().map(tensor).collect();
    Checkpoint::new(model, &RunConfig::default(), &names, None, data, &State::default(), tensors)
}

fn golden_explainer(gpu: &Gpu) -> (Explainer, SafeTensors<'static>) {
    let file = SafeTensors::deserialize(GOLDEN).unwrap();
    let model = ModelSpec::parse(NETWORK, "explain").unwrap();
    let checkpoint = checkpoint(&model, 4, &|name| floats(&file, name));
    (Explainer::new(gpu, &checkpoint).unwrap(), file)
}

/// From 0 to 1, as pytorch-grad-cam scales its maps.
fn scaled(values: &[f32]) -> Vec<f32> {
    let [low, high] = values.iter().fold([f32::MAX, f32::MIN], |[low, high], &v| [low.min(v), high.max(v)]);
    values.iter().map(|v| (v - low) / (high - low)).collect()
}

/// The largest difference, as a share of the largest value that is wanted; infinite where a number is not finite, or nothing is wanted.
fn difference(got: &[f32], want: &[f32]) -> f32 {
    assert_eq!(got.len(), want.len());
    let largest = want.iter().fold(0f32, |most, v| most.max(v.abs()));
    if largest == 0.0 || !got.iter().chain(want).all(|value| value.is_finite()) {
        return f32::INFINITY;
    }
    got.iter().zip(want).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max) / largest
}

#[test]
fn a_map_without_numbers_is_unlike_any_other() {
    let want = [0.0, 0.5, 1.0];
    assert_eq!(difference(&want, &want), 0.0);
    assert_eq!(difference(&[0.0, 0.5, 0.75], &want), 0.25);
    assert!(difference(&[f32::NAN; 3], &want) > 1.0);
    assert!(difference(&scaled(&[0.0; 3]), &want) > 1.0, "a map of zeros has no range to be scaled by");
    assert!(difference(&[0.0; 3], &[0.0; 3]) > 1.0, "a golden map of zeros says nothing");
}

#[test]
fn maps_are_those_of_grad_cam_and_captum() {
    let Some(gpu) = common::gpu() else { return };
    let (mut explainer, file) = golden_explainer(&gpu);
    let images = file.tensor("images").unwrap().data();
    let settings = Settings { samples: 9, seed: 5, window: Some(5), stride: Some(3), ..Settings::default() };
    let golden = [
        ("grad-cam", "cam.grad_cam"),
        ("grad-cam++", "cam.grad_cam_plus_plus"),
        ("hirescam", "cam.hires_cam"),
        ("saliency", "saliency"),
        ("integrated-gradients", "integrated"),
        ("smoothgrad", "smooth_grad"),
        ("occlusion", "occlusion"),
    ];
    assert_eq!(golden.map(|(name, _)| name), METHODS.each_ref().map(|method| method.name), "every method is compared");
    for (image, pixels) in images.chunks_exact(18 * 22 * 3).enumerate() {
        for (name, tensor) in golden {
            let method = method(name).unwrap();
            let layer = (method.reads == Reads::Layer).then(|| "sum_relu".to_string());
            let asked = Asked { method, class: Some(CLASSES[image]), layer, settings: settings.clone() };
            let explanation = explainer.explain(pixels, &asked).unwrap();
            let all = floats(&file, &format!("maps.{tensor}"));
            let want = &all[image * SIZE[0] * SIZE[1]..][..SIZE[0] * SIZE[1]];
            let mut got = explanation.map.resized(SIZE).values;
            if method.reads == Reads::Layer {
                assert_eq!([explanation.map.height, explanation.map.width], [9, 11]);
                got = scaled(&got);
            }
            let worst = difference(&got, want);
            println!("{name}, image {image}: {worst:.1e} of the largest value");
            assert!(worst < 1e-4, "{name}, image {image}: {worst} of the largest value");
            if let Some(whole) = explanation.completeness {
                // captum's delta is what the sum has too much
                let [sum, delta] = [0, 1].map(|i| f64::from(floats(&file, "maps.completeness")[2 * image + i]));
                assert!((whole.attributed - sum).abs() < 1e-3, "{whole:?}, {sum}");
                assert!((whole.difference - (sum - delta)).abs() < 1e-3, "{whole:?}, {sum} less {delta}");
            }
            let logits = floats(&file, "maps.logits");
            let outputs = explanation.answer.outputs.iter().zip(&logits[4 * image..]);
            outputs.for_each(|(a, b)| assert!((a - b).abs() < 1e-4, "logits: {a}, {b}"));
        }
    }
}

/// The last layer's channels, from which PyTorch's outputs follow by hand.
#[test]
fn feature_maps_are_what_the_outputs_are_computed_from() {
    let Some(gpu) = common::gpu() else { return };
    let (mut explainer, file) = golden_explainer(&gpu);
    assert_eq!(explainer.depths(), ["norm1", "sum_relu", "conv4"], "the last layer of each size");
    let parameter = |name: &str| floats(&file, name);
    let linear = |inputs: &[f32], layer: &str| -> Vec<f32> {
        let (weight, bias) = (parameter(&format!("{layer}.weight")), parameter(&format!("{layer}.bias")));
        let column =
            |j: usize| inputs.iter().zip(weight[j..].iter().step_by(bias.len())).map(|(x, w)| x * w).sum::<f32>();
        (0..bias.len()).map(|j| column(j) + bias[j]).collect()
    };
    let images = file.tensor("images").unwrap().data();
    let logits = floats(&file, "maps.logits");
    for (pixels, want) in images.chunks_exact(18 * 22 * 3).zip(logits.chunks_exact(4)) {
        let maps = explainer.feature_maps(pixels, "conv4").unwrap();
        assert_eq!((maps.size(), maps.channels.len()), ([5, 6], 10));
        let means: Vec<f32> = maps.channels.iter().map(|channel| channel.mean).collect();
        assert!(maps.channels.iter().all(|c| c.min >= 0.0 && c.min <= c.mean && c.mean <= c.max));
        let hidden: Vec<f32> = linear(&means, "hidden").iter().map(|x| x.tanh()).collect();
        let got = linear(&hidden, "dense");
        assert!(got.iter().zip(want).all(|(a, b)| (a - b).abs() < 1e-4), "{got:?}, {want:?}");
    }
    let error = explainer.feature_maps(&images[..18 * 22 * 3], "hidden").unwrap_err();
    assert!(error.to_string().contains("12 numbers"), "{error}");
}

/// A network that was trained on the built-in pictures, once for all tests.
fn trained(gpu: &Gpu) -> &'static Checkpoint {
    static TRAINED: OnceLock<Checkpoint> = OnceLock::new();
    TRAINED.get_or_init(|| {
        let data = data::load(None).unwrap();
        let model = ModelSpec::open("seed-mnist").unwrap();
        let config = RunConfig { steps: Some(150), batch: 64, model: "seed-mnist".into(), ..RunConfig::default() };
        let mut trainer = Trainer::new(gpu, &data, model, config).unwrap();
        trainer.fit(|_, _| {}).unwrap();
        trainer.checkpoint().unwrap()
    })
}

/// Bytes of an image of noise.
fn noise(explainer: &Explainer, image: u64) -> Vec<u8> {
    let count: usize = explainer.model().input.iter().product();
    (0..count).map(|i| (random::uniform(9, image, i as u64) * 256.0) as u8).collect()
}

#[test]
fn an_image_is_found_that_raises_a_class_far() {
    let Some(gpu) = common::gpu() else { return };
    let mut explainer = Explainer::new(&gpu, trained(&gpu)).unwrap();
    let search = Search { steps: 40, seed: 3 };
    let occlusion = Asked::by(method("occlusion").unwrap());
    let images: Vec<Vec<u8>> = (0..16).map(|image| noise(&explainer, image)).collect();
    let mut outputs = |image: &Vec<u8>| explainer.explain(image, &occlusion).unwrap().answer.outputs;
    let random: Vec<Vec<f32>> = images.iter().map(&mut outputs).collect();
    for class in [1, 5, 9] {
        let found = explainer.maximise(&Target::Class(class), &search).unwrap();
        let most = f64::from(random.iter().map(|outputs| outputs[class]).fold(f32::MIN, f32::max));
        println!("class {class}: {:.2} to {:.2}; noise {most:.2}", found.before, found.after);
        assert!(found.after > found.before + 6.0 && found.after > most + 6.0, "far above the start and noise");
        let [before, after] = found.probabilities.unwrap();
        assert!(after > before, "{before}, {after}");
        let own = explainer.explain(&found.image, &Asked { class: Some(class), ..occlusion.clone() }).unwrap();
        let [own, kept] = [f64::from(own.answer.outputs[class]), found.after];
        assert!((own - kept).abs() < 1e-3, "the score is that of the image as it is kept: {own}, {kept}");
        assert_eq!(explainer.maximise(&Target::Class(class), &search).unwrap(), found, "the same seed, the same bytes");
        assert_ne!(
            explainer.maximise(&Target::Class(class), &Search { seed: 4, ..search }).unwrap().image,
            found.image
        );
    }
}

#[test]
fn images_are_found_that_raise_channels_far() {
    let Some(gpu) = common::gpu() else { return };
    let mut explainer = Explainer::new(&gpu, trained(&gpu)).unwrap();
    let search = Search { steps: 40, seed: 3 };
    let images: Vec<Vec<u8>> = (0..16).map(|image| noise(&explainer, image)).collect();
    let mut means = |image: &Vec<u8>| -> Vec<f64> {
        let maps = explainer.feature_maps(image, "conv3").unwrap();
        maps.channels.iter().map(|channel| channel.mean.into()).collect()
    };
    let random: Vec<Vec<f64>> = images.iter().map(&mut means).collect();
    let (mut before, mut after, mut most) = (0.0, 0.0, 0.0);
    for channel in 0..6 {
        let target = explainer.target(&format!("conv3:{channel}")).unwrap();
        assert_eq!(target, Target::Channel { layer: "conv3".into(), channel });
        let found = explainer.maximise(&target, &search).unwrap();
        let of_noise = random.iter().map(|means| means[channel]).fold(0.0, f64::max);
        println!("channel {channel}: {:.3} to {:.3}; noise to {of_noise:.3}", found.before, found.after);
        let own = f64::from(explainer.feature_maps(&found.image, "conv3").unwrap().channels[channel].mean);
        assert!((own - found.after).abs() < 1e-4, "the mean is that of the feature map: {own}, {}", found.after);
        assert_eq!(found.probabilities, None);
        (before, after, most) = (before + found.before, after + found.after, most + of_noise);
    }
    // one channel or another may be closed to everything
    assert!(after > 3.0 * before && after > 1.5 * most, "{before} to {after}, noise {most}");
}

#[test]
fn what_cannot_be_raised_is_an_error() {
    let Some(gpu) = common::gpu() else { return };
    let (mut explainer, _) = golden_explainer(&gpu);
    let search = Search { steps: 30, seed: 3 };
    // a layer without places, and what is not there
    let hidden = explainer.target("hidden:0").unwrap();
    let found = explainer.maximise(&hidden, &search).unwrap();
    assert!(found.after > found.before && found.after <= 1.0, "a tanh: {} to {}", found.before, found.after);
    let mut refused = |name: &str| {
        let target = explainer.target(name);
        target.and_then(|target| explainer.maximise(&target, &search)).unwrap_err().to_string()
    };
    let tenth = "layer `conv4` has 10 channels, numbered from 0, so there is no channel 10";
    assert_eq!(refused("conv4:10"), tenth);
    assert_eq!(refused("conv5:1"), "the model has no layer `conv5`");
    assert!(refused("conv4").starts_with("`conv4` is neither a class"));
}

/// Spearman's rank correlation.
fn correlation(a: &Map, b: &Map) -> f64 {
    let ranks = |map: &Map| {
        let mut places: Vec<usize> = (0..map.values.len()).collect();
        places.sort_by(|&i, &j| map.values[i].total_cmp(&map.values[j]));
        let mut ranks = vec![0.0; places.len()];
        // equal values have the mean of their ranks
        let mut first = 0;
        for same in places.chunk_by(|&i, &j| map.values[i] == map.values[j]) {
            let mean = first as f64 + (same.len() - 1) as f64 / 2.0;
            same.iter().for_each(|&place| ranks[place] = mean);
            first += same.len();
        }
        ranks
    };
    let (a, b) = (ranks(a), ranks(b));
    let mean = (a.len() - 1) as f64 / 2.0;
    let product = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| (x - mean) * (y - mean)).sum::<f64>();
    product(&a, &b) / (product(&a, &a) * product(&b, &b)).sqrt().max(f64::MIN_POSITIVE)
}

/// Adebayo et al. 2018: a map that stays as it is when the weights are random says nothing about the model.
#[test]
fn random_weights_change_every_map() {
    let Some(gpu) = common::gpu() else { return };
    let (trained, data) = (trained(&gpu), data::load(None).unwrap());
    let model = ModelSpec::open("seed-mnist").unwrap();
    let mut random = trained.clone();
    let plan = Plan::compile(&model, &Request::prediction(1, &Default::default())).unwrap();
    for tensor in &mut random.tensors {
        let Some(placed) = plan.parameters.iter().find(|placed| placed.name == tensor.name) else { continue };
        let values = initial_values(&placed.name, &placed.shape, placed.init, 99);
        tensor.data = bytemuck::cast_slice(&values).to_vec();
    }
    let [mut knowing, mut again, mut ignorant] =
        [trained, trained, &random].map(|checkpoint| Explainer::new(&gpu, checkpoint).unwrap());
    let test = data.test().unwrap();
    let images: Vec<_> = (0..8).map(|image| test.example(image).unwrap().to_vec()).collect();
    for method in &METHODS {
        // the class that the trained model sees, in all of them
        let explain = |explainer: &mut Explainer, pixels: &[u8], class| {
            explainer.explain(pixels, &Asked { class, ..Asked::by(method) }).unwrap()
        };
        let own: Vec<_> = images.iter().map(|pixels| explain(&mut knowing, pixels, None)).collect();
        let maps = |explainer: &mut Explainer| {
            let classes = own.iter().map(|explanation| Some(explanation.class));
            let maps = images.iter().zip(classes).map(|(pixels, class)| explain(explainer, pixels, class).map);
            without_their_mean(maps.collect())
        };
        let before = maps(&mut knowing);
        let mean = |explainer: &mut Explainer| {
            let after = maps(explainer);
            before.iter().zip(&after).map(|(a, b)| correlation(a, b)).sum::<f64>() / images.len() as f64
        };
        let (same, other) = (mean(&mut again), mean(&mut ignorant));
        println!("{}: {same:.3} with the same weights, {other:.3} with random ones", method.name);
        assert!(same > 0.999, "{}: a map is the same every time", method.name);
        assert!(other < 0.5, "{}: {other} with random weights", method.name);
    }
}

/// Maps without what all of them have in common: pixels at a border reach fewer outputs, whatever the weights.
fn without_their_mean(maps: Vec<Map>) -> Vec<Map> {
    let count = maps.len() as f32;
    let mean: Vec<f32> =
        (0..maps[0].values.len()).map(|i| maps.iter().map(|map| map.values[i]).sum::<f32>() / count).collect();
    let less =
        |map: Map| Map { values: map.values.iter().zip(&mean).map(|(value, mean)| value - mean).collect(), ..map };
    maps.into_iter().map(less).collect()
}

#[test]
fn what_is_not_there_is_an_error_with_a_way_out() {
    use lepton_gpu::Hints;
    let Some(gpu) = common::gpu() else { return };
    let (mut explainer, file) = golden_explainer(&gpu);
    let pixels = file.tensor("images").unwrap().data()[..18 * 22 * 3].to_vec();
    let cam = Asked::by(method("grad-cam").unwrap());
    let mut refused = |asked: &Asked, pixels: &[u8]| explainer.explain(pixels, asked).unwrap_err();
    let error = refused(&Asked { layer: Some("hidden".into()), ..cam.clone() }, &pixels);
    assert_eq!(error.to_string(), "layer `hidden` gives 12 numbers: it has no height and width to make a map of");
    assert!(format!("{:?}", error.hints()).contains("conv4"));
    let error = refused(&Asked { layer: Some("summe".into()), ..cam.clone() }, &pixels);
    assert_eq!(error.to_string(), "the model has no layer `summe`");
    assert!(format!("{:?}", error.hints()).contains("sum_relu"));
    assert!(matches!(refused(&Asked { class: Some(4), ..cam.clone() }, &pixels), ExplainError::Class { .. }));
    assert!(refused(&cam, &pixels[1..]).to_string().contains("1187 bytes"));
    let occlusion = Asked::by(method("occlusion").unwrap());
    let large = Settings { window: Some(19), ..Settings::default() };
    assert!(refused(&Asked { settings: large, ..occlusion }, &pixels).to_string().contains("19x19"));
    assert!(method("gradcam").unwrap_err().to_string().contains("`gradcam`"));
}

/// A map says where the model looks: a bright square in one corner of a dark image is all that a detector of brightness sees.
#[test]
fn maps_and_their_trust_find_the_place_that_counts() {
    let Some(gpu) = common::gpu() else { return };
    let model = ModelSpec::parse(
        "name = \"bright\"\ninput = [16, 16, 1]\n\
         [[layer]]\nname = \"see\"\ntype = \"conv2d\"\nfilters = 2\nkernel = 3\npadding = 1\nactivation = \"relu\"\n\
         [[layer]]\nname = \"mean\"\ntype = \"global_avg_pool\"\n[[layer]]\nname = \"tell\"\ntype = \"linear\"\nunits = 2\n",
        "bright",
    )
    .unwrap();
    let weights = |name: &str| match name {
        // both filters add up what is bright above a threshold
        "see.weight" => vec![1.0; 18],
        "see.bias" => vec![-2.0; 2],
        "tell.weight" => vec![-8.0, 8.0, -8.0, 8.0],
        _ => vec![1.0, -1.0],
    };
    let mut explainer = Explainer::new(&gpu, &checkpoint(&model, 2, &weights)).unwrap();
    let bright = |i: usize| i / 16 < 6 && i % 16 >= 10;
    let pixels: Vec<u8> = (0..256).map(|i| if bright(i) { 250 } else { 10 }).collect();
    for method in &METHODS {
        let explanation = explainer.explain(&pixels, &Asked::by(method)).unwrap();
        assert_eq!(explanation.class_name(), "class 1", "{explanation:?}");
        let map = explanation.map.resized([16, 16]).for_the_class();
        let inside: f32 = (0..256).filter(|&i| bright(i)).map(|i| map.values[i]).sum();
        let all: f32 = map.values.iter().sum();
        assert!(inside > 0.6 * all, "{}: {inside} of {all} in the square", method.name);
        let trust = explainer.trust(&pixels, &explanation, 1).unwrap().unwrap();
        println!("{}: {:.2} inside, {trust:?}", method.name, inside / all);
        assert!(trust.advantage() > 0.05, "{}: {trust:?}", method.name);
    }
}
