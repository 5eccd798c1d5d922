//! A trained model for PyTorch: a .safetensors file with PyTorch's names and layouts, and a Python file that loads it, into
//! torchvision's or timm's network where the model is one of those, and otherwise into a module that is written for it.

mod layers;
mod module;
mod script;
mod site;

use std::collections::HashMap;

use safetensors::Dtype;
use safetensors::tensor::TensorView;

use crate::checkpoint::{Checkpoint, DatasetFingerprint, Meta, State};
use crate::config::RunConfig;
use crate::model::{InputKind, ModelSpec, preset};
use crate::weights::foreign::{self, Architecture, Parameter, architectures, own_names};
use crate::weights::{Weights, WeightsError};

/// A model as PyTorch takes it.
#[derive(Debug)]
pub struct ForPytorch {
    /// The bytes of the .safetensors file.
    pub tensors: Vec<u8>,
    /// The Python file that loads it.
    pub python: String,
    /// What it is loaded into, for people.
    pub network: String,
}

/// A trained model for PyTorch. The Python file looks for the tensors in `file`, beside itself, and compares what it gives for
/// [`sample`] with `answer`, if there is one.
///
/// # Errors
/// If the checkpoint's model does not fit together, or has an application's own layers.
pub fn export(checkpoint: &Checkpoint, file: &str, answer: Option<&[f32]>) -> Result<ForPytorch, WeightsError> {
    let weights = Weights::of_checkpoint(checkpoint)?;
    let model = weights.model.as_ref().expect("a checkpoint has its model").for_classes(weights.classes.len());
    let published = published(&model, weights.classes.len());
    let parameters = match published {
        Some((architecture, _)) => architecture.parameters(&model)?,
        None => own_names(&model)?,
    };
    let target = match published {
        Some((architecture, name)) => Target::published(architecture, name, weights.classes.len()),
        None => Target::written(&model)?,
    };
    let tensors = tensors(&weights, &parameters, &checkpoint.meta);
    let python = script::text(&model, &checkpoint.meta, file, &target, answer);
    Ok(ForPytorch { tensors, python, network: target.network })
}

/// An input that every program can compute: values that differ from place to place. One image of bytes, or one text of tokens
/// below `vocabulary`, four bytes each.
pub fn sample(model: &ModelSpec, vocabulary: usize) -> Vec<u8> {
    let value = |i: usize| i * 7919 + i / 251 * 31;
    let count: usize = model.input.iter().product();
    match model.input_kind() {
        InputKind::Images => (0..count).map(|i| (value(i) % 256) as u8).collect(),
        InputKind::Texts => (0..count).flat_map(|i| ((value(i) % vocabulary.max(1)) as u32).to_le_bytes()).collect(),
        InputKind::Features => (0..count).flat_map(|i| ((value(i) % 256) as f32).to_le_bytes()).collect(),
    }
}

/// What the tensors are loaded into.
struct Target {
    /// Lines that import what it needs.
    imports: String,
    /// The expression that builds it.
    build: String,
    /// Classes that are written for it.
    classes: String,
    /// What it is, for people.
    network: String,
}

impl Target {
    /// The network of a package.
    fn published(architecture: &Architecture, name: &str, classes: usize) -> Self {
        let source = architecture.source;
        let build = architecture.python.replace("{name}", name).replace("{classes}", &classes.to_string());
        let (imports, network) = (format!("import {source}\n"), format!("{source}'s {name}"));
        Target { imports, build, classes: String::new(), network }
    }

    /// A module that is written for the model.
    fn written(model: &ModelSpec) -> Result<Self, WeightsError> {
        let imports = "import torch.nn as nn\nimport torch.nn.functional as F\n".into();
        let network = "a module that is written for it".into();
        Ok(Target { imports, build: "Net()".into(), classes: module::classes(model)?, network })
    }
}

/// The network of a Python package that a model is, with its name there.
fn published(model: &ModelSpec, classes: usize) -> Option<(&'static Architecture, &'static str)> {
    let preset = ModelSpec::parse(preset(&model.name)?.text, &model.name).ok()?;
    if preset.for_classes(classes).layers != model.layers {
        return None;
    }
    let mut of_package = architectures().filter(|architecture| !architecture.python.is_empty());
    of_package.find_map(|architecture| Some((architecture, *architecture.names(&model.name)?.first()?)))
}

fn tensors(weights: &Weights, parameters: &[Parameter], run: &Meta) -> Vec<u8> {
    let translated: Vec<(&Parameter, Vec<f32>)> = parameters
        .iter()
        .filter_map(|parameter| {
            let ours: Vec<f32> = bytemuck::pod_collect_to_vec(&weights.tensor(&parameter.ours)?.data);
            Some((parameter, parameter.layout.to_pytorch(&ours)))
        })
        .collect();
    let views = translated.iter().map(|(parameter, values)| {
        let view = TensorView::new(Dtype::F32, parameter.layout.shape().to_vec(), bytemuck::cast_slice(values));
        (&parameter.theirs, view.expect("a tensor has as many bytes as its shape says"))
    });
    // what a reader needs, and nothing of where the data were
    let config = RunConfig { data: None, ..run.config.clone() };
    let run = Meta { config, data: DatasetFingerprint::NONE, state: State::default(), ..run.clone() };
    let run = serde_json::to_string(&run).expect("metadata is plain data");
    let metadata = HashMap::from([("format".into(), "pt".into()), (foreign::KEY.into(), run)]);
    safetensors::serialize(views, Some(metadata)).expect("tensors are well formed")
}
