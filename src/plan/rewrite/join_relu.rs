//! A ReLU layer becomes the end of the op before it, if nobody else reads between them.

use lepton_kernels::relu::Relu;

use super::ending::Ending;
use super::{Graph, NodeId, Rewrite, absorb, successor};

pub(super) const REWRITE: Rewrite =
    Rewrite { name: "join_relu", summary: "a ReLU joins the op whose output it alone reads", at };

fn at(graph: &mut Graph, i: NodeId) -> Option<String> {
    let reader = successor(graph, i).filter(|&reader| graph.nodes[reader].op.is::<Relu>())?;
    let ending = Ending::of(graph.nodes[i].op.as_mut()).filter(|ending| ending.has_relu() == Some(false))?;
    ending.add_relu();
    Some(absorb(graph, i, reader))
}
