//! A ReLU layer becomes the end of the op before it, if nobody else reads between them.

use lepton_kernels::relu::Relu;

use super::ending::Ending;
use super::{Graph, Rewrite, absorb, successor};

pub(super) const REWRITE: Rewrite =
    Rewrite { name: "join_relu", summary: "a ReLU joins the op whose output it alone reads", apply };

fn apply(graph: &mut Graph) -> Vec<String> {
    let mut done = Vec::new();
    for i in 0.. {
        if i >= graph.nodes.len() {
            break;
        }
        let Some(reader) = successor(graph, i).filter(|&reader| graph.nodes[reader].op.is::<Relu>()) else { continue };
        let Some(ending) = Ending::of(graph.nodes[i].op.as_mut()) else { continue };
        if ending.has_relu() == Some(false) {
            ending.add_relu();
            done.push(absorb(graph, i, reader));
        }
    }
    done
}
