//! Rewrites of a graph that save launches and passes over memory and change no number.
//!
//! 1. A ReLU layer joins the op before it, if nobody else reads between them.
//! 2. A ReLU moves from a product to the max pooling that alone reads it: `max(relu(x)) = relu(max(x))`, with the same
//!    gradient, on a quarter of the elements and with nothing to do in backward (the pool remembers that nobody won).
//! 3. Where a product alone reads what a product's ReLU gives, its input gradient is masked as it is written, instead of in
//!    a pass of its own.
//! 4. A batch normalisation takes the max pooling after it into its kernels ([`pool`]).
//! 5. Away from training, a batch normalisation is folded into weights and bias of the product before it ([`fold`]), which
//!    then can have the ReLU.

mod fold;
mod pool;

use super::graph::{Graph, TensorId};

/// Applies all rewrites; says which, for people.
pub fn fuse(graph: &mut Graph) -> Vec<String> {
    let mut done = Vec::new();
    fold::fold_norms(graph, &mut done);
    join_relus(graph, &mut done);
    move_relus_to_pools(graph, &mut done);
    pool::join_pools(graph, &mut done);
    mask_in_readers(graph, &mut done);
    done
}

/// The only node that reads `tensor`, if there is just one.
fn only_reader(graph: &Graph, tensor: TensorId) -> Option<usize> {
    let mut readers = graph.nodes.iter().enumerate().filter(|(_, n)| n.inputs.contains(&tensor)).map(|(i, _)| i);
    let first = readers.next()?;
    (readers.next().is_none() && tensor != graph.logits).then_some(first)
}

fn join_relus(graph: &mut Graph, done: &mut Vec<String>) {
    let mut i = 0;
    while i < graph.nodes.len() {
        let output = graph.nodes[i].outputs[0];
        let joined = only_reader(graph, output)
            .filter(|&reader| graph.nodes[reader].op.name() == "relu")
            .and_then(|reader| Some((reader, graph.nodes[i].op.with_relu()?)));
        if let Some((reader, op)) = joined {
            let relu = graph.nodes.remove(reader);
            done.push(format!("{} into {}", relu.name, graph.nodes[i].name));
            graph.nodes[i].op = op;
            graph.nodes[i].outputs[0] = relu.outputs[0];
        }
        i += 1;
    }
}

fn move_relus_to_pools(graph: &mut Graph, done: &mut Vec<String>) {
    for i in 0..graph.nodes.len() {
        let Some(plain) = graph.nodes[i].op.without_relu() else { continue };
        let Some(reader) = only_reader(graph, graph.nodes[i].outputs[0]) else { continue };
        if !graph.nodes[reader].op.commutes_with_relu() {
            continue;
        }
        if let Some(pool) = graph.nodes[reader].op.with_relu() {
            done.push(format!("relu of {} into {}", graph.nodes[i].name, graph.nodes[reader].name));
            graph.nodes[i].op = plain;
            graph.nodes[reader].op = pool;
        }
    }
}

fn mask_in_readers(graph: &mut Graph, done: &mut Vec<String>) {
    for i in 0..graph.nodes.len() {
        let Some(forward_only) = graph.nodes[i].op.without_relu_backward() else { continue };
        let Some(reader) = reader_through_views(graph, graph.nodes[i].outputs[0]) else { continue };
        if let Some(masking) = graph.nodes[reader].op.with_masked_gradient() {
            done.push(format!("relu gradient of {} into {}", graph.nodes[i].name, graph.nodes[reader].name));
            graph.nodes[i].op = forward_only;
            graph.nodes[reader].op = masking;
        }
    }
}

/// The only node that reads `tensor`, or a view of it, as its first input.
fn reader_through_views(graph: &Graph, mut tensor: TensorId) -> Option<usize> {
    loop {
        let reader = only_reader(graph, tensor)?;
        let node = &graph.nodes[reader];
        if node.inputs[0] != tensor {
            return None;
        }
        // a view of its input, whose gradient is that of its output
        if node.op.alias(0) != Some(0) || !node.op.passes_gradient(0) {
            return Some(reader);
        }
        tensor = node.outputs[0];
    }
}
