//! Rewrites of a graph that save launches and passes over memory and change no number.

mod ending;
mod fold_batch_norm;
mod join_add;
mod join_gradient_sum;
mod join_max_pool;
mod join_relu;
mod mask_gradient;
mod move_relu;

use super::graph::{Graph, NodeId, Origin, TensorId};

/// A rewrite of a graph.
#[derive(Clone, Copy, Debug)]
pub struct Rewrite {
    /// Its name in tests and messages.
    pub name: &'static str,
    /// What it does, in a sentence without an end.
    pub summary: &'static str,
    /// Applies it to a node and what follows, if it fits there; gives a line for people, such as `pool1 into norm1`.
    pub at: fn(&mut Graph, NodeId) -> Option<String>,
}

impl Rewrite {
    /// Applies it wherever it fits; gives a line for people about each place. Nodes may come and go, so a number is tried
    /// until it no longer fits there.
    pub fn apply(&self, graph: &mut Graph) -> Vec<String> {
        let mut done = Vec::new();
        let mut node = NodeId::default();
        while node < graph.nodes.next_id() {
            while let Some(line) = (self.at)(graph, node) {
                done.push(line);
            }
            node = node.next();
        }
        done
    }
}

/// All rewrites in the order in which they are applied: some make room for those that follow.
pub const REWRITES: [Rewrite; 7] = [
    fold_batch_norm::REWRITE,
    join_relu::REWRITE,
    move_relu::REWRITE,
    join_max_pool::REWRITE,
    join_add::REWRITE,
    mask_gradient::REWRITE,
    join_gradient_sum::REWRITE,
];

/// Applies all rewrites; gives their lines.
pub(super) fn apply_all(graph: &mut Graph) -> Vec<String> {
    REWRITES.iter().flat_map(|rewrite| rewrite.apply(graph)).collect()
}

/// The only node that reads `tensor`, if there is just one and nobody else does.
fn only_reader(graph: &Graph, tensor: TensorId) -> Option<NodeId> {
    let mut readers = graph.nodes.entries().filter(|(_, n)| n.inputs.contains(&tensor)).map(|(i, _)| i);
    let first = readers.next()?;
    (readers.next().is_none() && !graph.is_read_outside(tensor)).then_some(first)
}

/// The only node that reads what node `i` gives first.
fn successor(graph: &Graph, i: NodeId) -> Option<NodeId> {
    only_reader(graph, graph.nodes[i].outputs[0])
}

/// Removes node `reader`, whose work node `i` now does as well; gives the line about it.
fn absorb(graph: &mut Graph, i: NodeId, reader: NodeId) -> String {
    let absorbed = graph.nodes.remove(reader);
    graph.nodes[i].outputs[0] = absorbed.outputs[0];
    format!("{} into {}", absorbed.name, graph.nodes[i].name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use lepton_kernels::Mode;

    use super::*;
    use crate::model::{ModelSpec, PRESETS};
    use crate::plan::graph::Setting;

    #[test]
    fn every_rewrite_fits_some_preset() {
        let mut fitted = BTreeSet::new();
        for preset in PRESETS {
            let model = ModelSpec::open(preset.name).unwrap();
            for mode in [Mode::Train, Mode::Infer] {
                let setting = Setting { mode, ..Setting::new(2, 2, crate::plan::default_loss(&model)) };
                let mut graph = Graph::build(&model, &setting).unwrap();
                for rewrite in REWRITES {
                    if !rewrite.apply(&mut graph).is_empty() {
                        fitted.insert(rewrite.name);
                    }
                }
            }
        }
        assert_eq!(fitted, REWRITES.iter().map(|rewrite| rewrite.name).collect());
    }
}
