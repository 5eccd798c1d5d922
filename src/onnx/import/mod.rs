//! A network of another program from an ONNX file: node by node, layers with their weights. Values are followed through
//! whatever only moves elements ([`rearrange`]) or computes single ones ([`ops::function`]), until an op needs them as they are;
//! then [`realise`] finds the layer that does both. So it does not matter how an exporter writes a flatten, a pixel shuffle or
//! a GELU.

mod constant;
mod constants;
mod elementwise;
mod input;
mod layers;
mod moving;
mod node;
mod norms;
mod ops;
mod pointwise;
mod products;
mod realise;
mod rearrange;
mod value;
mod windows;

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use prost::Message;

pub use ops::{FUNCTIONS, IMPORTS, Import};
pub use rearrange::MOVES;

use self::constant::Constant;
use self::layers::Layers;
use self::node::Node;
use self::realise::{CHANNELS_FIRST, ROW};
use self::value::{Activation, Pending, Value};
use super::array::{Array, Problem};
use super::error::OnnxError;
use super::metadata::Metadata;
use super::proto::{self, elem};
use crate::checkpoint::NamedTensor;
use crate::config::NormalizeConfig;
use crate::data::NormalizeFrom;
use crate::model::{ModelBuilder, ModelSpec};

/// A network that was read.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The network; `units` of a last linear layer are the number in the file.
    pub model: ModelSpec,
    /// Its weights by name, as its layers read them.
    pub tensors: Vec<NamedTensor>,
    /// How pixels are scaled, if the file says it, in its graph or in its metadata.
    pub normalize: Option<NormalizeConfig>,
    /// What else the file says.
    pub metadata: Metadata,
    /// Whether images and sequences have their channels before their pixels in the file.
    pub channels_first: bool,
    /// What was left out or assumed, for people.
    pub notes: Vec<String>,
}

/// How a file is read.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// Height and width of images where the file leaves them open.
    pub size: Option<[usize; 2]>,
    /// Whether a softmax at the end stays; otherwise the model ends with logits, which training works on.
    pub keep_softmax: bool,
    /// Inputs that are constants: by name, as tensors of a file. What is left must be one input.
    pub bound: Vec<(String, Vec<u8>)>,
}

/// Reads a network from the bytes of an ONNX file.
///
/// # Errors
/// [`OnnxError`] with the node that is in the way, or with what is wrong with the bytes.
pub fn import(bytes: &[u8], reading: &Reading) -> Result<Imported, OnnxError> {
    let model = proto::Model::decode(bytes)
        .map_err(|error| OnnxError::Damaged(format!("{error} (it has {} bytes)", bytes.len())))?;
    let graph = model.graph.as_ref().ok_or_else(|| OnnxError::Damaged("it has no graph".into()))?;
    let opset = model.opset_import.iter().find(|set| is_own(&set.domain)).map(|set| set.version);
    let opset = opset.ok_or_else(|| OnnxError::Damaged("it does not say which opset its nodes are of".into()))?;
    let metadata = Metadata::read(&model.metadata_props);
    Reader::read(graph, opset, reading, metadata)
}

fn is_own(domain: &str) -> bool {
    domain.is_empty() || domain == "ai.onnx"
}

/// A graph that is being read.
pub struct Reader {
    /// The model that is being made.
    layers: Layers,
    /// What names stand for.
    values: HashMap<String, Value>,
    /// How often names are read.
    readers: HashMap<String, usize>,
    /// What stands for the size of the batch in shapes.
    batch: i64,
    /// Whether the input is tokens.
    is_text: bool,
    /// Whether the input is bytes, whose scaling is normalisation.
    is_bytes: bool,
    /// Names of bytes that have not become numbers yet.
    raw: HashSet<String>,
    normalize: Option<NormalizeConfig>,
    /// Elements that may still be made while reading.
    left: usize,
    channels_first: bool,
    notes: Vec<String>,
}

/// A size that stands for an open batch: no other size is it.
const OPEN_BATCH: i64 = 999_983;
/// Elements of maps and computed constants that a file may ask for.
const MOST: usize = 1 << 28;

impl Reader {
    fn read(graph: &proto::Graph, opset: i64, reading: &Reading, metadata: Metadata) -> Result<Imported, OnnxError> {
        let constants = initializers(graph, reading)?;
        let inputs: Vec<&proto::ValueInfo> =
            graph.input.iter().filter(|input| !constants.contains_key(&input.name)).collect();
        let [input] = inputs[..] else {
            let names: Vec<&str> = inputs.iter().map(|input| input.name.as_str()).collect();
            let problem = format!("it has {} inputs ({}); a model has one", names.len(), names.join(", "));
            return Err(OnnxError::Unsupported(problem));
        };
        let output = graph.output.first().ok_or_else(|| OnnxError::Damaged("it has no output".into()))?;
        let needed = needed(graph, &output.name);
        let mut readers: HashMap<String, usize> = HashMap::from([(output.name.clone(), 1)]);
        for name in needed.iter().flat_map(|node| &node.input) {
            *readers.entry(name.clone()).or_default() += 1;
        }
        let (builder, mut reader) = Self::on_input(graph, input, reading, &metadata)?;
        reader.readers = readers;
        reader.values.extend(constants);
        if graph.output.len() > 1 {
            let others: Vec<&str> = graph.output[1..].iter().map(|output| output.name.as_str()).collect();
            reader.notes.push(format!("outputs beside `{}` are not read: {}", output.name, others.join(", ")));
        }
        let count = needed.len();
        for (i, node) in needed.into_iter().enumerate() {
            let last = i + 1 == count && node.output.first() == Some(&output.name);
            if last && !reading.keep_softmax && ["Softmax", "LogSoftmax"].contains(&node.op_type.as_str()) {
                let logits = node.input.first().and_then(|name| reader.values.get(name)).cloned();
                let logits = logits.ok_or_else(|| OnnxError::Damaged("its last node reads nothing".into()))?;
                reader.notes.push(format!("the {} at the end is left out: training works on logits", node.op_type));
                reader.values.insert(output.name.clone(), logits);
                continue;
            }
            reader.node(node, opset).map_err(|problem| OnnxError::Node { node: place(node), problem })?;
        }
        reader.finish(&output.name, builder, metadata)
    }

    /// Reads a node.
    fn node(&mut self, proto: &proto::Node, opset: i64) -> Result<(), Problem> {
        if !is_own(&proto.domain) {
            return Err(format!("its op is of the set {}, which is not read", proto.domain));
        }
        let mut inputs = Vec::new();
        for name in &proto.input {
            inputs.push(if name.is_empty() { None } else { Some(self.value(name)?) });
        }
        let node = Node { proto, inputs, opset };
        let raw = proto.input.iter().any(|name| self.raw.contains(name));
        if raw && MOVES.contains(&proto.op_type.as_str()) {
            self.raw.extend(proto.output.iter().cloned());
        } else if raw && proto.op_type != "Cast" {
            return Err("it computes with bytes; they have to become floating point numbers first".into());
        }
        let outputs = self.outputs(&node)?;
        for (name, value) in proto.output.iter().zip(outputs) {
            if let Value::Activation(x) = &value
                && super::array::count(&x.sizes)? == 0
            {
                return Err(format!("its output {:?} has no elements", x.sizes));
            }
            if self.values.contains_key(name) {
                return Err(format!("its output `{name}` has been given before"));
            }
            self.values.insert(name.clone(), value);
        }
        Ok(())
    }

    /// What a name stands for, and whether others read it as well.
    fn value(&self, name: &str) -> Result<Value, Problem> {
        let missing = || format!("it reads `{name}`, which no earlier node gives here");
        Ok(match self.values.get(name).ok_or_else(missing)? {
            Value::Activation(x) => {
                let sole = x.sole && self.readers.get(name) == Some(&1);
                Value::Activation(Activation { sole, ..x.clone() })
            }
            constant => constant.clone(),
        })
    }

    fn outputs(&mut self, node: &Node) -> Result<Vec<Value>, Problem> {
        if let Some(constants) = constants::fold(self, node)? {
            return Ok(constants);
        }
        let op = node.proto.op_type.as_str();
        if op == "Gather" && matches!(node.value(0)?, Value::Constant(_)) {
            return moving::embedding(self, node);
        }
        if let Some(Some(Value::Activation(x))) = node.inputs.first() {
            if self.is_text && x.layer == 0 && op != "Cast" && op != "Identity" && op != "Shape" {
                return Err("tokens are read by Gather from a table and by nothing else".into());
            }
            if let Some(f) = ops::function(node)? {
                return Ok(vec![Value::Activation(ops::follow(self, x.clone(), f, node)?)]);
            }
            if MOVES.contains(&op) {
                return moving::moved(self, node, x.clone());
            }
        }
        let import = IMPORTS.iter().find(|import| import.op == op);
        let import = import.ok_or_else(|| match node.proto.attribute.iter().any(|a| a.kind == proto::kind::GRAPH) {
            true => format!("{op} has branches, which no model here has"),
            false => format!("no layer computes {op}"),
        })?;
        (import.read)(self, node)
    }

    /// The model and what was read with it.
    fn finish(mut self, output: &str, builder: ModelBuilder, metadata: Metadata) -> Result<Imported, OnnxError> {
        let damaged = |problem: Problem| OnnxError::Unsupported(format!("its output `{output}`: {problem}"));
        let found = self.value(output).map_err(damaged)?;
        let Value::Activation(x) = found else { return Err(damaged("it is constant".into())) };
        let x = match x.sizes.len() {
            0 | 1 => x.sized(vec![1, 1]),
            _ => x,
        };
        let number = match x.sizes.len() {
            2 => self.realise(x, &ROW),
            _ => self.images(x).map(|(number, _)| number),
        };
        let mut number = number.map_err(damaged)?;
        if number == 0 {
            let shape = self.layers.get(0).shape.clone();
            let new =
                crate::model::layer("reshape").with("shape", shape.iter().map(|&size| size as i64).collect::<Vec<_>>());
            number = self.layers.plain("reshape", new, shape, &[0]);
        }
        let channels = self.layers.get(0).shape.last().copied().unwrap_or(1);
        let normalize = self.normalize.or_else(|| metadata.normalize(channels));
        let (model, tensors) = self.layers.finish(builder, number).map_err(OnnxError::Unsupported)?;
        let (channels_first, notes) = (self.channels_first, self.notes);
        Ok(Imported { model, tensors, normalize, metadata, channels_first, notes })
    }

    /// Takes elements off what a file may ask for.
    fn spend(&mut self, elements: usize) -> Result<(), Problem> {
        let left = self.left.checked_sub(elements);
        self.left = left.ok_or_else(|| format!("its rearrangements need more than {MOST} elements"))?;
        Ok(())
    }

    /// The numbers of a value's elements.
    fn grid(&mut self, x: &Activation) -> Result<Array<i32>, Problem> {
        self.spend(x.count())?;
        Ok(x.grid(&self.layers.get(x.layer).shape))
    }

    /// A value with what is pending applied; of bytes that come in, scaling is normalisation.
    fn settle(&mut self, x: Activation) -> Result<Activation, Problem> {
        if x.layer == 0 && self.is_bytes {
            return self.settle_bytes(x);
        }
        realise::settle(&mut self.layers, x)
    }

    fn settle_bytes(&mut self, x: Activation) -> Result<Activation, Problem> {
        let channels = *self.layers.get(0).shape.last().expect("an input has channels");
        let (scale, shift) = match &x.pending {
            Pending::Channels { scale, shift } => (scale.clone(), shift.clone()),
            Pending::Functions(functions) => match pointwise::known(&pointwise::composed(functions)) {
                Some(pointwise::Known::Affine { scale, shift }) => (vec![scale; channels], vec![shift; channels]),
                _ => return Err("bytes are scaled by something else than a factor and a shift".into()),
            },
        };
        // scale · pixel + shift = (pixel / 255 - mean) / std
        let std: Vec<f32> = scale.iter().map(|scale| (1.0 / (255.0 * scale)) as f32).collect();
        let mean = scale.iter().zip(&shift).map(|(scale, shift)| (-shift / (255.0 * scale)) as f32).collect();
        let config = NormalizeConfig { from: NormalizeFrom::Given, mean, std, sample: None };
        config.check().map_err(|error| error.to_string())?;
        if self.normalize.as_ref().is_some_and(|before| *before != config) {
            return Err("bytes are scaled in two ways".into());
        }
        self.normalize = Some(config);
        Ok(Activation { pending: Pending::NONE, ..x })
    }

    /// The layer that gives a value with its axes in the order of the roles.
    fn realise(&mut self, x: Activation, roles: &[usize]) -> Result<usize, Problem> {
        let x = self.settle(x)?;
        if matches!(x.places, value::Places::Map(_)) {
            self.spend(2 * x.count())?;
        }
        realise::realise(&mut self.layers, x, roles)
    }

    /// A sequence as images one pixel high.
    fn four_axes(&self, x: Activation) -> Activation {
        match x.sizes[..] {
            [n, c, length] => x.sized(vec![n, c, 1, length]),
            _ => x,
        }
    }

    /// The layer that gives images `[n, c, h, w]` or sequences `[n, c, length]`, and their sizes `[h, w, c]`.
    fn images(&mut self, x: Activation) -> Result<(usize, [usize; 3]), Problem> {
        let x = self.four_axes(x);
        if x.sizes.len() != 4 {
            return Err(format!("its input has {} axes; images have four, sequences three", x.sizes.len()));
        }
        let [h, w, c] = CHANNELS_FIRST.map(|axis| x.sizes[axis]);
        Ok((self.realise(x, &CHANNELS_FIRST)?, [h, w, c]))
    }

    /// A value whose zeros, if there are any between its elements, a layer has put there.
    fn without_zeros(&mut self, x: Activation) -> Result<Activation, Problem> {
        if !x.has_zeros() {
            return Ok(x);
        }
        let sizes = x.sizes.clone();
        let (number, shape) = self.images(x)?;
        Ok(Activation::channels_first(number, &shape).sized(sizes))
    }
}

/// The op and name of a node.
fn place(node: &proto::Node) -> String {
    let name = [&node.name].into_iter().chain(&node.output).find(|name| !name.is_empty());
    format!("{} `{}`", node.op_type, name.map_or("", String::as_str))
}

/// The constants of a graph by name, with inputs that are bound to constants.
fn initializers(graph: &proto::Graph, reading: &Reading) -> Result<HashMap<String, Value>, OnnxError> {
    let read = |tensor: &proto::Tensor| Constant::read(tensor).map_err(OnnxError::Damaged);
    let mut constants = HashMap::new();
    for tensor in &graph.initializer {
        constants.insert(tensor.name.clone(), Value::Constant(Rc::new(read(tensor)?)));
    }
    for (name, bytes) in &reading.bound {
        let tensor = proto::Tensor::decode(&bytes[..]).map_err(|error| OnnxError::Damaged(error.to_string()))?;
        constants.insert(name.clone(), Value::Constant(Rc::new(read(&tensor)?)));
    }
    Ok(constants)
}

/// The nodes on which a value depends, in their order.
fn needed<'a>(graph: &'a proto::Graph, output: &str) -> Vec<&'a proto::Node> {
    let mut names: HashSet<&str> = HashSet::from([output]);
    let mut nodes = Vec::new();
    // nodes stand before those that read them; what does not is missed, and named when it is read
    for node in graph.node.iter().rev() {
        if node.output.iter().any(|name| names.contains(name.as_str())) {
            names.extend(node.input.iter().map(String::as_str));
            nodes.push(node);
        }
    }
    nodes.reverse();
    nodes
}
