//! A trained model that explains its answers.

use std::path::Path;
use std::sync::Arc;

use super::network::Network;
use super::{ExplainError, Explanation, Method, Reads, Settings, Subject, Trust, trust};
use crate::checkpoint::{Checkpoint, locate};
use crate::gpu::Gpu;
use crate::metrics::Thresholds;
use crate::model::{InputKind, ModelSpec};
use crate::plan::{Explain, Graph};
use crate::session::InputError;
use crate::tasks::{self, Task};
use crate::train::{Answer, TrainError};

/// What is to be explained, and how.
#[derive(Clone, Debug)]
pub struct Asked {
    /// One of [`METHODS`](super::METHODS).
    pub method: &'static Method,
    /// Number of the class, label or output; none for the answer.
    pub class: Option<usize>,
    /// The layer that is looked at by methods that look at one; none for the last one that has pixels.
    pub layer: Option<String>,
    /// Numbers that methods depend on.
    pub settings: Settings,
}

impl Asked {
    /// The answer, by a method with its usual numbers.
    pub fn by(method: &'static Method) -> Self {
        Asked { method, class: None, layer: None, settings: Settings::default() }
    }
}

/// A trained model that explains its answers. What it compiles for a method it keeps for the next image.
pub struct Explainer {
    pub(super) gpu: Gpu,
    /// Weights and metadata, without what only training needs.
    pub(super) checkpoint: Checkpoint,
    pub(super) model: ModelSpec,
    pub(super) task: &'static dyn Task,
    pub(super) names: Arc<[String]>,
    thresholds: Arc<Thresholds>,
    /// Layers whose output for an image is `[h, w, c]` with several pixels, in their order.
    pub(super) layers: Vec<String>,
    /// What each of them gives for an image, `[h, w, c]`.
    pub(super) sizes: Vec<[usize; 3]>,
    /// The other layers, and what each gives for one image.
    shapes: Vec<(String, String)>,
    /// By what is inspected and the batch that was asked for.
    networks: Vec<(Explain, usize, Network)>,
}

impl Explainer {
    /// For a checkpoint's model.
    ///
    /// # Errors
    /// [`ExplainError`] if it takes no images, or answers with one.
    pub fn new(gpu: &Gpu, checkpoint: &Checkpoint) -> Result<Self, ExplainError> {
        let model = checkpoint.meta.model().map_err(TrainError::from)?;
        let takes = model.input_kind();
        if takes != InputKind::Images {
            return Err(ExplainError::Input { model: model.name.clone(), takes });
        }
        let graph = Graph::for_explanation(&model, 1, &Explain::default())?;
        let shape = |number: &usize| &graph.tensors[graph.layers[*number].output].shape;
        let has_pixels = |number: &usize| matches!(shape(number).sizes(), [_, h, w, _] if h * w > 1);
        let size = |number: usize| match *shape(&number).sizes() {
            [_, h, w, c] => [h, w, c],
            _ => unreachable!("it has pixels"),
        };
        let all = 0..model.layers.len();
        let name = |number: usize| model.layers[number].name.clone();
        let gives = |number: usize| {
            let sizes: Vec<String> = shape(&number).sizes()[1..].iter().map(usize::to_string).collect();
            if let [count] = &sizes[..] { format!("{count} numbers") } else { sizes.join("x") }
        };
        Ok(Explainer {
            gpu: gpu.clone(),
            layers: all.clone().filter(has_pixels).map(name).collect(),
            sizes: all.clone().filter(has_pixels).map(size).collect(),
            shapes: all.filter(|number| !has_pixels(number)).map(|number| (name(number), gives(number))).collect(),
            task: tasks::of(&checkpoint.meta.config.loss),
            names: checkpoint.meta.classes.as_slice().into(),
            thresholds: Arc::default(),
            checkpoint: checkpoint.without_optimizer(),
            networks: Vec::new(),
            model,
        })
    }

    /// For a run folder's best checkpoint, or a checkpoint file.
    ///
    /// # Errors
    /// As [`new`](Self::new), and if there is no checkpoint.
    pub fn load(gpu: &Gpu, run: impl AsRef<Path>) -> Result<Self, ExplainError> {
        let read = || Ok::<_, TrainError>(Checkpoint::read(&locate(run.as_ref())?)?);
        Self::new(gpu, &read()?)
    }

    /// With what decides between classes, as [`Predictor::with_thresholds`](crate::train::Predictor::with_thresholds) has it.
    #[must_use]
    pub fn with_thresholds(self, thresholds: Thresholds) -> Self {
        Explainer { thresholds: Arc::new(thresholds), ..self }
    }

    /// The model that answers.
    pub fn model(&self) -> &ModelSpec {
        &self.model
    }

    /// Layers that have pixels, in their order: those that a map can be made of.
    pub fn layers(&self) -> &[String] {
        &self.layers
    }

    /// The number of a class, label or output with this name.
    ///
    /// # Errors
    /// [`ExplainError::Class`] with the names that there are.
    pub fn class(&self, name: &str) -> Result<usize, ExplainError> {
        ExplainError::class(&self.names, name)
    }

    /// Explains an answer on an image `[h, w, c]` of bytes, of the model's input size.
    ///
    /// # Errors
    /// [`ExplainError`] if the image has another size, a class or layer is not there, or the device is lost.
    pub fn explain(&mut self, image: &[u8], asked: &Asked) -> Result<Explanation, ExplainError> {
        let input = self.normalised(image)?;
        let layer = match asked.method.reads {
            Reads::Layer => Some(self.layer(asked)?),
            Reads::Input | Reads::Outputs => None,
        };
        let (shape, names, task) = (self.model.input, self.names.clone(), self.task);
        let (targets, thresholds) = (self.checkpoint.meta.config.targets.clone(), self.thresholds.clone());
        let network = self.network(asked.method.reads, layer.as_deref(), asked.method.batch)?;
        let mut outputs = network.outputs(&input)?;
        if outputs.iter().any(|output| !output.is_finite()) {
            return Err(ExplainError::NotFinite);
        }
        let probabilities = task.probabilities(&outputs);
        targets.restore(&mut outputs);
        let answer = Answer::new(outputs, probabilities, names.clone()).with_thresholds(&thresholds);
        let class = asked.class.unwrap_or_else(|| answer.best().map_or(0, |best| best.class));
        if class >= names.len() {
            return Err(ExplainError::Class { class: class.to_string(), classes: names.to_vec() });
        }
        let mut subject = Subject { network, input: &input, shape, class, settings: &asked.settings };
        let (map, completeness) = (asked.method.explain)(&mut subject)?;
        Ok(Explanation { answer, class, method: asked.method, layer, map, completeness })
    }

    /// How far a map of this image can be trusted: what happens to the class's probability when what the map marks is hidden, and
    /// when it alone is shown, against random maps. None where the model gives no probabilities.
    ///
    /// # Errors
    /// As [`explain`](Self::explain).
    pub fn trust(&mut self, image: &[u8], explanation: &Explanation, seed: u64) -> Result<Option<Trust>, ExplainError> {
        let (input, class, task, shape) = (self.normalised(image)?, explanation.class, self.task, self.model.input);
        if explanation.probability().is_none() {
            return Ok(None);
        }
        let network = self.network(Reads::Outputs, None, trust::BATCH)?;
        let mut probabilities = |inputs: &[f32]| -> Result<Vec<f64>, ExplainError> {
            let (outputs, each) = (network.outputs(inputs)?, network.outputs_each());
            Ok(outputs.chunks_exact(each).map(|outputs| task.probabilities(outputs)[class]).collect())
        };
        trust::measure(&input, shape, &explanation.map, seed, &mut probabilities).map(Some)
    }

    /// The layer that a method looks at.
    fn layer(&self, asked: &Asked) -> Result<String, ExplainError> {
        let Some(layer) = &asked.layer else {
            let (model, method) = (self.model.name.clone(), asked.method.title);
            return self.layers.last().cloned().ok_or(ExplainError::NoLayer { model, method });
        };
        self.check_layer(layer)?;
        Ok(layer.clone())
    }

    /// Refuses a layer without pixels. One that is not there is an error of the plan.
    pub(super) fn check_layer(&self, layer: &str) -> Result<(), ExplainError> {
        let Some((_, shape)) = self.shapes.iter().find(|(name, _)| name == layer) else { return Ok(()) };
        let layers = self.layers.iter().rev().cloned().collect();
        Err(ExplainError::NoPixels { layer: layer.into(), shape: shape.clone(), layers })
    }

    /// The network that inspects this in batches of so many images.
    pub(super) fn network(
        &mut self,
        reads: Reads,
        layer: Option<&str>,
        batch: usize,
    ) -> Result<&mut Network, ExplainError> {
        let last = || self.model.layers.last().map(|layer| layer.name.clone());
        let asked = Explain {
            layer: match reads {
                Reads::Layer => layer.map(Into::into),
                Reads::Input => None,
                // nothing lies between it and the outputs, so that there is nothing to compute
                Reads::Outputs => last(),
            },
        };
        let found = self.networks.iter().position(|(own, rows, _)| *own == asked && *rows == batch);
        let at = match found {
            Some(at) => at,
            None => {
                let network = Network::new(&self.gpu, &self.checkpoint, &self.model, &asked, batch)?;
                network.check(&self.checkpoint, self.task)?;
                self.networks.push((asked, batch, network));
                self.networks.len() - 1
            }
        };
        Ok(&mut self.networks[at].2)
    }

    /// An image as the model reads it.
    pub(super) fn normalised(&self, image: &[u8]) -> Result<Vec<f32>, ExplainError> {
        let [h, w, c] = self.model.input;
        let (bytes, each) = (image.len(), h * w * c);
        if bytes != each {
            return Err(TrainError::from(InputError::Bytes { bytes, kind: InputKind::Images, each }).into());
        }
        Ok(self.checkpoint.meta.config.normalize.inputs(image, c))
    }
}

#[cfg(feature = "images")]
impl Explainer {
    /// A picture as an image of the model's size, fitted as the run fitted its own: what [`explain`](Self::explain) takes.
    ///
    /// # Errors
    /// If the model does not take grey or colour images.
    pub fn fitted(&self, picture: &image::DynamicImage) -> Result<Vec<u8>, ExplainError> {
        Ok(crate::train::fitted(picture, &self.model, &self.checkpoint.meta.config.images)?)
    }
}
