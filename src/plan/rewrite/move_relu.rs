//! A ReLU moves from an op to the max pooling that alone reads it: `max(relu(x)) = relu(max(x))`, with the same gradient, on a
//! quarter of the elements and with nothing to do in backward (the pool remembers that nobody won).

use lepton_kernels::max_pool2d::MaxPool2d;
use lepton_kernels::rectifier::Rectifier;

use super::ending::Ending;
use super::{Graph, NodeId, Rewrite, successor};

pub(super) const REWRITE: Rewrite =
    Rewrite { name: "move_relu", summary: "a ReLU moves behind the max pooling that alone reads it", at };

fn at(graph: &mut Graph, i: NodeId) -> Option<String> {
    let reader = successor(graph, i)?;
    graph.nodes[reader].op.downcast_ref().filter(|pool: &&MaxPool2d| !pool.relu)?;
    let ending = Ending::of(graph.nodes[i].op.as_mut()).filter(|ending| ending.rectifier() == Some(Rectifier::Relu))?;
    ending.set(Rectifier::None);
    let pool: &mut MaxPool2d = graph.nodes[reader].op.downcast_mut()?;
    pool.relu = true;
    Some(format!("relu of {} into {}", graph.nodes[i].name, graph.nodes[reader].name))
}
