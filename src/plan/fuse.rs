//! Rewrites of a graph that save passes over memory and change no number.
//!
//! 1. A ReLU layer joins the op before it, if nobody else reads between them.
//! 2. A ReLU moves from a product to the max pooling that alone reads it: `max(relu(x)) = relu(max(x))`, with the same
//!    gradient, on a quarter of the elements and with nothing to do in backward (the pool remembers that nobody won).

use super::graph::{Graph, TensorId};

/// Applies both rewrites.
pub fn fuse(graph: &mut Graph) {
    join_relus(graph);
    move_relus_to_pools(graph);
}

/// The only node that reads `tensor`, if there is just one.
fn only_reader(graph: &Graph, tensor: TensorId) -> Option<usize> {
    let mut readers = graph.nodes.iter().enumerate().filter(|(_, n)| n.inputs.contains(&tensor)).map(|(i, _)| i);
    let first = readers.next()?;
    (readers.next().is_none() && tensor != graph.logits).then_some(first)
}

fn join_relus(graph: &mut Graph) {
    let mut i = 0;
    while i < graph.nodes.len() {
        let output = graph.nodes[i].outputs[0];
        let joined = only_reader(graph, output)
            .filter(|&reader| graph.nodes[reader].op.name() == "relu")
            .and_then(|reader| Some((reader, graph.nodes[i].op.with_relu()?)));
        if let Some((reader, op)) = joined {
            let relu = graph.nodes.remove(reader);
            graph.nodes[i].op = op;
            graph.nodes[i].outputs[0] = relu.outputs[0];
        }
        i += 1;
    }
}

fn move_relus_to_pools(graph: &mut Graph) {
    for i in 0..graph.nodes.len() {
        let Some(plain) = graph.nodes[i].op.without_relu() else { continue };
        let Some(reader) = only_reader(graph, graph.nodes[i].outputs[0]) else { continue };
        if !graph.nodes[reader].op.commutes_with_relu() {
            continue;
        }
        if let Some(pool) = graph.nodes[reader].op.with_relu() {
            graph.nodes[i].op = plain;
            graph.nodes[reader].op = pool;
        }
    }
}
