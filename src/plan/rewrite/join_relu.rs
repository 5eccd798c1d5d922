//! A ReLU or ReLU6 layer becomes the end of the op before it, if nobody else reads between them.

use lepton_kernels::Op;
use lepton_kernels::activation::{Activate, ActivationKind};
use lepton_kernels::rectifier::Rectifier;
use lepton_kernels::relu::Relu;

use super::ending::Ending;
use super::{Graph, NodeId, Rewrite, absorb, successor};

pub(super) const REWRITE: Rewrite =
    Rewrite { name: "join_relu", summary: "a ReLU or ReLU6 joins the op whose output it alone reads", at };

fn at(graph: &mut Graph, i: NodeId) -> Option<String> {
    let reader = successor(graph, i)?;
    let rectifier = rectifier_of(graph.nodes[reader].op.as_ref())?;
    let ending = Ending::of(graph.nodes[i].op.as_mut()).filter(|ending| ending.rectifier() == Some(Rectifier::None))?;
    ending.set(rectifier).then(|| absorb(graph, i, reader))
}

/// What an op is, if it is nothing but a rectifier.
fn rectifier_of(op: &dyn Op) -> Option<Rectifier> {
    let relu = op.is::<Relu>().then_some(Rectifier::Relu);
    let is_relu6 = op.downcast_ref().is_some_and(|op: &Activate| op.kind == ActivationKind::Relu6);
    relu.or(is_relu6.then_some(Rectifier::Relu6))
}
