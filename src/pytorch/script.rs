//! The Python file beside exported tensors.

use std::path::Path;

use super::Target;
use crate::checkpoint::Meta;
use crate::config::TargetsConfig;
use crate::model::{InputKind, ModelSpec};

/// Its text. `file` is the name of the tensors' file, `answer` what the model gives for [`sample`](super::sample).
pub(super) fn text(model: &ModelSpec, run: &Meta, file: &str, target: &Target, answer: Option<&[f32]>) -> String {
    let Target { imports, build, classes, network } = target;
    let module = Path::new(file).file_stem().map_or("model".into(), |stem| stem.to_string_lossy().replace('-', "_"));
    let names = serde_json::to_string(&run.classes).expect("names are text");
    let (name, version) = (&model.name, env!("CARGO_PKG_VERSION"));
    let about = format!(
        "\"\"\"{name} with its trained weights, as {network}. Written by lepton-gpu {version}.\n\n    \
         from {module} import CLASSES, load, preprocess\n\n    outputs = load()(preprocess(inputs))\n\"\"\"\n"
    );
    let imports =
        format!("from pathlib import Path\n\nimport torch\n{imports}from safetensors.torch import load_file\n\n");
    let constants = format!("WEIGHTS = Path(__file__).with_name({file:?})\nCLASSES = {names}\n");
    let load = format!(
        "def load(weights=WEIGHTS):\n    \"\"\"The network with its weights, ready to answer.\"\"\"\n    net = {build}\n    \
         net.load_state_dict(load_file(str(weights)))\n    return net.eval()\n"
    );
    let (inputs, targets) = (preprocess(model, run), &run.config.targets);
    let check = answer.map_or(String::new(), |answer| check(model, answer, targets));
    format!("{about}{imports}{constants}{inputs}{}\n\n{classes}{load}{check}", answers(targets))
}

fn preprocess(model: &ModelSpec, run: &Meta) -> String {
    let [h, w, c] = model.input;
    if model.input_kind() == InputKind::Features {
        return "\n\ndef preprocess(features):\n    \"\"\"Rows of features as the network takes them.\"\"\"\n    return torch.as_tensor(features).float()\n".into();
    }
    if model.input_kind() == InputKind::Texts {
        return format!(
            "\n\ndef preprocess(tokens):\n    \"\"\"Texts [n, {w}] of token numbers as the network takes them.\"\"\"\n    \
             return torch.as_tensor(tokens).long()\n"
        );
    }
    let normalize = run.config.normalize.clone();
    let list = |numbers: Vec<f32>, other: f32| if numbers.is_empty() { vec![other; c] } else { numbers };
    let (mean, std) = (list(normalize.mean, 0.0), list(normalize.std, 1.0));
    format!(
        "MEAN, STD = {mean:?}, {std:?}\n\n\ndef preprocess(pixels):\n    \"\"\"Images [n, {h}, {w}, {c}] of bytes as the \
         network takes them: [n, {c}, {h}, {w}], scaled.\"\"\"\n    x = torch.as_tensor(pixels).float() / 255\n    return \
         ((x - torch.tensor(MEAN)) / torch.tensor(STD)).permute(0, 3, 1, 2).contiguous()\n"
    )
}

/// What scales the outputs, where they stand for numbers that were standardised.
fn answers(TargetsConfig { mean, std, .. }: &TargetsConfig) -> String {
    if mean.is_empty() {
        return String::new();
    }
    format!(
        "\n\ndef answers(outputs):\n    \"\"\"The network's outputs in the data's units.\"\"\"\n    \
         return outputs * torch.tensor({std:?}) + torch.tensor({mean:?})\n"
    )
}

/// Compares the network's answer with the program's.
fn check(model: &ModelSpec, answer: &[f32], targets: &TargetsConfig) -> String {
    let [h, w, c] = model.input;
    let (below, shape) = match model.input_kind() {
        InputKind::Images => ("256".to_string(), format!("1, {h}, {w}, {c}")),
        InputKind::Features => ("256".to_string(), format!("1, {c}")),
        InputKind::Texts => {
            let tokens = model.layers.iter().find_map(|spec| spec.layer.vocabulary());
            (tokens.unwrap_or(1).to_string(), format!("1, {w}"))
        }
    };
    let count = h * w * c;
    let given = match targets.mean.is_empty() {
        true => "load()(preprocess(inputs))",
        false => "answers(load()(preprocess(inputs)))",
    };
    format!(
        "\n\ndef check():\n    \"\"\"The largest difference between what lepton-gpu and this network give for one input, beside the \
         largest output.\"\"\"\n    i = torch.arange({count})\n    inputs = ((i * 7919 + i // 251 * 31) % {below}).reshape({shape})\n    \
         wanted = torch.tensor({answer:?})\n    with torch.no_grad():\n        given = {given}\n    \
         given = (given.permute(0, 2, 3, 1) if given.dim() == 4 else given).flatten()\n    \
         return float((given - wanted).abs().max() / wanted.abs().max().clamp(min=1))\n\n\nif __name__ == \"__main__\":\n    \
         difference = check()\n    print(f\"answers differ by {{difference:.1e}} from lepton-gpu's\")\n    \
         raise SystemExit(difference > 1e-4)\n"
    )
}
