//! Where a product alone reads what a product's ReLU gives, its input gradient is masked as it is written, instead of in a pass
//! of its own.

use lepton_kernels::Op;
use lepton_kernels::conv_transpose2d::ConvTranspose2d;
use lepton_kernels::conv2d::Conv2d;
use lepton_kernels::gemm::Relu;
use lepton_kernels::linear::Linear;

use super::{Graph, Rewrite, TensorId, only_reader};

pub(super) const REWRITE: Rewrite = Rewrite {
    name: "mask_gradient",
    summary: "the backward of a product's ReLU is done by the product that alone reads it",
    apply,
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

fn apply(graph: &mut Graph) -> Vec<String> {
    let mut done = Vec::new();
    for i in 0..graph.nodes.len() {
        let Some(reader) = reader_through_views(graph, graph.nodes[i].outputs[0]) else { continue };
        if product(graph.nodes[i].op.as_mut()).is_none_or(|(relu, _)| *relu != Relu::Whole) {
            continue;
        }
        let Some((_, masked)) = product(graph.nodes[reader].op.as_mut()) else { continue };
        *masked = true;
        if let Some((relu, _)) = product(graph.nodes[i].op.as_mut()) {
            *relu = Relu::Forward;
        }
        done.push(format!("relu gradient of {} into {}", graph.nodes[i].name, graph.nodes[reader].name));
    }
    done
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
