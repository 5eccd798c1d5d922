//! Layers in front that a run's rules freeze. No gradient passes through them, so that what normalises by the batch can run as
//! away from training, by its running averages, which stay as they are: as in Keras, and as frozen backbones usually run. The
//! rewrites then fold it into the product before it, and nothing of these layers is kept for backward. Further back, batch norm
//! whose running averages are frozen normalises by them as well, and passes gradients on.

use lepton_kernels::InInference;
use lepton_kernels::batch_norm::BatchNorm;

use super::graph::{Graph, Node, NodeId, Origin};

/// Freezes the statistics of batch norm whose running averages are frozen, wherever it stands: they normalise, and stay as they
/// are while gradients pass. Before that, puts the ops of inference where every parameter of a node, running averages included, is
/// frozen and nothing before it is trained; rules must have been applied.
pub(super) fn settle(graph: &mut Graph) {
    let needs = graph.needs_gradient();
    let frozen = |node: &Node| {
        let parameters = node.inputs.iter().filter_map(|&id| match graph.tensors[id].origin {
            Origin::Parameter(parameter) => Some(graph.parameters[parameter].frozen),
            _ => None,
        });
        let parameters: Vec<bool> = parameters.collect();
        !parameters.is_empty() && !parameters.contains(&false) && !needs.contains(&node.outputs[0])
    };
    let settled: Vec<NodeId> = graph.nodes.entries().filter(|(_, node)| frozen(node)).map(|(id, _)| id).collect();
    for id in settled {
        let node = &mut graph.nodes[id];
        if let InInference::Other(op) = node.op.in_inference() {
            node.op = op;
            node.outputs.truncate(1);
        }
    }
    for node in graph.nodes.iter_mut() {
        let Some(norm) = node.op.downcast_mut::<BatchNorm>() else { continue };
        // they are its last inputs
        let mut averages = node.inputs.iter().rev().take(2).map(|&id| match graph.tensors[id].origin {
            Origin::Parameter(parameter) => graph.parameters[parameter].frozen,
            _ => false,
        });
        norm.frozen = averages.all(|frozen| frozen);
    }
}
