//! Where a block's output has two readers, their gradients are added as the ReLU's backward reads them, instead of in a pass of
//! its own.

use lepton_kernels::Op;
use lepton_kernels::add::Add;
use lepton_kernels::batch_norm::BatchNormAdd;

use super::{Graph, NodeId, Rewrite};

pub(super) const REWRITE: Rewrite = Rewrite {
    name: "join_gradient_sum",
    summary: "the gradients that two readers give are added where a ReLU's backward reads them",
    at,
};

/// Where an op that ends in a ReLU says whether its gradient comes in two parts.
type Find = for<'a> fn(&'a mut dyn Op) -> Option<&'a mut bool>;

/// The types of op that can take it so.
const TYPES: [Find; 2] = [
    |op| op.downcast_mut::<Add>().filter(|op| op.relu).map(|op| &mut op.parted),
    |op| op.downcast_mut::<BatchNormAdd>().filter(|op| op.relu).map(|op| &mut op.parted),
];

fn at(graph: &mut Graph, i: NodeId) -> Option<String> {
    let find = TYPES.iter().find(|find| find(graph.nodes[i].op.as_mut()).is_some_and(|parted| !*parted))?;
    let output = graph.nodes[i].outputs[0];
    if graph.gradients_given().get(&output) != Some(&2) {
        return None;
    }
    *find(graph.nodes[i].op.as_mut())? = true;
    Some(format!("gradient sum of {} into its relu", graph.nodes[i].name))
}
