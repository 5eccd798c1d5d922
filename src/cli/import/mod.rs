//! `lepton-gpu import`: weights of another program become a run that `eval`, `predict`, `export` and `--init` take.

mod hub;
mod onnx;
mod outputs;
mod pytorch;

use std::path::{Path, PathBuf};

use super::args::ImportArgs;
use super::run_folder::{check_writable, claimed, next_folder};
use super::{CliError, Exit, pictures, scaling};
use crate::checkpoint::{Checkpoint, DatasetFingerprint, Meta, NamedTensor, State};
use crate::config::{Fit, ImageOptions, LossConfig, RunConfig, UpdateConfig};
use crate::model::{ModelSpec, initial_values};
use crate::plan::{Limits, Placed, Plan, Request, default_loss, parameters, thousands};
use crate::platform::files::{self, write_with_folder};
use crate::report::say;
use crate::tasks;
use crate::weights::Weights;
use outputs::Outputs;

/// What a file brought, before anything that was typed.
struct Incoming {
    /// Weights with their model; a layer for each class still says so.
    weights: Weights,
    /// Lines about the file, each with its heading.
    lines: Vec<(&'static str, String)>,
    /// Where the scaling of pixels comes from, for people.
    normalize_from: &'static str,
    /// How pictures of another shape fill an image, if the file says so.
    fit: Option<Fit>,
    /// What the answers are, if the file says so: classes otherwise.
    loss: Option<LossConfig>,
    /// The run that this program exported, if the file is of one.
    run: Option<Meta>,
}

/// What a run is configured with that no file describes: published networks were trained on pictures that are cropped in the middle.
fn of_pictures(fit: Option<Fit>, loss: Option<LossConfig>) -> RunConfig {
    RunConfig {
        loss: loss.unwrap_or_default(),
        images: ImageOptions { fit: Some(fit.unwrap_or_default()), ..Default::default() },
        ..Default::default()
    }
}

/// The checkpoint that an import writes.
const FILE: &str = "best.safetensors";

pub fn run(args: &ImportArgs) -> Result<Exit, CliError> {
    let Incoming { weights, mut lines, normalize_from, fit, loss, run } = {
        let bytes = files::read(&args.file).map_err(CliError::file(&args.file))?;
        if onnx::is_onnx(args) { onnx::read(args, &bytes)? } else { pytorch::read(args, &bytes)? }
    };
    let mut model = weights.model.clone().expect("an importer knows the model");
    if let Some(size) = &args.size {
        model.input = pictures::size(size, model.input)?;
    }
    let outputs = Outputs::of(&weights, &model, args.classes.as_deref())?;
    let model = model.for_classes(outputs.names.len());
    let plan = compile(&model)?;
    let (tensors, anew) = complete(&plan.parameters, &outputs, &weights)?;
    let (normalize, from) = match &args.normalize {
        Some(normalize) => {
            scaling::check(normalize, &model)?;
            (normalize.clone(), "as typed")
        }
        None => (weights.normalize.clone().unwrap_or_default(), normalize_from),
    };
    let (before, vocabulary) = run.map_or_else(|| (of_pictures(fit, loss), None), |run| (run.config, run.vocabulary));
    // the file has the weights to answer with, be they averages or not
    let update = UpdateConfig { ema: None, ema_constant: false, lookahead: None, ..before.update.clone() };
    let config = RunConfig { model: model.name.clone(), normalize, update, ..before };
    let (names, gives) = (outputs.names.len(), plan.classes);
    if names != gives && tasks::of(&config.loss).names_outputs() {
        return Err(CliError::Usage(format!(
            "there are {names} names of classes, but the model gives {gives} numbers\n  try: --classes FILE with {gives} names, one a line"
        )));
    }
    let (data, state) = (DatasetFingerprint::NONE, State::default());
    let checkpoint = Checkpoint::new(&model, &config, &outputs.names, vocabulary.as_ref(), data, &state, tensors);
    let out = args.out.clone().map_or_else(|| claimed(&next_folder(&model.name)), Ok)?;
    save(&out, &model, &config, checkpoint)?;

    let ([h, w, c], size) = (model.input, thousands(parameters(&model)?));
    lines.push(("model", format!("{}, {size} parameters, images of {h}x{w}x{c}", model.name)));
    lines.push(("normalize", format!("{} ({from})", scaling::in_words(&config.normalize))));
    lines.push(("classes", outputs.describe()));
    if !weights.unused.is_empty() {
        lines
            .push(("not used", format!("{} tensors of the file: {}", weights.unused.len(), weights.unused.join(", "))));
    }
    if !anew.is_empty() {
        lines.push(("not taken", format!("{}: the head starts anew and is to be trained", anew.join(", "))));
    }
    lines.push(("saved", out.join(FILE).display().to_string()));
    lines.iter().for_each(|(heading, text)| say!("{heading:<10} {text}"));
    match anew.is_empty() {
        true => say!("\nnext: lepton-gpu predict {} photo.jpg", out.display()),
        false => say!("\nnext: lepton-gpu train photos/ --init {}", out.display()),
    }
    Ok(Exit::Done)
}

fn compile(model: &ModelSpec) -> Result<Plan, CliError> {
    // also what only training needs, such as a discriminator; whether an adapter can run it is for later
    let (loss, limits) =
        (default_loss(model), Limits { binding_bytes: u64::MAX, buffer_bytes: u64::MAX, iterations: None });
    let request = Request { loss, limits, ..Request::new(1, 1) };
    Ok(Plan::compile(model, &request)?)
}

/// The tensors of the whole model, and those of its head that start anew because the file has none of their size.
fn complete(
    parameters: &[Placed],
    outputs: &Outputs,
    weights: &Weights,
) -> Result<(Vec<NamedTensor>, Vec<String>), CliError> {
    let (mut tensors, mut anew) = (Vec::new(), Vec::new());
    for Placed { name, shape, init, .. } in parameters {
        let found = weights.tensor(name).filter(|tensor| tensor.shape == shape.sizes());
        if let Some(tensor) = found {
            tensors.push(tensor.clone());
            continue;
        }
        if !outputs.head.contains(name) {
            let has = weights.tensor(name).map_or("no such tensor".into(), |tensor| format!("{:?}", tensor.shape));
            return Err(CliError::Usage(format!(
                "the model needs `{name}` {shape}, but the file has {has}\n  try: another --model, or without --size"
            )));
        }
        let data = bytemuck::cast_slice(&initial_values(name, shape, *init, 0)).to_vec();
        tensors.push(NamedTensor { name: name.clone(), shape: shape.sizes().to_vec(), data });
        anew.push(name.clone());
    }
    Ok((tensors, anew))
}

/// Writes the run folder, in which nothing may stand that an import would replace.
fn save(out: &Path, model: &ModelSpec, config: &RunConfig, checkpoint: Checkpoint) -> Result<(), CliError> {
    let files: [(&str, Vec<u8>); 3] = [
        ("model.toml", model.to_toml().into_bytes()),
        ("config.toml", config.to_toml().into_bytes()),
        (FILE, checkpoint.into_bytes()),
    ];
    let there = ["last.safetensors"].into_iter().chain(files.iter().map(|(name, _)| *name));
    if let Some(name) = there.into_iter().find(|name| out.join(name).exists()) {
        return Err(CliError::Usage(format!("{} already contains {name}\n  try: another --out", out.display())));
    }
    check_writable(out)?;
    for (name, bytes) in files {
        let path: PathBuf = out.join(name);
        write_with_folder(&path, &bytes).map_err(CliError::file(&path))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Its first linear layer alone is 392 MiB, and a binding of some adapters 128.
    #[test]
    fn a_model_that_not_every_adapter_can_run_is_imported() {
        let model = ModelSpec::open("vgg16").unwrap().for_classes(3);
        assert_eq!(compile(&model).unwrap().classes, 3);
    }
}
