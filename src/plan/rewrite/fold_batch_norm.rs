//! Away from training a batch normalisation is an affine map of each channel, and so is the product before it: a small op makes
//! one weight and one bias of both, and the product reads those. The product then can have the ReLU.

use lepton_kernels::Op;
use lepton_kernels::batch_norm::{BatchNormInference, FoldBatchNorm};
use lepton_kernels::conv2d::Conv2d;
use lepton_kernels::gemm::Relu;
use lepton_kernels::linear::Linear;

use super::{Graph, Rewrite, successor};

pub(super) const REWRITE: Rewrite = Rewrite {
    name: "fold_batch_norm",
    summary: "away from training, a batch normalisation is folded into weights and bias of the product before it",
    apply,
};

fn apply(graph: &mut Graph) -> Vec<String> {
    let mut done = Vec::new();
    let mut i = 0;
    while i < graph.nodes.len() {
        if let Some((reader, fold)) = folding(graph, i) {
            let norm = graph.nodes.remove(reader);
            let name = graph.nodes[i].name.clone();
            done.push(format!("{} into the weights of {name}", norm.name));
            let reads: Vec<_> = graph.nodes[i].inputs[1..].iter().chain(&norm.inputs[1..]).copied().collect();
            let outputs = graph.insert_node(i, &format!("{name}.folded"), Box::new(fold), &reads);
            i += 1;
            let product = &mut graph.nodes[i];
            product.inputs = vec![product.inputs[0], outputs[0], outputs[1]];
            product.outputs = vec![norm.outputs[0]];
        }
        i += 1;
    }
    done
}

/// The normalisation that can be folded into node `i`, and the op that folds it.
fn folding(graph: &Graph, i: usize) -> Option<(usize, FoldBatchNorm)> {
    let product = &graph.nodes[i];
    if !is_plain_product(product.op.as_ref()) {
        return None;
    }
    let reader = successor(graph, i)?;
    let &BatchNormInference { epsilon, affine, relu } = graph.nodes[reader].op.downcast_ref()?;
    let bias = product.inputs.len() == 3;
    (!relu).then_some((reader, FoldBatchNorm { epsilon, affine, bias }))
}

/// Whether it is a product of input 0 and a weight `[.., c]`, plus a bias `[c]`. The weight of a transposed convolution has its
/// output's channels elsewhere.
fn is_plain_product(op: &dyn Op) -> bool {
    let relu = op.downcast_ref().map(|op: &Conv2d| op.relu).or(op.downcast_ref().map(|op: &Linear| op.relu));
    relu == Some(Relu::None)
}
