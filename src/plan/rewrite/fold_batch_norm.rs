//! Away from training a batch normalisation is an affine map of each channel, and so is the product before it: a small op makes
//! one weight and one bias of both, and the product reads those. The product then can have the ReLU.

use lepton_kernels::Op;
use lepton_kernels::batch_norm::{BatchNormInference, FoldBatchNorm};
use lepton_kernels::conv2d::Conv2d;
use lepton_kernels::gemm::Relu;
use lepton_kernels::linear::Linear;
use lepton_kernels::rectifier::Rectifier;

use super::{Graph, NodeId, Origin, Rewrite, successor};

pub(super) const REWRITE: Rewrite = Rewrite {
    name: "fold_batch_norm",
    summary: "away from training, a batch normalisation is folded into weights and bias of the product before it",
    at,
};

fn at(graph: &mut Graph, i: NodeId) -> Option<String> {
    let product = &graph.nodes[i];
    // the weight itself, and not one that was folded before
    let has_weight = product.inputs.get(1).is_some_and(|&id| matches!(graph.tensors[id].origin, Origin::Parameter(_)));
    if !has_weight || !is_plain_product(product.op.as_ref()) {
        return None;
    }
    let bias = product.inputs.len() == 3;
    let reader = successor(graph, i)?;
    let &BatchNormInference { epsilon, affine, rectifier: Rectifier::None } = graph.nodes[reader].op.downcast_ref()?
    else {
        return None;
    };
    let norm = graph.nodes.remove(reader);
    let name = graph.nodes[i].name.clone();
    let reads: Vec<_> = graph.nodes[i].inputs[1..].iter().chain(&norm.inputs[1..]).copied().collect();
    let fold = FoldBatchNorm { epsilon, affine, bias };
    let outputs = graph.insert_node(i, &format!("{name}.folded"), Box::new(fold), &reads);
    let product = &mut graph.nodes[i.next()];
    product.inputs = vec![product.inputs[0], outputs[0], outputs[1]];
    product.outputs = vec![norm.outputs[0]];
    Some(format!("{} into the weights of {name}", norm.name))
}

/// Whether it is a product of input 0 and a weight `[.., c]`, plus a bias `[c]`. The weight of a transposed convolution has its
/// output's channels elsewhere.
fn is_plain_product(op: &dyn Op) -> bool {
    let relu = op.downcast_ref().map(|op: &Conv2d| op.relu).or(op.downcast_ref().map(|op: &Linear| op.relu));
    relu == Some(Relu::None)
}
