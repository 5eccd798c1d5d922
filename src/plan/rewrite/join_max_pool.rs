//! Batch normalisation, ReLU and max pooling, where nobody else reads between them, become one op. It reads the images twice,
//! and once more in backward, and writes none but the pooled ones: of `n` bytes of images, pooled 2 by 2, it moves about
//! 5.3 n in forward and backward, where separate ops move 11 n.

use lepton_kernels::batch_norm::{BatchNorm, BatchNormPool};
use lepton_kernels::max_pool2d::MaxPool2d;

use super::{Graph, Rewrite, absorb, successor};

pub(super) const REWRITE: Rewrite = Rewrite {
    name: "join_max_pool",
    summary: "a max pooling joins the batch normalisation whose output it alone reads",
    apply,
};

fn apply(graph: &mut Graph) -> Vec<String> {
    let mut done = Vec::new();
    for i in 0.. {
        if i >= graph.nodes.len() {
            break;
        }
        let Some(reader) = successor(graph, i) else { continue };
        let (norm, pool) = (graph.nodes[i].op.downcast_ref(), graph.nodes[reader].op.downcast_ref());
        let (Some(norm), Some(pool)) = (norm, pool) else { continue };
        if let Some(joined) = join(norm, pool) {
            graph.nodes[i].op = Box::new(joined);
            done.push(absorb(graph, i, reader));
        }
    }
    done
}

fn join(norm: &BatchNorm, pool: &MaxPool2d) -> Option<BatchNormPool> {
    let (window, relu) = (pool.window, norm.relu || pool.relu);
    BatchNormPool::suits(&window).then(|| BatchNormPool { norm: BatchNorm { relu, ..norm.clone() }, window })
}
