//! What a network's loss should be, from the f64 definitions, and how fast the baseline is: `benches/reference.toml`.

use std::collections::HashMap;
use std::sync::LazyLock;

use lepton_kernels::op::Precision;
use lepton_kernels::parameters::Layout;
use lepton_kernels::{Array, Op, Shape, Step};
use serde::Deserialize;

use super::synthetic::DIFFERENT;
use crate::config::{OptimizerConfig, RunConfig};
use crate::data::{Dataset, Split};
use crate::model::{ModelError, ModelSpec, Sample, WHITENED, starting_values};
use crate::optim::Sgd;
use crate::plan::{Graph, Setting};
use crate::reference::{Images, loss_exact, run_exact};
use crate::train::Sampler;

/// A network that is trained, and how.
#[derive(Clone, Copy, Debug)]
pub struct Network {
    /// Name of the built-in model.
    pub model: &'static str,
    /// The batch at which its loss is known and that counts for the score; the same on every adapter.
    pub batch: usize,
    /// A larger batch: on GPUs, and on software adapters.
    pub larger: [usize; 2],
    /// Whether it is trained by SGD with momentum, and not by Adam.
    pub sgd: bool,
    /// Learning rate that it is trained at.
    pub learning_rate: f32,
}

/// The networks of the benchmark. One is trained by SGD: its loss shows a gradient of the wrong size, to which Adam is blind.
pub const NETWORKS: [Network; 3] = [
    Network { model: "seed-mnist", batch: 128, larger: [1024, 256], sgd: false, learning_rate: 1e-3 },
    Network { model: "seed-cifar", batch: 128, larger: [1024, 256], sgd: true, learning_rate: 0.05 },
    Network { model: "resnet20-no-norm", batch: 32, larger: [256, 64], sgd: true, learning_rate: 0.02 },
];

/// Networks that are trained beside those, at one batch, for comparisons with other programs. They count for no score, and
/// the benchmark knows no loss of theirs: [`twin_loss`] keeps no running averages, and takes hours for networks of this size.
pub const FURTHER: [Network; 5] = [
    Network { model: "resnet20", batch: 128, larger: [128; 2], sgd: true, learning_rate: 0.05 },
    Network { model: "speednet", batch: 128, larger: [128; 2], sgd: true, learning_rate: 0.02 },
    Network { model: "resnet18-cifar", batch: 128, larger: [128; 2], sgd: true, learning_rate: 0.05 },
    // on images of 224x224, for which there are published rates
    Network { model: "resnet18", batch: 64, larger: [64; 2], sgd: true, learning_rate: 0.05 },
    Network { model: "resnet50", batch: 64, larger: [64; 2], sgd: true, learning_rate: 0.05 },
];

impl Network {
    /// The network of this name that the benchmark trains, if it does.
    pub fn find(model: &str) -> Option<&'static Network> {
        NETWORKS.iter().chain(&FURTHER).find(|network| network.model == model)
    }

    /// The run that trains it.
    pub fn config(&self, batch: usize, precision: Precision) -> RunConfig {
        let optimizer = if self.sgd { Sgd::default().into() } else { OptimizerConfig::default() };
        let (model, learning_rate) = (self.model.into(), self.learning_rate);
        RunConfig { model, batch, learning_rate, precision, optimizer, epochs: u32::MAX, ..RunConfig::default() }
    }
}

/// What is known about a network.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// Name of the built-in model.
    pub model: String,
    /// Images in a batch.
    pub batch: usize,
    /// Steps after which the test loss is taken.
    pub steps: u32,
    /// The test loss then, by the f64 definitions.
    pub loss: f64,
    /// Largest relative difference allowed in f32.
    pub tolerance_f32: f64,
    /// Largest relative difference allowed in f16.
    pub tolerance_f16: f64,
    /// Images a second of the baseline.
    pub baseline_images_per_second: f64,
}

/// What is known about all networks.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct References {
    /// One for each of [`NETWORKS`].
    pub network: Vec<Reference>,
}

impl References {
    /// What is known about a model at a batch.
    pub fn of(&self, model: &str, batch: usize) -> Option<&Reference> {
        self.network.iter().find(|known| known.model == model && known.batch == batch)
    }
}

/// What is known.
pub static REFERENCES: LazyLock<References> =
    LazyLock::new(|| toml::from_str(include_str!("../../benches/reference.toml")).expect("the file is tested"));

/// The test loss after `steps` steps of a network on [`super::synthetic`] images, all in f64: the definitions of the ops
/// and of the optimiser, in the order of images that the trainer takes. Slow.
///
/// # Errors
/// If the model does not fit the images.
pub fn twin_loss(model: &ModelSpec, config: &RunConfig, data: &Dataset, steps: u64) -> Result<f64, ModelError> {
    let (train, test) = (data.train(), data.test());
    let (train, test) = (train.expect("images to learn from"), test.expect("images to test on"));
    let mut twin = Twin::new(model, config, train)?;
    let order = Sampler::new(config.seed, train.len(), test.len(), 0.0);
    let per_epoch = train.len().div_ceil(config.batch) as u64;
    for done in 0..steps {
        let number = (done % per_epoch) as usize;
        let step = order.training_step((done / per_epoch) as u32, config.batch, number);
        let [bias_correction1, bias_correction2] = config.optimizer.bias_corrections(done + 1);
        let learning_rate = config.learning_rate;
        twin.learn(model, config, train, &Step { learning_rate, bias_correction1, bias_correction2, ..step })?;
    }
    let length = test.len() as u32;
    let step = Step { batch_length: length, range_length: length, ..Step::default() };
    let images = Images { pixels: test.bytes().expect("synthetic images are in memory"), labels: test.labels() };
    loss_exact(model, test.len(), images, &twin.values(), &step)
}

/// Parameters and the optimiser's states, as one block each.
struct Twin {
    names: Vec<(String, usize)>,
    layout: Layout,
    op: Box<dyn Op>,
    parameters: Array,
    states: Vec<Array>,
}

impl Twin {
    fn new(model: &ModelSpec, config: &RunConfig, train: &Split) -> Result<Self, ModelError> {
        let images = train.len().min(DIFFERENT);
        let setting = Setting::new(1, images, config.loss.clone());
        let graph = Graph::build(model, &setting)?;
        let tensors: Vec<_> = graph.parameters.iter().map(|p| (&graph.tensors[p.tensor], p.init)).collect();
        let sizes: Vec<(usize, usize)> = tensors.iter().map(|(tensor, _)| (tensor.shape.count(), 1)).collect();
        let layout = Layout::new(&sizes, false);
        let shape = Shape::new(&[layout.parameter_words]);
        let mut parameters = Array::zeros(shape.clone());
        let sample = Sample {
            images: (0..train.len().min(WHITENED))
                .map(|i| train.example(i).expect("synthetic images are in memory"))
                .collect(),
            size: model.input,
            normalize: &config.normalize,
        };
        for ((tensor, init), &offset) in tensors.iter().zip(&layout.parameters) {
            let values = starting_values(&tensor.name, &tensor.shape, *init, config.seed, &sample);
            values.iter().zip(&mut parameters.data[offset..]).for_each(|(&v, into)| *into = f64::from(v));
        }
        let names = tensors.iter().zip(&sizes).map(|((tensor, _), size)| (tensor.name.clone(), size.0)).collect();
        let op = config.optimizer.op(Precision::F32, 1);
        let states = vec![Array::zeros(shape); config.optimizer.states().len()];
        Ok(Twin { names, layout, op, parameters, states })
    }

    fn values(&self) -> HashMap<String, Vec<f64>> {
        let named = self.names.iter().zip(&self.layout.parameters);
        named.map(|((name, count), &at)| (name.clone(), self.parameters.data[at..at + count].to_vec())).collect()
    }

    fn learn(&mut self, model: &ModelSpec, config: &RunConfig, train: &Split, step: &Step) -> Result<(), ModelError> {
        let images = Images { pixels: train.bytes().expect("synthetic images are in memory"), labels: train.labels() };
        let found = run_exact(model, config.batch, images, &self.values(), step)?;
        let mut gradients = Array::zeros(Shape::new(&[self.layout.gradient_words]));
        for ((name, count), place) in self.names.iter().zip(&self.layout.gradients) {
            gradients.data[place.offset_words..][..*count].copy_from_slice(&found.gradients[name].data);
        }
        let blocks: Vec<f64> = self.layout.blocks.iter().flat_map(|b| b.words()).map(f64::from).collect();
        let blocks = Array::new(Shape::new(&[blocks.len()]), blocks);
        let mut inputs = vec![blocks, gradients, self.parameters.clone()];
        inputs.extend(self.states.iter().cloned());
        let mut outputs = self.op.twin(&inputs, step).into_iter();
        self.parameters = outputs.next().expect("an optimiser updates the parameters");
        self.states = outputs.collect();
        Ok(())
    }
}
