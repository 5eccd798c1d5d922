//! Away from training a batch normalisation is an affine map of each channel, and so is the product before it: a small op makes
//! one weight and one bias of both, and the product reads those.

use super::super::graph::Graph;
use super::only_reader;

/// Folds what may be folded.
pub(super) fn fold_norms(graph: &mut Graph, done: &mut Vec<String>) {
    let mut i = 0;
    while i < graph.nodes.len() {
        let product = &graph.nodes[i];
        let has_bias = product.inputs.len() == 3;
        let reader = if product.op.is_plain_product() { only_reader(graph, product.outputs[0]) } else { None };
        let folded = reader.and_then(|reader| Some((reader, graph.nodes[reader].op.fold_into_product(has_bias)?)));
        if let Some((reader, op)) = folded {
            let norm = graph.nodes.remove(reader);
            let name = graph.nodes[i].name.clone();
            done.push(format!("{} into the weights of {name}", norm.name));
            let reads: Vec<_> = graph.nodes[i].inputs[1..].iter().chain(&norm.inputs[1..]).copied().collect();
            let outputs = graph.insert_node(i, &format!("{name}.folded"), op, &reads);
            let product = &mut graph.nodes[i + 1];
            product.inputs = vec![product.inputs[0], outputs[0], outputs[1]];
            product.outputs = vec![norm.outputs[0]];
            i += 1;
        }
        i += 1;
    }
}
