//! A model on the f64 twins: what a step should compute, slowly, with no device.

use std::collections::HashMap;

use lepton_kernels::op::Dtype;
use lepton_kernels::{Array, Shape, Step};

use crate::config::LossConfig;
use crate::model::{ModelError, ModelSpec};
use crate::plan::graph::{Origin, TensorId};
use crate::plan::{Buffer, Explain, Graph, PlanError, Setting};

/// What the twins say about one step.
#[derive(Clone, Debug)]
pub struct Reference {
    /// Mean loss of the batch.
    pub loss: f64,
    /// Images that were answered right.
    pub correct: usize,
    /// The model's last output, `[n, classes]`.
    pub logits: Array,
    /// The loss's gradient with respect to each parameter, by name.
    pub gradients: HashMap<String, Array>,
}

/// Labelled images of a step: bytes `[n, h, w, c]` (of tokens four each) and a class each.
#[derive(Clone, Copy, Debug)]
pub struct Images<'a> {
    /// Pixels `[n, h, w, c]`, one byte each.
    pub pixels: &'a [u8],
    /// Class numbers `[n]`.
    pub labels: &'a [u32],
}

/// Runs `step` of a plan with `batch` rows over `images`, with these parameters by name.
///
/// # Errors
/// If the model does not fit together.
///
/// # Panics
/// If a parameter is missing.
pub fn run(
    model: &ModelSpec,
    batch: usize,
    images: Images,
    parameters: &HashMap<String, Vec<f32>>,
    step: &Step,
) -> Result<Reference, ModelError> {
    let exact = |values: &Vec<f32>| values.iter().map(|&v| f64::from(v)).collect();
    run_exact(model, batch, images, &parameters.iter().map(|(name, v)| (name.clone(), exact(v))).collect(), step)
}

/// [`run`] with parameters in f64.
///
/// # Errors
/// If the model does not fit together.
///
/// # Panics
/// If a parameter is missing.
pub fn run_exact(
    model: &ModelSpec,
    batch: usize,
    images: Images,
    parameters: &HashMap<String, Vec<f64>>,
    step: &Step,
) -> Result<Reference, ModelError> {
    let forward = Forward::run(model, batch, images, parameters, step)?;
    Ok(Reference {
        loss: forward.total(0),
        correct: forward.total(1) as usize,
        logits: forward.values[&forward.graph.logits].clone(),
        gradients: gradients(&forward.graph, &forward.values, step),
    })
}

/// The mean loss of [`run_exact`], without the work of gradients.
///
/// # Errors
/// If the model does not fit together.
///
/// # Panics
/// If a parameter is missing.
pub fn loss_exact(
    model: &ModelSpec,
    batch: usize,
    images: Images,
    parameters: &HashMap<String, Vec<f64>>,
    step: &Step,
) -> Result<f64, ModelError> {
    Ok(Forward::run(model, batch, images, parameters, step)?.total(0))
}

/// What the twins say about an explanation: outputs `[n, outputs]`, what is inspected, and the gradient of that.
///
/// `input` is what the model reads, after normalisation; `output_gradient` `[n, outputs]` is how much each output counts.
///
/// # Errors
/// As [`Graph::for_explanation`].
///
/// # Panics
/// If a parameter is missing.
pub fn explain_exact(
    model: &ModelSpec,
    asked: &Explain,
    input: &Array,
    parameters: &HashMap<String, Vec<f64>>,
    output_gradient: &Array,
) -> Result<[Array; 3], PlanError> {
    let graph = Graph::for_explanation(model, input.shape.sizes()[0], asked)?;
    let step = Step { batch_length: input.shape.sizes()[0] as u32, ..Step::default() };
    let mut values = HashMap::from([(graph.images, input.clone())]);
    for parameter in &graph.parameters {
        let tensor = &graph.tensors[parameter.tensor];
        values.insert(parameter.tensor, Array::new(tensor.shape.clone(), parameters[&tensor.name].clone()));
    }
    compute(&graph, &mut values, &step);
    let start = HashMap::from([(graph.logits, output_gradient.clone())]);
    let mut gradients = backward(&graph, &values, start, &step);
    let inspected = graph.inspected.expect("the graph is of an explanation");
    let gradient = gradients.remove(&inspected).expect("what is inspected has a gradient");
    Ok([values[&graph.logits].clone(), values[&inspected].clone(), gradient])
}

/// A graph with the value of every tensor.
struct Forward {
    graph: Graph,
    values: HashMap<TensorId, Array>,
}

impl Forward {
    fn run(
        model: &ModelSpec,
        batch: usize,
        images: Images,
        parameters: &HashMap<String, Vec<f64>>,
        step: &Step,
    ) -> Result<Self, ModelError> {
        let images_there = images.labels.len();
        let setting = Setting::new(batch, images_there, LossConfig::default());
        let graph = Graph::build(model, &setting)?;
        let mut values: HashMap<TensorId, Array> = HashMap::new();
        for (id, tensor) in graph.tensors.entries() {
            let data = match tensor.origin {
                Origin::Value => continue,
                Origin::Parameter(_) => parameters[&tensor.name].clone(),
                Origin::Resident(Buffer::Images(_)) if tensor.dtype == Dtype::U32 => {
                    let words = images.pixels.chunks_exact(4);
                    words.map(|b| f64::from(u32::from_le_bytes([b[0], b[1], b[2], b[3]]))).collect()
                }
                Origin::Resident(Buffer::Images(_)) => images.pixels.iter().map(|&v| f64::from(v)).collect(),
                Origin::Resident(Buffer::Labels) => images.labels.iter().map(|&v| f64::from(v)).collect(),
                Origin::Resident(Buffer::Norm) => unit_norm(&tensor.shape),
                Origin::Resident(_) => vec![0.0; tensor.shape.count()],
            };
            values.insert(id, Array::new(tensor.shape.clone(), data));
        }
        compute(&graph, &mut values, step);
        Ok(Forward { graph, values })
    }

    /// The sum of an output of the loss.
    fn total(&self, output: usize) -> f64 {
        let loss = self.graph.nodes.iter().find(|n| n.op.loss_gradient().is_some()).expect("a graph has a loss");
        self.values[&loss.outputs[output]].data.iter().sum()
    }
}

/// Adds the value of every tensor that a node gives.
fn compute(graph: &Graph, values: &mut HashMap<TensorId, Array>, step: &Step) {
    for node in &graph.nodes {
        let inputs: Vec<Array> = node.inputs.iter().map(|id| values[id].clone()).collect();
        for (&id, output) in node.outputs.iter().zip(node.op.twin(&inputs, step)) {
            values.insert(id, output);
        }
    }
}

fn unit_norm(shape: &Shape) -> Vec<f64> {
    let channels = shape.sizes()[1];
    (0..2 * channels).map(|i| if i < channels { 0.0 } else { 1.0 }).collect()
}

/// The loss's gradient with respect to each parameter, by name.
fn gradients(graph: &Graph, values: &HashMap<TensorId, Array>, step: &Step) -> HashMap<String, Array> {
    let all = backward(graph, values, HashMap::new(), step);
    let named =
        |p: &crate::plan::graph::Parameter| Some((graph.tensors[p.tensor].name.clone(), all.get(&p.tensor)?.clone()));
    graph.parameters.iter().filter_map(named).collect()
}

/// Backward through the graph from the loss, or from the gradients that are given, adding up what the readers of a tensor
/// contribute.
fn backward(
    graph: &Graph,
    values: &HashMap<TensorId, Array>,
    given: HashMap<TensorId, Array>,
    step: &Step,
) -> HashMap<TensorId, Array> {
    let mut all = given;
    for node in graph.nodes.iter().rev() {
        if let Some(output) = node.op.loss_gradient() {
            all.insert(node.inputs[0], values[&node.outputs[output]].clone());
            continue;
        }
        let Some(dy) = all.get(&node.outputs[0]) else { continue };
        let inputs: Vec<Array> = node.inputs.iter().map(|id| values[id].clone()).collect();
        let outputs: Vec<Array> = node.outputs.iter().map(|id| values[id].clone()).collect();
        for (i, gradient) in node.op.twin_backward(&inputs, &outputs, dy, step).into_iter().enumerate() {
            if let Some(gradient) = gradient {
                let sum = all.remove(&node.inputs[i]).map(|before| before.zip(&gradient, |a, b| a + b));
                all.insert(node.inputs[i], sum.unwrap_or(gradient));
            }
        }
    }
    all
}
