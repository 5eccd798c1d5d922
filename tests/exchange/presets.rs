//! Every preset answers in PyTorch as it does here. PyTorch is needed, with torchvision, timm and safetensors:
//! `LEPTON_TORCH=venv/bin/python cargo test --test exchange presets`; without it the test is skipped with a line.

use std::process::Command;

use lepton_gpu::data::Vocabulary;
use lepton_gpu::model::{InputKind, ModelSpec, PRESETS};
use lepton_gpu::plan::PlanError;
use lepton_gpu::pytorch;
use lepton_gpu::tasks;
use lepton_gpu::train::{Predictor, TrainError};

use super::untrained;

const WORDS: usize = 50;

fn model(text: &str, name: &str) -> ModelSpec {
    let mut model = ModelSpec::parse(text, name).unwrap().for_classes(3).for_texts(16, WORDS);
    // the answers of smaller images tell as much
    if model.input[0] == 224 {
        model.input = [64, 64, 3];
    }
    model
}

#[test]
fn presets_answer_in_pytorch_as_they_do_here() {
    let Some(python) = std::env::var_os("LEPTON_TORCH") else {
        println!("skipped: LEPTON_TORCH does not name a Python with PyTorch");
        return;
    };
    let Some(gpu) = super::common::gpu() else { return };
    let only = std::env::var("LEPTON_TORCH_PRESETS").unwrap_or_default();
    let folder = tempfile::tempdir().unwrap();
    let mut wrong = Vec::new();
    for preset in PRESETS.iter().filter(|preset| only.is_empty() || only.split(',').any(|name| name == preset.name)) {
        let model = model(preset.text, preset.name);
        let vocabulary = (model.input_kind() == InputKind::Texts).then(|| {
            let words: Vec<String> = (0..WORDS).map(|number| format!("word{number}")).collect();
            Vocabulary::from(words)
        });
        let checkpoint = untrained(&model, &super::FRUIT, vocabulary.as_ref());
        let mut answers = tasks::of(&checkpoint.meta.config.loss).check_answers(&model, false).is_ok();
        let mut answer = None;
        match answers.then(|| Predictor::new(&gpu, &checkpoint, None)) {
            // VGG on software adapters: it is only loaded
            Some(Err(TrainError::Plan(PlanError::TooLarge { .. }))) => answers = false,
            Some(predictor) => {
                answer = Some(predictor.unwrap().predict(&pytorch::sample(&model, WORDS)).unwrap().remove(0).outputs);
            }
            None => {}
        }
        let exported = pytorch::export(&checkpoint, "net.safetensors", answer.as_deref()).unwrap();
        std::fs::write(folder.path().join("net.safetensors"), exported.tensors).unwrap();
        let script = folder.path().join("net.py");
        std::fs::write(&script, exported.python).unwrap();
        let mut command = Command::new(&python);
        // a network without answers is loaded all the same
        command.args(if answers { vec![script.to_str().unwrap()] } else { vec!["-c", "import net; net.load()"] });
        let ran = command.current_dir(folder.path()).output().unwrap();
        let text = String::from_utf8_lossy(&ran.stdout);
        println!("{} as {}: {}", preset.name, exported.network, text.trim());
        if !ran.status.success() {
            wrong.push(format!("{}: {text}{}", preset.name, String::from_utf8_lossy(&ran.stderr)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
