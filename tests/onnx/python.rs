//! With Python: the ONNX checker and onnxruntime on what is written, and networks of torchvision and timm that are read.

use std::path::{Path, PathBuf};
use std::process::Command;

use lepton_gpu::config::{LossConfig, LossTarget};
use lepton_gpu::gpu::Gpu;
use lepton_gpu::losses::{Bce, Mse};
use lepton_gpu::model::{ModelSpec, PRESETS};
use lepton_gpu::onnx::array::Array;
use lepton_gpu::onnx::{Inputs, Options, Reading, answers, example, export, import};

use crate::common;
use crate::files::{bytemuck, channels_last, difference};
use crate::samples::{self, checkpoint, model_of, preset};

/// A Python with what is needed, or none with a line that says so.
fn python() -> Option<PathBuf> {
    let python = std::env::var_os("LEPTON_PYTHON").map(PathBuf::from);
    if python.is_none() {
        println!("skipped: LEPTON_PYTHON is not set to a Python with onnx, onnxruntime, torch, torchvision and timm");
    }
    python
}

fn script(python: &Path, name: &str, arguments: &[&str]) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/onnx").join(name);
    let output = Command::new(python).arg(path).args(arguments).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name} {arguments:?}: {}\n{text}\n{errors}", output.status);
    text
}

/// Writes a file with an input and the wanted answer.
fn write(gpu: &Gpu, folder: &Path, name: &str, model: &ModelSpec, loss: &LossConfig, options: Options) {
    let normalize = if model.input[2] == 3 { "imagenet" } else { "none" };
    let checkpoint = checkpoint(model, loss, normalize);
    let example = example(gpu, &checkpoint, options).unwrap_or_else(|error| panic!("{name}: {error}"));
    std::fs::write(folder.join(format!("{name}.onnx")), export(&checkpoint, options).unwrap()).unwrap();
    std::fs::write(folder.join(format!("{name}.input")), example.input).unwrap();
    let answer: Vec<u8> = example.answers.iter().flat_map(|value| value.to_le_bytes()).collect();
    std::fs::write(folder.join(format!("{name}.answer")), answer).unwrap();
}

const PLAIN: Options = Options { pixels: false, half: false };
const PIXELS: Options = Options { pixels: true, half: false };
const HALF: Options = Options { pixels: false, half: true };

#[test]
fn onnxruntime_gives_the_answers_of_every_preset() {
    let (Some(python), Some(gpu)) = (python(), common::gpu()) else { return };
    let folder = tempfile::tempdir().unwrap();
    for row in PRESETS {
        let (model, loss) = preset(row.name);
        if !samples::fits(&gpu, &model) {
            continue;
        }
        write(&gpu, folder.path(), row.name, &model, &loss, PLAIN);
        print!("{}", script(&python, "answers.py", &[folder.path().to_str().unwrap()]));
        // a large model at a time
        let _ = std::fs::remove_file(folder.path().join(format!("{}.onnx", row.name)));
    }
}

#[test]
fn onnxruntime_gives_the_answers_of_every_task_and_layer() {
    let (Some(python), Some(gpu)) = (python(), common::gpu()) else { return };
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, model: &ModelSpec, loss: LossConfig, options| {
        write(&gpu, folder.path(), name, model, &loss, options);
    };
    let (small, _) = preset("photo-norm");
    for (end, options) in [("", PLAIN), ("-pixels", PIXELS), ("-f16", HALF)] {
        write(&format!("classify{end}"), &small, LossConfig::default(), options);
        write(&format!("labels{end}"), &small, Bce::default().into(), options);
        write(&format!("regress{end}"), &small, Mse { target: LossTarget::Values }.into(), options);
        for (task, name) in [("reconstruct", "autoencoder"), ("generate", "dcgan"), ("texts", "text-cnn")] {
            let (model, loss) = preset(name);
            write(&format!("{task}{end}"), &model, loss, options);
        }
    }
    for (i, (kind, options)) in samples::LAYERS.iter().enumerate() {
        write(&format!("{i:02}-{kind}"), &model_of(kind, options), LossConfig::default(), PLAIN);
    }
    print!("{}", script(&python, "answers.py", &[folder.path().to_str().unwrap()]));
}

#[test]
fn networks_of_torchvision_and_timm_give_their_answers() {
    let (Some(python), Some(gpu)) = (python(), common::gpu()) else { return };
    let folder = tempfile::tempdir().unwrap();
    let chosen = std::env::var("LEPTON_ONNX_NETWORKS").unwrap_or_else(|_| {
        "resnet18 mobilenet_v2 mobilenet_v3_small shufflenet_v2_x0_5 efficientnet_lite0 tf_efficientnet_lite0 convnext_atto"
            .into()
    });
    let mut names: Vec<&str> = vec![folder.path().to_str().unwrap()];
    names.extend(chosen.split_whitespace());
    script(&python, "networks.py", &names);
    let mut far = Vec::new();
    for name in &names[1..] {
        let file = |end: &str| std::fs::read(folder.path().join(format!("{}.{end}", name.replace(':', "-")))).unwrap();
        let read = match import(&file("onnx"), &Reading::default()) {
            Ok(read) => read,
            Err(error) => {
                far.push(format!("{name}: {error}"));
                continue;
            }
        };
        let [h, w, c] = read.model.input;
        let images = channels_last(&Array { sizes: vec![2, c, h, w], data: bytemuck(&file("input")) });
        let found = answers(&gpu, &read.model, &read.tensors, &Inputs::Numbers(images.data));
        let found = found.unwrap_or_else(|error| panic!("{name}: {error}\n{}", read.model.to_toml()));
        let difference = difference(&bytemuck(&file("answer")), &found);
        println!("{name} {difference:.1e} ({} layers)", read.model.layers.len());
        if difference > 1e-4 {
            far.push(format!("{name} is {difference:.1e} apart"));
        }
    }
    assert!(far.is_empty(), "{}", far.join("\n"));
}
