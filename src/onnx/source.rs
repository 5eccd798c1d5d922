//! What is written of a checkpoint: the network that answers, as a model of its own, and the weights that it answers with.

use std::collections::HashMap;

use super::error::OnnxError;
use crate::checkpoint::{AVERAGE, Checkpoint};
use crate::config::{LossConfig, LossTarget};
use crate::losses::Mse;
use crate::model::{Generator, InputKind, ModelBuilder, ModelSpec, layer};
use crate::plan::{Graph, Setting};
use lepton_kernels::Mode;

/// What the file reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// Images.
    Images,
    /// Tokens of a text.
    Tokens,
    /// So many random numbers, of which a generator makes an image.
    Noise,
}

/// The network of a checkpoint that answers.
#[derive(Debug)]
pub struct Source {
    /// The network as a model with one input.
    pub model: ModelSpec,
    /// What it reads.
    pub reads: Reads,
    /// Its parameters by name, in f32, as its ops read them.
    pub parameters: HashMap<String, Vec<f32>>,
    /// A loss that goes with its last layer.
    pub loss: LossConfig,
}

/// Layers that stand before and after a generator's own: its noise is an image of one pixel, its image a row of numbers.
pub const ENDS_OF_GENERATOR: [&str; 2] = ["noise", "pixels"];

impl Source {
    /// The network of a checkpoint, with the averages of its weights where the run kept them.
    ///
    /// # Errors
    /// If the checkpoint is damaged.
    pub fn of(checkpoint: &Checkpoint) -> Result<Self, OnnxError> {
        let meta = &checkpoint.meta;
        let stored = meta.model().map_err(crate::train::TrainError::from)?;
        let (model, prefix) = match &stored.generator {
            None => (stored, ""),
            Some(generator) => (Self::of_generator(&stored.name, generator)?, Generator::PREFIX),
        };
        let reads = match (prefix, model.input_kind()) {
            (Generator::PREFIX, _) => Reads::Noise,
            (_, InputKind::Images) => Reads::Images,
            (_, InputKind::Texts) => Reads::Tokens,
            (_, InputKind::Features) => {
                let problem = "it reads the features of another network; the whole network is what is exported";
                return Err(OnnxError::Unwritable(problem.into()));
            }
        };
        let loss =
            if reads == Reads::Noise { Mse { target: LossTarget::Values }.into() } else { meta.config.loss.clone() };
        let averaged = if meta.config.update.averages() { AVERAGE } else { "" };
        let mut source = Source { model, reads, parameters: HashMap::new(), loss };
        let graph = source.graph()?;
        for id in graph.parameters.ids() {
            let (name, shape) = (graph.parameter_name(id), graph.parameter_shape(id));
            let bytes = checkpoint.tensor(&format!("{averaged}{prefix}{name}"), shape.sizes());
            let values = bytemuck::pod_collect_to_vec(bytes.map_err(crate::train::TrainError::from)?);
            source.parameters.insert(name.to_string(), values);
        }
        Ok(source)
    }

    fn of_generator(name: &str, generator: &Generator) -> Result<ModelSpec, OnnxError> {
        let noise = generator.noise;
        let [first, last] = ENDS_OF_GENERATOR;
        let sizes = vec![toml::Value::Integer(noise as i64)];
        let mut builder =
            ModelBuilder::images(name, [1, 1, noise]).layer(layer("reshape").with("shape", sizes).named(first));
        for spec in &generator.layers {
            let input = |name: &String| if name == "input" { first.to_string() } else { name.clone() };
            let own = layer(spec.layer.kind().name).with_options(spec.layer.attributes().clone());
            builder = builder.layer(own.named(&spec.name).reading(spec.inputs.iter().map(input)));
        }
        Ok(builder.layer(layer("flatten").named(last)).build()?)
    }

    /// The inference graph of one input.
    ///
    /// # Errors
    /// If the model does not fit together.
    pub fn graph(&self) -> Result<Graph, OnnxError> {
        let setting = Setting { mode: Mode::Infer, ..Setting::new(1, 1, self.loss.clone()) };
        Ok(Graph::build(&self.model, &setting)?)
    }
}
