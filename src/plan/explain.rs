//! The graph of an explanation: inputs are given as the model reads them, and gradients go from its outputs to them, or to what
//! a layer gives. Nothing is trained, so that no parameter has a gradient; layers compute as they do in prediction.

use lepton_kernels::op::Dtype;
use lepton_kernels::{Mode, Shape};

use super::PlanError;
use super::buffer::Buffer;
use super::graph::{Graph, Setting, TensorId};
use super::phases::Trained;
use crate::config::LossConfig;
use crate::model::{InputKind, ModelSpec};

/// Where the gradients of an explanation end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explain {
    /// The layer whose output is inspected; none for the model's input, after normalisation.
    pub layer: Option<String>,
}

/// Where a plan leaves what an explanation asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspected {
    /// The shape of what is inspected; rows of the batch come first.
    pub shape: Shape,
    /// The buffer of its values, f32 in a plan of that precision.
    pub value: Buffer,
    /// The buffer of its gradient.
    pub gradient: Buffer,
}

impl Graph {
    /// The graph of an explanation of a batch of so many inputs, before any rewrite.
    ///
    /// # Errors
    /// If layers do not fit together, the model answers with an image, or what is inspected is not there or has no gradient.
    pub fn for_explanation(model: &ModelSpec, batch: usize, asked: &Explain) -> Result<Self, PlanError> {
        let setting = Setting { mode: Mode::Infer, ..Setting::new(batch, batch, LossConfig::default()) };
        Graph::explained(model, &setting, asked)
    }

    /// The same in this setting.
    pub(super) fn explained(model: &ModelSpec, setting: &Setting, asked: &Explain) -> Result<Self, PlanError> {
        if !matches!(Trained::answering(model), Trained::Model) {
            return Err(PlanError::NotExplained { model: model.name.clone(), why: "it makes images from noise" });
        }
        let Setting { precision, mode, batch, .. } = *setting;
        let mut graph = Graph { precision, mode, ..Graph::default() };
        let [h, w, c] = model.input;
        let (sizes, dtype) = match model.input_kind() {
            InputKind::Images => (vec![batch, h, w, c], Dtype::Real),
            InputKind::Texts => (vec![batch, h, w, c], Dtype::U32),
            InputKind::Features => (vec![batch, c], Dtype::Real),
        };
        graph.images = graph.resident(Buffer::Input, &sizes, dtype);
        graph.logits = graph.add_layers("", &model.layers, graph.images, 0)?;
        if graph.tensors[graph.logits].shape.matrix().is_err() {
            return Err(PlanError::NotExplained { model: model.name.clone(), why: "it answers with an image" });
        }
        for parameter in graph.parameters.iter_mut() {
            parameter.trained = false;
        }
        graph.inspected = Some(graph.find_inspected(model, asked)?);
        if !graph.needs_gradient().contains(&graph.logits) {
            let layer = asked.layer.clone().unwrap_or_else(|| "input".into());
            return Err(PlanError::NoGradient { layer });
        }
        Ok(graph)
    }

    fn find_inspected(&self, model: &ModelSpec, asked: &Explain) -> Result<TensorId, PlanError> {
        let Some(layer) = &asked.layer else { return Ok(self.images) };
        let found = model.layers.iter().position(|spec| spec.name == *layer);
        found.map(|number| self.layers[number].output).ok_or_else(|| PlanError::NoLayer {
            layer: layer.clone(),
            names: model.layers.iter().map(|spec| spec.name.clone()).collect(),
        })
    }
}
