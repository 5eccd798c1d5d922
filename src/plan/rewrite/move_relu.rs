//! A ReLU moves from an op to the max pooling that alone reads it: `max(relu(x)) = relu(max(x))`, with the same gradient, on a
//! quarter of the elements and with nothing to do in backward (the pool remembers that nobody won).

use lepton_kernels::max_pool2d::MaxPool2d;

use super::ending::Ending;
use super::{Graph, Rewrite, successor};

pub(super) const REWRITE: Rewrite =
    Rewrite { name: "move_relu", summary: "a ReLU moves behind the max pooling that alone reads it", apply };

fn apply(graph: &mut Graph) -> Vec<String> {
    let mut done = Vec::new();
    for i in 0..graph.nodes.len() {
        let Some(reader) = successor(graph, i) else { continue };
        if graph.nodes[reader].op.downcast_ref().is_none_or(|pool: &MaxPool2d| pool.relu) {
            continue;
        }
        let Some(ending) = Ending::of(graph.nodes[i].op.as_mut()) else { continue };
        if ending.has_relu() != Some(true) {
            continue;
        }
        ending.remove_relu();
        let pool: &mut MaxPool2d = graph.nodes[reader].op.downcast_mut().expect("it was looked at");
        pool.relu = true;
        done.push(format!("relu of {} into {}", graph.nodes[i].name, graph.nodes[reader].name));
    }
    done
}
