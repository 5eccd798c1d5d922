//! Which tensors of a graph have a gradient, and who else reads them.

use std::collections::{HashMap, HashSet};

use super::graph::{Graph, TensorId};

impl Graph {
    /// How many nodes give a part of each tensor's gradient, from the loss back.
    pub fn gradients_given(&self) -> HashMap<TensorId, usize> {
        let needs = self.needs_gradient();
        let mut given: HashMap<TensorId, usize> = HashMap::new();
        for node in self.nodes.iter().rev() {
            if node.op.loss_gradient().is_some() {
                given.insert(node.inputs[0], 1);
            } else if given.contains_key(&node.outputs[0]) {
                let gives = |&(i, t): &(usize, &TensorId)| needs.contains(t) && node.op.differentiable(i);
                node.inputs.iter().enumerate().filter(gives).for_each(|(_, &t)| *given.entry(t).or_default() += 1);
            }
        }
        given
    }

    /// Whether somebody beside the nodes reads a tensor: the model ends there, or it is inspected.
    pub fn is_read_outside(&self, tensor: TensorId) -> bool {
        tensor == self.logits || Some(tensor) == self.inspected
    }

    /// Which tensors need a gradient: parameters, what is inspected, and what is computed from them.
    pub fn needs_gradient(&self) -> HashSet<TensorId> {
        let trained = self.parameters.iter().filter(|parameter| parameter.trained);
        let mut needs: HashSet<TensorId> = trained.map(|parameter| parameter.tensor).chain(self.inspected).collect();
        for node in &self.nodes {
            if node.inputs.iter().enumerate().any(|(i, t)| needs.contains(t) && node.op.differentiable(i)) {
                needs.extend(&node.outputs);
            }
        }
        needs
    }
}
