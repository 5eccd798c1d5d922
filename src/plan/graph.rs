//! A model on a batch as a graph: tensors with shapes, nodes with ops, in the order in which they run.

use std::collections::HashMap;
use std::ops::Range;

use lepton_kernels::op::{Dtype, InInference, Mode, Precision};
use lepton_kernels::{Op, Shape, ShapeError, data_set};

use super::buffer::Buffer;
use super::ids::{Id, Table};
use super::input::Input;
use super::phases::Trained;
use crate::config::LossConfig;
use crate::model::{Init, LayerBuilder, LayerSpec, ModelError, ModelSpec, ParameterSpec, Value};

/// The number of a tensor in [`Graph::tensors`].
pub type TensorId = Id<Tensor>;

/// The number of a node in [`Graph::nodes`]; rewrites change it.
pub type NodeId = Id<Node>;

/// The number of a parameter in [`Graph::parameters`].
pub type ParameterId = Id<Parameter>;

/// Where a tensor of the graph comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum Origin {
    /// A buffer of its own, which stays on the device between steps.
    Resident(Buffer),
    /// A parameter of the model, in the buffer of all of them.
    Parameter(ParameterId),
    /// Computed by a node.
    Value,
}

/// A tensor of the graph.
#[derive(Clone, Debug)]
pub struct Tensor {
    /// Its name, such as `conv1` for a layer's output or `conv1.weight`.
    pub name: String,
    /// Its shape; rows of the batch come first.
    pub shape: Shape,
    /// How its elements are stored.
    pub dtype: Dtype,
    /// Where it comes from.
    pub origin: Origin,
}

/// An op with what it reads and writes.
#[derive(Debug)]
pub struct Node {
    /// The layer's name.
    pub name: String,
    /// The op with its options.
    pub op: Box<dyn Op>,
    /// What it reads: activations, then parameters.
    pub inputs: Vec<TensorId>,
    /// The tensors that it writes.
    pub outputs: Vec<TensorId>,
}

/// A parameter with how it starts.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// The tensor that nodes read it as.
    pub tensor: TensorId,
    /// How its elements start.
    pub init: Init,
    /// Whether the optimiser updates it.
    pub trained: bool,
    /// Whether weight decay shrinks it where a run does not decay everything.
    pub decays: bool,
    /// Whether a rule of the run keeps it as it is.
    pub frozen: bool,
}

/// What a layer of the model became, before any fusion.
#[derive(Clone, Debug)]
pub struct LayerNodes {
    /// Its nodes, which stand side by side in the graph.
    pub nodes: Range<NodeId>,
    /// Its parameters, side by side among the graph's.
    pub parameters: Range<ParameterId>,
    /// The tensor that later layers read.
    pub output: TensorId,
}

/// The rows of a batch: `[n]` each.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rows {
    /// Which image of the data set each one is (u32).
    pub image: TensorId,
    /// Where that image lies on the device (u32): at its number, unless the device holds a window.
    pub place: TensorId,
    /// Its label (u32); after augmentation the label that counts most.
    pub label: TensorId,
    /// Its share in the mean loss; 0 where the batch is not full.
    pub weight: TensorId,
}

/// A model on a batch.
#[derive(Debug, Default)]
pub struct Graph {
    /// Every tensor that a node reads or writes.
    pub tensors: Table<Tensor>,
    /// Nodes in the order in which they run.
    pub nodes: Table<Node>,
    /// Parameters in the order of their layers.
    pub parameters: Table<Parameter>,
    /// What each layer of the model became, until nodes are fused.
    pub layers: Vec<LayerNodes>,
    /// The batch's images, `[n, h, w, c]`.
    pub images: TensorId,
    /// The model's last output: `[n, classes]`, `[n, values]` or an image.
    pub logits: TensorId,
    /// Other labels `[n]` (u32) and the share of a row's own label `[n]`, where images are mixed.
    pub mix: Option<[TensorId; 2]>,
    /// The tensor whose value and gradient an explanation asks for.
    pub inspected: Option<TensorId>,
    /// How activations are stored.
    pub precision: Precision,
    /// Whether it is for training: dropout drops, batch norm uses the batch's statistics.
    pub mode: Mode,
}

/// What a graph is built for, besides the model.
#[derive(Clone, Debug)]
pub struct Setting {
    /// Images in a batch.
    pub batch: usize,
    /// Images of the data set that stays on the device.
    pub images: usize,
    /// Images of the window that the device holds instead, where they are streamed.
    pub window: Option<usize>,
    /// Images of a part of it: all of them, or as many as one binding holds.
    pub part: usize,
    /// How activations are stored.
    pub precision: Precision,
    /// Whether the graph is for training or for inference.
    pub mode: Mode,
    /// What the outputs are compared with, and how.
    pub loss: LossConfig,
    /// Whether evaluation records what metrics are counted from.
    pub record_predictions: bool,
    /// How images are read.
    pub input: Input,
}

impl Setting {
    /// Training in f32 on a data set in one part.
    pub fn new(batch: usize, images: usize, loss: LossConfig) -> Self {
        let (precision, mode, input) = (Precision::F32, Mode::Train, Input::default());
        Setting { batch, images, window: None, part: images, precision, mode, loss, record_predictions: false, input }
    }
}

/// Steps of history that stay on the device between read-backs.
pub const HISTORY: usize = 128;

impl Graph {
    /// The graph of `model` in this setting.
    ///
    /// # Errors
    /// If a layer cannot run on what it is given, or the last one does not give what the loss needs.
    pub fn build(model: &ModelSpec, setting: &Setting) -> Result<Self, ModelError> {
        Trained::answering(model).graph(model, setting)
    }

    /// That of a model which is one network.
    pub(super) fn of_one_network(model: &ModelSpec, setting: &Setting) -> Result<Self, ModelError> {
        let Setting { precision, mode, .. } = *setting;
        let mut graph = Graph { precision, mode, ..Graph::default() };
        let rows = graph.add_batch(model, setting)?;
        graph.logits = graph.add_layers("", &model.layers, graph.images, 0)?;
        graph.add_average(&setting.input);
        graph.add_loss(model, setting, &rows)?;
        Ok(graph)
    }

    /// Adds layers that read `input`, with `prefix` before their names; gives the last one's output. What they draw at random
    /// depends on their names and on `stream`.
    pub(super) fn add_layers(
        &mut self,
        prefix: &str,
        layers: &[LayerSpec],
        input: TensorId,
        stream: u32,
    ) -> Result<TensorId, ModelError> {
        let mut outputs: HashMap<&str, TensorId> = HashMap::from([("input", input)]);
        let mut last = input;
        for (i, spec) in layers.iter().enumerate() {
            let inputs: Vec<TensorId> = spec.inputs.iter().map(|name| outputs[name.as_str()]).collect();
            let layer = format!("{prefix}{}", spec.name);
            let mut site = LayerBuilder::new(&layer, self.shapes(&inputs)).salted(stream);
            let built = spec.layer.build(&mut site).and_then(|output| {
                self.check_stored(&site, &inputs)?;
                self.check_start(&site, &inputs)?;
                Ok(output)
            });
            let output = built.map_err(|source| {
                let reads = |name: &String| format!("`{name}` {}", self.tensors[outputs[name.as_str()]].shape);
                ModelError::Shape {
                    number: i + 1,
                    layer: layer.clone(),
                    reads: format!("it reads {}", spec.inputs.iter().map(reads).collect::<Vec<_>>().join(" and ")),
                    source,
                }
            })?;
            last = self.add_site(&layer, site, &inputs, output);
            outputs.insert(&spec.name, last);
        }
        Ok(last)
    }

    /// Checks that a layer takes what it reads as it is stored: tokens are looked up, everything else is numbers.
    fn check_stored(&self, site: &LayerBuilder, inputs: &[TensorId]) -> Result<(), ShapeError> {
        for node in &site.nodes {
            for (i, value) in node.inputs.iter().enumerate() {
                let Value::Input(from) = *value else { continue };
                let is_tokens = self.tensors[inputs[from]].dtype == Dtype::U32;
                match (is_tokens, node.op.input_dtype(i) == Dtype::U32) {
                    (true, false) => {
                        let problem = "it takes numbers, but its input is the tokens of a text";
                        return Err(ShapeError::new(problem).hint("an embedding layer before it"));
                    }
                    (false, true) => {
                        let problem = "it takes tokens, but its input is numbers";
                        return Err(ShapeError::new(problem)
                            .hint("tokens = \"auto\" instead of `input`, and an embedding first"));
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// Checks that filters that are computed from the training images see these.
    fn check_start(&self, site: &LayerBuilder, inputs: &[TensorId]) -> Result<(), ShapeError> {
        if site.parameters.iter().any(|p| p.init == Init::Whitening) && inputs != [self.images] {
            let problem =
                "init = \"whitening\" is computed from the training images, but the layer does not read `input`";
            Err(ShapeError::new(problem).hint("init = \"dirac\", or inputs = [\"input\"]"))
        } else {
            Ok(())
        }
    }

    /// Takes over what a layer built; gives its output.
    fn add_site(&mut self, layer: &str, site: LayerBuilder, inputs: &[TensorId], output: Value) -> TensorId {
        let (first_node, first_parameter) = (self.nodes.next_id(), self.parameters.next_id());
        let parameters: Vec<TensorId> = site.parameters.into_iter().map(|p| self.parameter(layer, p)).collect();
        let mut given: Vec<TensorId> = Vec::new();
        let find = |value: Value, given: &[TensorId]| match value {
            Value::Input(i) => inputs[i],
            Value::Parameter(i) => parameters[i],
            Value::Node(i) => given[i],
        };
        for node in site.nodes {
            let reads: Vec<TensorId> = node.inputs.iter().map(|&value| find(value, &given)).collect();
            let name = if node.suffix.is_empty() { layer.to_string() } else { format!("{layer}.{}", node.suffix) };
            let instead = if self.mode == Mode::Infer { node.op.in_inference() } else { InInference::Same };
            given.push(match instead {
                InInference::Same => self.node(&name, node.op, &reads)[0],
                InInference::Other(op) => self.node(&name, op, &reads)[0],
                InInference::Nothing => reads[0],
            });
        }
        let output = find(output, &given);
        self.layers.push(LayerNodes {
            nodes: first_node..self.nodes.next_id(),
            parameters: first_parameter..self.parameters.next_id(),
            output,
        });
        output
    }

    fn parameter(&mut self, layer: &str, spec: ParameterSpec) -> TensorId {
        let ParameterSpec { name, shape, init, trained, decays } = spec;
        let origin = Origin::Parameter(self.parameters.next_id());
        let tensor = self.tensor(&format!("{layer}.{name}"), shape, Dtype::F32, origin);
        self.parameters.push(Parameter { tensor, init, trained, decays, frozen: false });
        tensor
    }

    /// The data set as one tensor, or as four of `part` images, of which the last ones may hold fewer.
    pub(super) fn images_in_parts(&mut self, [images, h, w, c]: [usize; 4], part: usize) -> Vec<TensorId> {
        let parts = if images <= part { 1 } else { data_set::PARTS };
        let resident = |i: usize| {
            let left = images.saturating_sub(i * part);
            // the last part takes what there is, and the limits are checked later; a binding has at least one image
            let count = if i + 1 == data_set::PARTS { left } else { left.min(part) }.max(1);
            self.resident(Buffer::Images(i), &[count, h, w, c], Dtype::U8)
        };
        (0..parts).map(resident).collect()
    }

    /// Bytes of the images in each part of the data set.
    pub fn image_parts(&self) -> Vec<u64> {
        let parts = self.tensors.iter().filter(|t| matches!(t.origin, Origin::Resident(Buffer::Images(_))));
        parts.map(|part| part.shape.count() as u64 * part.dtype.width(self.precision)).collect()
    }

    pub(super) fn shapes(&self, tensors: &[TensorId]) -> Vec<Shape> {
        tensors.iter().map(|&t| self.tensors[t].shape.clone()).collect()
    }

    /// Shapes of a node's inputs.
    pub fn input_shapes(&self, node: &Node) -> Vec<Shape> {
        self.shapes(&node.inputs)
    }

    fn tensor(&mut self, name: &str, shape: Shape, dtype: Dtype, origin: Origin) -> TensorId {
        self.tensors.push(Tensor { name: name.into(), shape, dtype, origin })
    }

    /// A tensor that is a whole buffer.
    pub(super) fn resident(&mut self, buffer: Buffer, sizes: &[usize], dtype: Dtype) -> TensorId {
        self.tensor(&buffer.to_string(), Shape::new(sizes), dtype, Origin::Resident(buffer))
    }

    /// Adds a node; its shapes have been checked.
    pub(super) fn node(&mut self, name: &str, op: Box<dyn Op>, inputs: &[TensorId]) -> Vec<TensorId> {
        let shapes = op.outputs(&self.shapes(inputs)).expect("shapes were checked");
        let mut outputs = Vec::new();
        for (i, shape) in shapes.into_iter().enumerate() {
            let name = if i == 0 { name.to_string() } else { format!("{name}.{i}") };
            outputs.push(self.tensor(&name, shape, op.output_dtype(i), Origin::Value));
        }
        self.nodes.push(Node { name: name.into(), op, inputs: inputs.to_vec(), outputs: outputs.clone() });
        outputs
    }

    /// Adds a node that runs before the one that is now number `at`; its shapes have been checked.
    pub(super) fn insert_node(
        &mut self,
        at: NodeId,
        name: &str,
        op: Box<dyn Op>,
        inputs: &[TensorId],
    ) -> Vec<TensorId> {
        let added = self.nodes.next_id();
        let outputs = self.node(name, op, inputs);
        let node = self.nodes.remove(added);
        self.nodes.insert(at, node);
        outputs
    }

    /// Elements of all parameters.
    pub fn parameter_count(&self) -> usize {
        self.parameters.iter().map(|p| self.tensors[p.tensor].shape.count()).sum()
    }

    /// Numbers that the model gives for an image: one for each class, if there are classes.
    pub fn classes(&self) -> usize {
        self.tensors[self.logits].shape.sizes()[1..].iter().product()
    }

    /// Shape of a parameter.
    pub fn parameter_shape(&self, id: ParameterId) -> &Shape {
        &self.tensors[self.parameters[id].tensor].shape
    }

    /// Name of a parameter: `conv1.weight`.
    pub fn parameter_name(&self, id: ParameterId) -> &str {
        &self.tensors[self.parameters[id].tensor].name
    }
}
