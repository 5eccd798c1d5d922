//! What an image is to raise.

use toml::Table;

use crate::explain::{ExplainError, Explainer};
use crate::model::{Layer, LayerSpec, ModelSpec};
use crate::plan::PlanError;

/// What an image is to raise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The score of the class, label or output of this number.
    Class(usize),
    /// The mean over all places of a layer's channel; of a layer without places, its number.
    Channel {
        /// The layer's name.
        layer: String,
        /// The channel's number, from 0.
        channel: usize,
    },
}

impl Explainer {
    /// A target by its name: that of a class, or `LAYER:CHANNEL`.
    ///
    /// # Errors
    /// [`ExplainError::Target`] if it is neither, [`PlanError::NoLayer`] if there is no such layer.
    pub fn target(&self, name: &str) -> Result<Target, ExplainError> {
        if let Ok(class) = self.class(name) {
            return Ok(Target::Class(class));
        }
        let unknown = || ExplainError::Target { target: name.into(), classes: self.names.to_vec() };
        let (layer, channel) = name.rsplit_once(':').ok_or_else(unknown)?;
        let channel = channel.parse().map_err(|_| unknown())?;
        position(&self.model, layer)?;
        Ok(Target::Channel { layer: layer.into(), channel })
    }
}

fn position(model: &ModelSpec, layer: &str) -> Result<usize, PlanError> {
    model.layers.iter().position(|spec| spec.name == layer).ok_or_else(|| PlanError::NoLayer {
        layer: layer.into(),
        names: model.layers.iter().map(|spec| spec.name.clone()).collect(),
    })
}

/// The model's layers up to this one, and a mean over all places, where it has several.
pub(super) fn up_to(model: &ModelSpec, layer: &str) -> Result<ModelSpec, ExplainError> {
    let mut layers = model.layers[..=position(model, layer)?].to_vec();
    let graph = crate::plan::Graph::for_explanation(model, 1, &Default::default())?;
    if graph.tensors[graph.layers[layers.len() - 1].output].shape.matrix().is_err() {
        // no layer of a model has a colon in its name
        let name = format!("{layer}:mean");
        let mean = Layer::parse("global_avg_pool", Table::new()).expect("it has no options");
        layers.push(LayerSpec { name, inputs: vec![layer.into()], layer: mean });
    }
    Ok(ModelSpec { layers, ..model.clone() })
}
