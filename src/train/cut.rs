//! A model in two parts: the body, which computes features, and the head, which answers from them.

use lepton_kernels::Shape;

use super::error::TrainError;
use crate::model::{InputKind, ModelSpec};
use crate::plan::graph::LayerNodes;
use crate::plan::{Graph, PlanError, Setting, default_loss};

/// A model cut before its head: the last layer with parameters, with the dropout before it and whatever follows.
#[derive(Clone, Debug)]
pub(super) struct Cut {
    /// From the input to the features `[n, length]`.
    pub body: ModelSpec,
    /// From these to the outputs.
    pub head: ModelSpec,
}

impl Cut {
    /// Cuts a model, whose number of outputs is known.
    ///
    /// # Errors
    /// [`TrainError::NoHead`] if the head does not read one row of features an image, and the model's own errors.
    pub fn of(model: &ModelSpec) -> Result<Self, TrainError> {
        let graph = graph(model)?;
        let no_head = |problem: String| TrainError::NoHead { model: model.name.clone(), problem };
        let last = last_with_parameters(&graph).ok_or_else(|| no_head("it has no layer with parameters".into()))?;
        if model.generator.is_some() {
            return Err(no_head("its layers judge images that a generator makes".into()));
        }
        let layers = &model.layers;
        let mut first = last;
        while first > 0 && layers[first - 1].layer.kind().name == "dropout" {
            first -= 1;
        }
        let Some(before) = first.checked_sub(1) else {
            return Err(no_head(format!("its only layer with parameters, `{}`, is the head", layers[last].name)));
        };
        // one chain from here to the end, and nothing of it was read before
        for (at, layer) in layers.iter().enumerate().skip(first) {
            if layer.inputs != [layers[at - 1].name.as_str()] {
                return Err(no_head(format!("layer `{}` reads more than the layer before it", layer.name)));
            }
        }
        let shape = &graph.tensors[graph.layers[before].output].shape;
        let &[_, length] = shape.sizes() else {
            let (head, given) = (&layers[last].name, &layers[before].name);
            return Err(no_head(format!(
                "`{head}` reads {shape} from `{given}` instead of one row of features an image"
            )));
        };
        let [body, head] = model.cut(first, length);
        Ok(Cut { body, head })
    }

    /// Whether features of images may be mirrored.
    pub fn reads_images(&self) -> bool {
        self.body.input_kind() == InputKind::Images
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

/// Names of the parameters of a model's head: of the last layer that has any.
///
/// # Errors
/// If its layers do not fit together.
pub(super) fn head_parameters(model: &ModelSpec) -> Result<Vec<String>, TrainError> {
    let graph = graph(model)?;
    Ok(last_with_parameters(&graph).map_or_else(Vec::new, |last| names(&graph, &graph.layers[last]).collect()))
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
