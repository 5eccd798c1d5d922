//! A model in two parts: the body, which computes features, and the head, which answers from them.

use lepton_kernels::Shape;

use super::error::TrainError;
use crate::model::{InputKind, ModelSpec};
use crate::plan::graph::LayerNodes;
use crate::plan::{Graph, PlanError, Setting, default_loss};

/// A model cut before its head.
#[derive(Clone, Debug)]
pub(super) struct Cut {
    /// From the input to the features `[n, length]`.
    pub body: ModelSpec,
    /// From these to the outputs.
    pub head: ModelSpec,
}

impl Cut {
    /// Cuts a model, whose number of outputs is known, before the layer `from`: by default before the last layer with parameters
    /// and the dropout that it reads.
    ///
    /// # Errors
    /// [`TrainError::NoHead`] if the head does not read one row of features an image, and the model's own errors.
    pub fn of(model: &ModelSpec, from: Option<&str>) -> Result<Self, TrainError> {
        let graph = graph(model)?;
        let no_head = |problem: String| TrainError::NoHead { model: model.name.clone(), problem };
        let first = first_of_head(model, &graph, from).map_err(no_head)?;
        let length = features_before(model, &graph, first).map_err(no_head)?;
        let [body, head] = model.cut(first, length);
        Ok(Cut { body, head })
    }

    /// The layer before which a model is cut that takes these parameters from weights, where that is not the default: the first
    /// place behind the last layer that takes some, the head's own aside, where features are one row an image.
    ///
    /// # Errors
    /// If its layers do not fit together.
    pub fn after(model: &ModelSpec, used: &[String]) -> Result<Option<String>, TrainError> {
        let graph = graph(model)?;
        let Ok(default) = first_of_head(model, &graph, None) else { return Ok(None) };
        let takes = |layer: &LayerNodes| names(&graph, layer).any(|name| used.contains(&name));
        let after = graph.layers[..default].iter().rposition(takes).map_or(default, |last| last + 1);
        let first = (after..default).find(|&first| features_before(model, &graph, first).is_ok());
        Ok(first.map(|first| model.layers[first].name.clone()))
    }

    /// Whether features of images may be mirrored.
    pub fn reads_images(&self) -> bool {
        self.body.input_kind() == InputKind::Images
    }
}

/// The number of the head's first layer, or what is wrong with it.
fn first_of_head(model: &ModelSpec, graph: &Graph, from: Option<&str>) -> Result<usize, String> {
    if model.generator.is_some() {
        return Err("its layers judge images that a generator makes".into());
    }
    if let Some(name) = from {
        let found = model.layers.iter().position(|layer| layer.name == name);
        return found.ok_or_else(|| format!("it has no layer `{name}`"));
    }
    let mut first = last_with_parameters(graph).ok_or("it has no layer with parameters")?;
    while first > 0 && model.layers[first - 1].layer.kind().name == "dropout" {
        first -= 1;
    }
    Ok(first)
}

/// How many features an image has for the layers from number `first` on, or why these are no head.
fn features_before(model: &ModelSpec, graph: &Graph, first: usize) -> Result<usize, String> {
    let layers = &model.layers;
    let head = &layers[first].name;
    let Some(before) = first.checked_sub(1) else { return Err(format!("nothing is before `{head}`")) };
    // one part of the graph that reads nothing of the other but the last layer's output
    let own = |input: &String| layers[first..].iter().any(|layer| layer.name == *input);
    for layer in &layers[first..] {
        let mut others = layer.inputs.iter().filter(|input| !own(input));
        if let Some(other) = others.find(|&input| *input != layers[before].name) {
            return Err(format!("layer `{}` reads `{other}`, which is before `{head}`", layer.name));
        }
    }
    match graph.tensors[graph.layers[before].output].shape.sizes() {
        &[_, length] => Ok(length),
        _ => {
            let shape = &graph.tensors[graph.layers[before].output].shape;
            Err(format!(
                "`{head}` reads {shape} from `{}` instead of one row of features an image",
                layers[before].name
            ))
        }
    }
}

fn graph(model: &ModelSpec) -> Result<Graph, TrainError> {
    Ok(Graph::build(model, &Setting::new(2, 2, default_loss(model))).map_err(PlanError::from)?)
}

/// The number of the last layer that learns.
fn last_with_parameters(graph: &Graph) -> Option<usize> {
    let learns = |layer: &LayerNodes| graph.parameters.range(layer.parameters.clone()).iter().any(|p| p.trained);
    graph.layers.iter().rposition(learns)
}

/// Names of a layer's parameters.
fn names<'a>(graph: &'a Graph, layer: &LayerNodes) -> impl Iterator<Item = String> + 'a {
    graph.parameters.range(layer.parameters.clone()).iter().map(|p| graph.tensors[p.tensor].name.clone())
}

/// Names of the parameters of a model's head: of the layers from `from` on, or of the last layer that has any.
///
/// # Errors
/// If its layers do not fit together.
pub(super) fn head_parameters(model: &ModelSpec, from: Option<&str>) -> Result<Vec<String>, TrainError> {
    let graph = graph(model)?;
    let first = match from.and_then(|name| model.layers.iter().position(|layer| layer.name == name)) {
        Some(first) => Some(first),
        None => last_with_parameters(&graph),
    };
    let own = first.map_or(&[][..], |first| &graph.layers[first..]);
    Ok(own.iter().flat_map(|layer| names(&graph, layer)).collect())
}

/// Names of the parameters of the first `count` layers that have any.
///
/// # Errors
/// If its layers do not fit together.
pub(super) fn first_parameters(model: &ModelSpec, count: usize) -> Result<Vec<String>, TrainError> {
    let graph = graph(model)?;
    let with_parameters = graph.layers.iter().filter(|layer| !layer.parameters.is_empty());
    Ok(with_parameters.take(count).flat_map(|layer| names(&graph, layer)).collect())
}

/// Every parameter of a model with its shape.
///
/// # Errors
/// If its layers do not fit together.
pub(super) fn parameters(model: &ModelSpec) -> Result<Vec<(String, Shape)>, TrainError> {
    let graph = graph(model)?;
    let tensors = graph.parameters.iter().map(|parameter| &graph.tensors[parameter.tensor]);
    Ok(tensors.map(|tensor| (tensor.name.clone(), tensor.shape.clone())).collect())
}
