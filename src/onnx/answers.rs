//! What a network answers on this program's own engine: how a file is compared with the model that it was written of, and with
//! the answers that other programs give.

use std::collections::HashMap;

use super::error::OnnxError;
use crate::checkpoint::{Checkpoint, DatasetFingerprint, NamedTensor, State};
use crate::config::{LossTarget, NormalizeConfig, RunConfig};
use crate::data::Vocabulary;
use crate::gpu::Gpu;
use crate::losses::Mse;
use crate::model::{InputKind, ModelBuilder, ModelSpec, NewLayer, layer};
use crate::plan::{Graph, Setting, default_loss};
use crate::train::Predictor;
use lepton_kernels::Mode;

/// What is given to a network.
#[derive(Clone, Debug)]
pub enum Inputs {
    /// Pixels `[n, h, w, c]`, and how they are scaled.
    Pixels(Vec<u8>, NormalizeConfig),
    /// Tokens `[n, length]`, and how many there are.
    Tokens(Vec<u32>, usize),
    /// Numbers `[n, h, w, c]`, as the first layer reads them.
    Numbers(Vec<f32>),
}

/// Layers through which numbers go in: rows of a table by their numbers.
const NUMBERS: [&str; 2] = ["lepton-numbers", "lepton-image"];

/// A layer of another model as it is there, which reads `from` where it read `to`.
fn again(spec: &crate::model::LayerSpec, to: &str) -> NewLayer {
    let input = |name: &String| if name == "input" { to.to_string() } else { name.clone() };
    let new = layer(spec.layer.kind().name).with_options(spec.layer.attributes().clone());
    new.named(&spec.name).reading(spec.inputs.iter().map(input))
}

/// The model with rows of numbers at its end, whatever it gives.
fn with_rows(model: &ModelSpec, builder: ModelBuilder, input: &str) -> Result<ModelSpec, OnnxError> {
    let layers = model.layers.iter().fold(builder, |builder, spec| builder.layer(again(spec, input)));
    Ok(layers.layer(layer("flatten").named("lepton-rows")).build()?)
}

/// What a network gives on some inputs, `[n, outputs]`, channels last.
///
/// # Errors
/// If the model does not fit together, weights are missing, or the device fails.
///
/// # Panics
/// If there are fewer inputs than a model's.
pub fn answers(gpu: &Gpu, model: &ModelSpec, tensors: &[NamedTensor], inputs: &Inputs) -> Result<Vec<f32>, OnnxError> {
    let [h, w, c] = model.input;
    let mut tensors = tensors.to_vec();
    let mut config = RunConfig { loss: Mse { target: LossTarget::Values }.into(), ..RunConfig::default() };
    let images = || ModelBuilder::images(model.name.clone(), model.input);
    let (model, tokens) = match inputs {
        Inputs::Pixels(_, normalize) => {
            config.normalize = normalize.clone();
            (with_rows(model, images(), "input")?, 0)
        }
        Inputs::Tokens(_, count) => {
            (with_rows(model, ModelBuilder::texts(model.name.clone(), model.text_length()), "input")?, *count)
        }
        Inputs::Numbers(numbers) => {
            let rows = numbers.len() / (w * c) + 1;
            let mut data = vec![0u8; w * c * 4];
            data.extend_from_slice(bytemuck::cast_slice(numbers));
            tensors.push(NamedTensor { name: format!("{}.weight", NUMBERS[0]), shape: vec![rows, w * c], data });
            let table = layer("embedding").with("vocabulary", rows as i64).with("features", (w * c) as i64);
            let image = layer("reshape").with("shape", vec![h as i64, w as i64, c as i64]);
            let builder = ModelBuilder::texts(model.name.clone(), Some(h));
            let builder = builder.layer(table.named(NUMBERS[0])).layer(image.named(NUMBERS[1]));
            (with_rows(model, builder, NUMBERS[1])?, rows)
        }
    };
    let setting = Setting { mode: Mode::Infer, ..Setting::new(1, 1, config.loss.clone()) };
    let outputs = Graph::build(&model, &setting)?.classes();
    let names: Vec<String> = (0..outputs).map(|output| output.to_string()).collect();
    let vocabulary = (model.input_kind() == InputKind::Texts)
        .then(|| Vocabulary::from((0..tokens).map(|token| token.to_string()).collect::<Vec<_>>()));
    let data = DatasetFingerprint { train: 0, test: 0, hash: 0, by_name: false };
    let state = State::default();
    let checkpoint = Checkpoint::new(&model, &config, &names, vocabulary.as_ref(), data, &state, tensors);
    let bytes: Vec<u8> = match inputs {
        Inputs::Pixels(pixels, _) => pixels.clone(),
        Inputs::Tokens(tokens, _) => bytemuck::cast_slice(tokens).to_vec(),
        Inputs::Numbers(numbers) => {
            let rows: Vec<u32> = (1..=(numbers.len() / (w * c)) as u32).collect();
            bytemuck::cast_slice(&rows).to_vec()
        }
    };
    let predictor = Predictor::new(gpu, &checkpoint, None)?;
    // one by one: another number of rows is another program
    let each = model.input_kind().bytes(model.input);
    let mut found = Vec::new();
    for input in bytes.chunks(each) {
        found.extend(predictor.predict(input)?.into_iter().flat_map(|answer| answer.outputs));
    }
    Ok(found)
}

/// Tensors of parameters by name, in f32.
pub fn tensors_of(model: &ModelSpec, parameters: &HashMap<String, Vec<f32>>) -> Result<Vec<NamedTensor>, OnnxError> {
    let setting = Setting { mode: Mode::Infer, ..Setting::new(1, 1, default_loss(model)) };
    let graph = Graph::build(model, &setting)?;
    let tensor = |id| {
        let (name, shape) = (graph.parameter_name(id).to_string(), graph.parameter_shape(id).sizes().to_vec());
        let data = parameters[&name].iter().flat_map(|value| value.to_le_bytes()).collect();
        NamedTensor { name, shape, data }
    };
    Ok(graph.parameters.ids().map(tensor).collect())
}
