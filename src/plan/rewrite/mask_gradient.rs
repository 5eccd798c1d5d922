//! Where a product alone reads what a product's ReLU gives, its input gradient is masked as it is written, instead of in a pass
//! of its own.

use lepton_kernels::conv_transpose2d::ConvTranspose2d;
use lepton_kernels::conv2d::Conv2d;
use lepton_kernels::gemm::Relu;
use lepton_kernels::linear::Linear;
use lepton_kernels::{Op, Operand};

use super::{Graph, NodeId, Rewrite, TensorId, only_reader};

pub(super) const REWRITE: Rewrite = Rewrite {
    name: "mask_gradient",
    summary: "the backward of a product's ReLU is done by the product that alone reads it",
    at,
};

/// What a product says of the ReLUs around it: of its own, and whether its input gradient is masked.
type Find = for<'a> fn(&'a mut dyn Op) -> Option<(&'a mut Relu, &'a mut bool)>;

/// The types of op that are products.
const PRODUCTS: [Find; 3] = [
    |op| op.downcast_mut::<Conv2d>().map(|op| (&mut op.relu, &mut op.masked)),
    |op| op.downcast_mut::<ConvTranspose2d>().map(|op| (&mut op.relu, &mut op.masked)),
    |op| op.downcast_mut::<Linear>().map(|op| (&mut op.relu, &mut op.masked)),
];

fn product(op: &mut dyn Op) -> Option<(&mut Relu, &mut bool)> {
    let find = PRODUCTS.iter().find(|find| find(op).is_some())?;
    find(op)
}

fn at(graph: &mut Graph, i: NodeId) -> Option<String> {
    let reader = reader_through_views(graph, graph.nodes[i].outputs[0])?;
    product(graph.nodes[reader].op.as_mut())?;
    let (relu, _) = product(graph.nodes[i].op.as_mut()).filter(|(relu, _)| **relu == Relu::Whole)?;
    *relu = Relu::Forward;
    let (_, masked) = product(graph.nodes[reader].op.as_mut())?;
    *masked = true;
    Some(format!("relu gradient of {} into {}", graph.nodes[i].name, graph.nodes[reader].name))
}

/// The only node that reads `tensor`, or a view of it, as its first input.
fn reader_through_views(graph: &Graph, mut tensor: TensorId) -> Option<NodeId> {
    loop {
        let reader = only_reader(graph, tensor)?;
        let node = &graph.nodes[reader];
        if node.inputs[0] != tensor {
            return None;
        }
        // a view of its input, whose gradient is that of its output
        if node.op.alias(0) != Some(0) || node.op.gradient_is(0) != Some(Operand::Dy(0)) {
            return Some(reader);
        }
        tensor = node.outputs[0];
    }
}
