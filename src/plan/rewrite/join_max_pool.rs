//! Batch normalisation, ReLU and max pooling, where nobody else reads between them, become one op. It reads the images twice,
//! and once more in backward, and writes none but the pooled ones: of `n` bytes of images, pooled 2 by 2, it moves about
//! 5.3 n in forward and backward, where separate ops move 11 n.

use lepton_kernels::batch_norm::{BatchNorm, BatchNormPool};
use lepton_kernels::max_pool2d::MaxPool2d;
use lepton_kernels::rectifier::Rectifier;

use super::{Graph, NodeId, Rewrite, absorb, successor};

pub(super) const REWRITE: Rewrite = Rewrite {
    name: "join_max_pool",
    summary: "a max pooling joins the batch normalisation whose output it alone reads",
    at,
};

fn at(graph: &mut Graph, i: NodeId) -> Option<String> {
    let reader = successor(graph, i)?;
    let norm: &BatchNorm = graph.nodes[i].op.downcast_ref()?;
    let &MaxPool2d { window, relu } = graph.nodes[reader].op.downcast_ref()?;
    if !BatchNormPool::suits(&window) || norm.rectifier == Rectifier::Relu6 {
        return None;
    }
    let rectifier = if relu { Rectifier::Relu } else { norm.rectifier };
    let norm = BatchNorm { rectifier, ..norm.clone() };
    graph.nodes[i].op = Box::new(BatchNormPool { norm, window });
    Some(absorb(graph, i, reader))
}
