//! Weights in and models out by the program itself: what `export` writes and `import` makes of it.

use std::collections::HashMap;

use lepton_gpu::checkpoint::{Checkpoint, DatasetFingerprint, NamedTensor, State};
use lepton_gpu::config::{Fit, NormalizeConfig, RunConfig, TargetsConfig, TargetsFrom};
use lepton_gpu::data::Vocabulary;
use lepton_gpu::losses::{Bce, Mse};
use lepton_gpu::model::{Init, ModelSpec, initial_values};
use lepton_gpu::plan::{Limits, Plan, Request, default_loss};
use lepton_gpu::{onnx, pytorch};
use safetensors::SafeTensors;

mod common;
#[path = "exchange/presets.rs"]
mod presets;
#[path = "cli/support.rs"]
mod support;

use support::Place;

/// A run of a model that was never trained, whose norms do not start as the identity.
fn untrained(model: &ModelSpec, classes: &[&str], vocabulary: Option<&Vocabulary>) -> Checkpoint {
    let loss = default_loss(model);
    let limits = Limits { binding_bytes: u64::MAX, buffer_bytes: u64::MAX, iterations: None };
    let plan = Plan::compile(model, &Request { loss: loss.clone(), limits, ..Request::new(1, 1) }).unwrap();
    let tensors = plan.parameters.iter().map(|parameter| {
        let other = match parameter.init {
            Init::Whitening => Init::Normal { deviation: 0.1 },
            Init::Constant(value) if value < 0.01 => Init::Uniform { limit: 0.1 },
            Init::Constant(_) => Init::Constant(1.0),
            init => init,
        };
        let mut values = initial_values(&parameter.name, &parameter.shape, other, 7);
        if other == Init::Constant(1.0) {
            values.iter_mut().enumerate().for_each(|(i, value)| *value += 0.3 * (i as f32 * 0.7).sin());
        }
        let data = bytemuck::cast_slice(&values).to_vec();
        NamedTensor { name: parameter.name.clone(), shape: parameter.shape.sizes().to_vec(), data }
    });
    let normalize = match model.input[2] {
        3 => NormalizeConfig::parse("imagenet").unwrap(),
        _ => NormalizeConfig::default(),
    };
    let config = RunConfig { model: model.name.clone(), loss, normalize, ..RunConfig::default() };
    let classes: Vec<String> = classes.iter().map(|name| name.to_string()).collect();
    let data = DatasetFingerprint::NONE;
    Checkpoint::new(model, &config, &classes, vocabulary, data, &State::default(), tensors.collect())
}

const FRUIT: [&str; 3] = ["apple", "pear", "plum"];

/// A place with an untrained run of a preset, for images of this side, and a picture.
fn place(preset: &str, side: usize) -> Option<(Place, Checkpoint)> {
    let place = Place::with_adapter()?;
    let mut model = ModelSpec::open(preset).unwrap().for_classes(3);
    model.input = [side, side, model.input[2]];
    let mut checkpoint = untrained(&model, &FRUIT, None);
    place.write("run/best.safetensors", checkpoint.to_bytes());
    // what the optimizer keeps is not weights
    let moment = NamedTensor { name: "optimizer.moment1.x".into(), shape: vec![2], data: vec![0; 8] };
    checkpoint.tensors.push(moment);
    place.write("run/last.safetensors", checkpoint.to_bytes());
    checkpoint.tensors.pop();
    let picture = image::RgbImage::from_fn(40, 30, |x, y| image::Rgb([(x * 6) as u8, (y * 8) as u8, (x * y) as u8]));
    picture.save(place.path("photo.png")).unwrap();
    Some((place, checkpoint))
}

fn weights(place: &Place, file: &str) -> HashMap<String, Vec<u8>> {
    let checkpoint = Checkpoint::from_bytes(&place.read(file)).unwrap();
    checkpoint.tensors.into_iter().map(|tensor| (tensor.name, tensor.data)).collect()
}

fn as_map(checkpoint: &Checkpoint) -> HashMap<String, Vec<u8>> {
    checkpoint.tensors.iter().map(|tensor| (tensor.name.clone(), tensor.data.clone())).collect()
}

#[test]
fn what_is_exported_for_pytorch_comes_back_as_it_was() {
    let Some((place, before)) = place("seed-cifar", 32) else { return };
    let ran = place.run("export run --safetensors out.safetensors --weights small.safetensors").exits(0);
    assert!(ran.out.contains("a module that is written for it") && ran.out.contains("read back bit for bit"), "{ran}");
    let script = place.text("out.py");
    assert!(script.contains("CLASSES = [\"apple\",\"pear\",\"plum\"]") && script.contains("def check():"), "{script}");
    let ran = place.run("import out.safetensors --out back").exits(0);
    assert!(ran.line("classes").ends_with("3: apple to plum"), "{ran}");
    assert!(ran.line("model").contains("images of 32x32x3"), "{ran}");
    assert!(weights(&place, "back/best.safetensors") == as_map(&before), "other weights");
    let answers = ["run", "back", "small.safetensors"]
        .map(|run| place.run(&format!("predict {run} photo.png --json")).exits(0).json()[0].clone());
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0], answers[2]);
    place.run("inspect back").exits(0);
}

#[test]
fn answers_are_after_onnx_what_they_were() {
    for (loss, key) in [(Bce::default().into(), "labels"), (Mse::default().into(), "values")] {
        let Some((place, mut before)) = place("seed-cifar", 32) else { return };
        before.meta.config.loss = loss;
        place.write("run/best.safetensors", before.to_bytes());
        place.run("export run --onnx out.onnx").exits(0);
        place.run("import out.onnx --out back").exits(0);
        let [own, other] =
            ["run", "back"].map(|run| place.run(&format!("predict {run} photo.png --json")).exits(0).json()[0].clone());
        assert!(own.get(key).is_some() && other.get(key).is_some(), "{key}: {own} {other}");
    }
}

#[test]
fn pictures_fill_an_image_after_onnx_as_before() {
    for fit in [Fit::Pad, Fit::Crop] {
        let Some((place, mut before)) = place("seed-cifar", 32) else { return };
        before.meta.config.images.fit = Some(fit);
        place.write("run/best.safetensors", before.to_bytes());
        place.run("export run --onnx out.onnx").exits(0);
        place.run("import out.onnx --out back").exits(0);
        let back = Checkpoint::from_bytes(&place.read("back/best.safetensors")).unwrap();
        assert_eq!(back.meta.config.images.fit, Some(fit));
        let [own, other] = ["run", "back"].map(|run| {
            let answers = place.run(&format!("predict {run} photo.png --json")).exits(0).json()[0]["top"].clone();
            answers.as_array().unwrap().iter().map(|of| of["probability"].as_f64().unwrap()).collect::<Vec<_>>()
        });
        assert!(own.iter().zip(&other).all(|(a, b)| (a - b).abs() < 1e-5), "{own:?} {other:?}");
    }
    // a published network, whose file does not say it
    let Some((place, before)) = place("mobilenet-v2", 32) else { return };
    let file = pytorch::export(&before, "out.safetensors", None).unwrap().tensors;
    let tensors = SafeTensors::deserialize(&file).unwrap().tensors();
    place.write("plain.safetensors", safetensors::serialize(tensors, None).unwrap());
    place.run("import plain.safetensors --out plain").exits(0);
    let plain = Checkpoint::from_bytes(&place.read("plain/best.safetensors")).unwrap();
    assert_eq!(plain.meta.config.images.fit, Some(Fit::Crop));
}

#[test]
fn a_published_network_goes_out_and_comes_back_under_its_names() {
    let Some((place, before)) = place("mobilenet-v2", 32) else { return };
    let exported = pytorch::export(&before, "out.safetensors", None).unwrap();
    assert_eq!(exported.network, "torchvision's mobilenet_v2");
    let builds = "net = torchvision.models.mobilenet_v2(num_classes=3)";
    assert!(exported.python.contains(builds) && !exported.python.contains("class Net"), "{}", exported.python);
    let file = SafeTensors::deserialize(&exported.tensors).unwrap();
    assert_eq!(file.tensor("features.0.0.weight").unwrap().shape(), [32, 3, 3, 3]);
    place.write("out.safetensors", &exported.tensors);
    let ran = place.run("import out.safetensors --out back").exits(0);
    assert!(ran.line("file").contains("under torchvision's names"), "{ran}");
    assert!(weights(&place, "back/best.safetensors") == as_map(&before), "other weights");
}

#[test]
fn weights_are_exported_without_the_optimizer() {
    let Some((place, before)) = place("seed-cifar", 32) else { return };
    let ran = place.run("export run/last.safetensors --weights small.safetensors").exits(0);
    assert!(ran.line("weights").contains("without the optimizer's state"), "{ran}");
    assert!(Checkpoint::from_bytes(&place.read("run/last.safetensors")).unwrap().tensors.len() > before.tensors.len());
    assert_eq!(Checkpoint::from_bytes(&place.read("small.safetensors")).unwrap().tensors.len(), before.tensors.len());
}

#[test]
fn a_head_is_replaced_only_if_the_classes_are_others() {
    let Some((place, before)) = place("mobilenet-v2", 32) else { return };
    // without what this program writes beside the tensors: a file of torchvision's
    let bytes = pytorch::export(&before, "out.safetensors", None).unwrap().tensors;
    let file = SafeTensors::deserialize(&bytes).unwrap();
    place.write("tv.safetensors", safetensors::serialize(file.tensors(), None).unwrap());
    place.write("three.txt", "Apfel\nBirne\n\nPflaume\n");
    place.write("two.txt", "Apfel\nBirne\n");
    let same = place.run("import tv.safetensors --classes three.txt --size 48 --out same").exits(0);
    assert!(same.line("classes").ends_with("3: Apfel to Pflaume") && same.line("model").contains("48x48x3"), "{same}");
    assert!(same.line("normalize").contains("mean 0.4850, 0.4560, 0.4060"), "{same}");
    let old = as_map(&before);
    assert!(weights(&place, "same/best.safetensors") == old);

    let other = place
        .run("import tv.safetensors --classes two.txt --normalize 0.5,0.5,0.5:0.25,0.25,0.25 --out other")
        .exits(0);
    assert!(other.line("not taken").contains("classes.weight, classes.bias"), "{other}");
    assert!(other.line("normalize").ends_with("(as typed)") && other.out.contains("--init other"), "{other}");
    let new = weights(&place, "other/best.safetensors");
    let differ: Vec<&String> = old.iter().filter(|(name, data)| new[*name] != **data).map(|(name, _)| name).collect();
    assert!(differ.iter().all(|name| name.starts_with("classes.")) && differ.len() == 2, "{differ:?}");
    let numbered = place.run("import tv.safetensors --out numbered").exits(0);
    assert!(numbered.line("classes").contains("3, numbered 0 to 2 (--classes FILE"), "{numbered}");
}

/// A convolution gives the classes, so that no layer is there to be made for other ones.
#[test]
fn classes_that_a_network_does_not_have_are_refused() {
    let layers = "[[layer]]\ntype = \"conv2d\"\nfilters = 3\nkernel = 8\n[[layer]]\ntype = \"flatten\"\n";
    let model = ModelSpec::parse(&format!("name = \"m\"\ninput = [8, 8, 3]\n{layers}"), "m").unwrap();
    let checkpoint = untrained(&model, &["a", "b", "c"], None);
    let place = Place::new();
    place.write("net.onnx", onnx::export(&checkpoint, onnx::Options { pixels: false, half: false }).unwrap());
    place.write("two.txt", "Apfel\nBirne\n");
    place.write("three.txt", "Apfel\nBirne\nPflaume\n");
    let ran = place.run("import net.onnx --classes two.txt --out new").exits(2);
    let words =
        "there are 2 names of classes, but the model gives 3 numbers\n  try: --classes FILE with 3 names, one a line";
    assert!(ran.err.contains(words) && !place.path("new").exists(), "{ran}");
    let ran = place.run("import net.onnx --classes three.txt --out new").exits(0);
    assert!(ran.line("classes").ends_with("3: Apfel to Pflaume"), "{ran}");
}

#[test]
fn what_cannot_be_done_is_refused_and_nothing_is_written() {
    let Some((place, _)) = place("seed-cifar", 32) else { return };
    place.run("export run --safetensors out.safetensors").exits(0);
    place.write("net.pth", b"PK\x03\x04 archive/data.pkl");
    place.write("photo.bin", b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01");
    place.write("net.onnx", b"\x08\x08\x12\x0alepton-gpu:");
    place.write("none.txt", "\n\n");
    place.write("cut.safetensors", &place.read("out.safetensors")[..400]);
    let before = place.snapshot();
    for (line, words) in [
        ("import net.pth --out new", "is a pickle of PyTorch"),
        ("import net.pth --out new", "weights_only=True"),
        ("import photo.bin --out new", "photo.bin is a JPEG image, not a file of weights"),
        ("eval photo.bin", "photo.bin is a JPEG image, not a checkpoint"),
        ("eval net.onnx", "net.onnx is an ONNX model, not a checkpoint\n  try: lepton-gpu import net.onnx"),
        ("eval net.pth", "is a pickle of PyTorch or another zip archive, not a checkpoint\n  try: in PyTorch: "),
        ("import missing.safetensors --out new", "missing.safetensors: "),
        ("import cut.safetensors --out new", "not a whole .safetensors file"),
        ("import out.safetensors --out run", "run already contains"),
        ("import out.safetensors --model resnet20 --out new", "not those of the model `resnet20`"),
        ("import out.safetensors --model resnet21 --out new", "resnet21"),
        ("import out.safetensors --classes none.txt --out new", "names no class"),
        ("import out.safetensors --normalize dataset --out new", "--normalize"),
        ("import out.safetensors --size 48 --out new", "needs `"),
        ("export run", "--safetensors"),
        ("export run --weights run/best.safetensors", "is what is exported"),
        ("export nothing --weights out2.safetensors", "no checkpoint found"),
        ("weights fetch resnet", "unknown weights `resnet`"),
        ("eval run", "has no data of its own"),
        ("import run/best.safetensors --out new", "a checkpoint of this program already"),
    ] {
        let ran = place.run(line).exits(2);
        let helps = ran.err.contains("  try: ") || ran.err.contains("Usage") || line.contains("missing");
        assert!(ran.err.contains(words) && helps, "{line}: {ran}");
        assert!(place.snapshot() == before, "`{line}` changed something");
    }
    let listed = place.run("weights list").exits(0);
    assert!(listed.out.contains("convnext-tiny") && listed.out.contains("BSD-3-Clause"), "{listed}");
}

/// Standardised numbers are scaled back, there and here, and averages come back as the weights.
#[test]
fn what_a_run_is_for_comes_back_too() {
    let Some((place, mut checkpoint)) = place("seed-cifar", 32) else { return };
    checkpoint.meta.config.loss = Mse::default().into();
    checkpoint.meta.config.targets =
        TargetsConfig { from: TargetsFrom::Standardized, mean: vec![5.0, -3.0, 100.0], std: vec![2.0, 0.5, 10.0] };
    checkpoint.meta.config.update.ema = Some(0.99);
    let averages = checkpoint.tensors.iter().map(|t| NamedTensor { name: format!("ema.{}", t.name), ..t.clone() });
    let averages: Vec<NamedTensor> = averages.collect();
    checkpoint.tensors.iter_mut().for_each(|tensor| tensor.data.fill(0));
    checkpoint.tensors.extend(averages);
    place.write("run/best.safetensors", checkpoint.to_bytes());
    place.run("export run --safetensors out.safetensors").exits(0);
    let script = place.text("out.py");
    assert!(script.contains("outputs * torch.tensor([2.0, 0.5, 10.0]) + torch.tensor([5.0, -3.0, 100.0])"), "{script}");
    place.run("import out.safetensors --out back").exits(0);
    let answers =
        ["run", "back"].map(|run| place.run(&format!("predict {run} photo.png --json")).exits(0).json()[0].clone());
    assert_eq!(answers[0], answers[1]);
}
