//! A trained model as an ONNX file: its inference graph, op by op as [`ROWS`] says, between an input and outputs that the task
//! decides. Images are `[n, c, h, w]` in the file, as other programs expect; weights are turned as they are written.

mod ends;
mod norms;
mod pointwise;
mod rows;
mod shapes;
mod site;
mod windows;
mod writer;

use std::collections::HashMap;

use prost::Message;

pub use rows::{ROWS, Row};
pub(super) use writer::is_halved;

use self::ends::Ends;
use self::site::{Site, Weight};
use self::writer::Writer;
use super::error::OnnxError;
use super::proto;
use super::source::{Reads, Source};
use crate::checkpoint::Checkpoint;
use crate::plan::Graph;
use crate::plan::graph::{Node, TensorId};

/// What is chosen of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Whether pixels go in as they are, bytes `[n, h, w, c]`, and images come out so.
    pub pixels: bool,
    /// Whether weights are stored in f16; computed is in f32 all the same.
    pub half: bool,
}

/// The bytes of an ONNX file of a checkpoint's model.
///
/// # Errors
/// If the checkpoint is damaged, or has a layer of an application's own.
pub fn export(checkpoint: &Checkpoint, options: Options) -> Result<Vec<u8>, OnnxError> {
    let source = Source::of(checkpoint)?;
    let graph = source.graph()?;
    let ends = Ends { checkpoint, source: &source, options };
    let mut writer = Writer::new(options.half);
    let (inputs, from) = ends.input(&mut writer);
    // a generator's noise is a row already, and its image no row yet
    let (first, last) = match source.reads {
        Reads::Noise => (graph.layers[0].output, graph.layers[graph.layers.len() - 2].output),
        _ => (graph.images, graph.logits),
    };
    let answer = write(&graph, &source, &mut writer, HashMap::from([(first, from)]), last)?;
    let outputs = ends.outputs(&mut writer, answer);
    let Writer { nodes, weights, .. } = writer;
    let model = proto::Model {
        ir_version: proto::IR_VERSION,
        producer_name: env!("CARGO_PKG_NAME").into(),
        producer_version: env!("CARGO_PKG_VERSION").into(),
        opset_import: vec![proto::OpsetId { domain: String::new(), version: proto::OPSET }],
        metadata_props: ends.metadata(),
        graph: Some(proto::Graph {
            node: nodes,
            name: source.model.name.clone(),
            initializer: weights,
            input: inputs,
            output: outputs,
        }),
        functions: Vec::new(),
    };
    Ok(model.encode_to_vec())
}

/// The nodes on which a tensor depends, in their order.
fn needed(graph: &Graph, known: &HashMap<TensorId, String>, wanted: TensorId) -> Vec<usize> {
    let mut tensors = vec![wanted];
    let mut nodes = Vec::new();
    while let Some(tensor) = tensors.pop() {
        if known.contains_key(&tensor) {
            continue;
        }
        let maker = graph.nodes.iter().position(|node| node.outputs.contains(&tensor));
        if let Some(number) = maker.filter(|number| !nodes.contains(number)) {
            nodes.push(number);
            tensors.extend(graph.nodes.get(number).expect("it was found").inputs.iter().copied());
        }
    }
    nodes.sort_unstable();
    nodes
}

/// Writes what lies between tensors with names and `wanted`, and gives the name of that.
fn write(
    graph: &Graph,
    source: &Source,
    writer: &mut Writer,
    mut names: HashMap<TensorId, String>,
    wanted: TensorId,
) -> Result<String, OnnxError> {
    let nodes: Vec<&Node> = graph.nodes.iter().collect();
    for number in needed(graph, &names, wanted) {
        let node = nodes[number];
        let row = ROWS.iter().find(|row| row.op == node.op.name());
        let row = row.ok_or_else(|| OnnxError::NoRow { layer: node.name.clone(), op: node.op.name().into() })?;
        let mut site = Site {
            writer,
            layer: &node.name,
            op: node.op.as_ref(),
            inputs: Vec::new(),
            shapes: Vec::new(),
            weights: Vec::new(),
            output: graph.tensors[node.outputs[0]].shape.clone(),
        };
        for input in &node.inputs {
            let tensor = &graph.tensors[*input];
            match names.get(input) {
                Some(name) => {
                    site.inputs.push(name.clone());
                    site.shapes.push(tensor.shape.clone());
                }
                None => site.weights.push(Weight {
                    name: &tensor.name,
                    sizes: tensor.shape.sizes(),
                    values: &source.parameters[&tensor.name],
                }),
            }
        }
        let output = (row.write)(&mut site);
        names.insert(node.outputs[0], output);
    }
    Ok(names[&wanted].clone())
}
