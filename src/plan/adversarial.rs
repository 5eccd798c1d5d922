//! Two networks trained in turn (Goodfellow et al. 2014, algorithm 1; Radford et al. 2016). A step has two phases, each with a
//! graph of the same parameters in the same order:
//!
//! 1. the discriminator's: a batch of real images and one of generated ones, stacked; what it says of both is held against 1
//!    and 0, and its parameters alone are updated;
//! 2. the generator's: new noise, generated images, what the discriminator says of them held against 1 (the form that does not
//!    saturate), and the generator's parameters alone are updated.

use lepton_kernels::batch_norm::{BatchNorm, BatchNormInference};
use lepton_kernels::gan_targets::GanTargets;
use lepton_kernels::noise::Noise;
use lepton_kernels::op::{Dtype, Mode, Precision};
use lepton_kernels::record_loss::RecordLoss;
use lepton_kernels::stack::Stack;
use lepton_kernels::value_loss::{Kind, ValueLoss};
use lepton_kernels::{Shape, ShapeError, random};

use super::buffer::Buffer;
use super::graph::{Graph, HISTORY, NodeId, Setting, TensorId};
use super::phases::PhaseGraph;
use super::{PlanError, Request, Training};
use crate::config::UpdateConfig;
use crate::losses::Form;
use crate::model::{Generator, ModelError, ModelSpec};

/// The network that a phase trains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Network {
    /// On real and generated images, by what it says of both.
    Discriminator,
    /// On generated images, by what the discriminator says of them.
    Generator,
}

impl Network {
    /// The random stream of its phase's noise: fresh noise in each.
    fn noise(self) -> u32 {
        random::mix(0x6e6f_6973 + self as u32)
    }

    /// What its phase's layers draw from: masks of dropout, too, are drawn anew in each.
    fn stream(self) -> u32 {
        match self {
            Network::Discriminator => random::mix(0x6469_7363),
            Network::Generator => 0,
        }
    }
}

/// A network's phase of a step.
///
/// # Errors
/// As those of [`graph`].
pub(super) fn phase(
    model: &ModelSpec,
    generator: &Generator,
    setting: &Setting,
    network: Network,
) -> Result<PhaseGraph, ModelError> {
    let graph = graph(model, generator, setting, network)?;
    let all = graph.parameters.len();
    // layers of the generator come first
    let of_generator = graph.layers[..generator.layers.len()].last().map_or(0, |last| last.parameters.end.number());
    let (name, trains) = match network {
        Network::Discriminator => ("discriminator", of_generator..all),
        Network::Generator => ("generator", 0..of_generator),
    };
    Ok(PhaseGraph { name, graph, trains, factors: Vec::new() })
}

/// Refuses what two networks cannot be trained in turn with.
///
/// # Errors
/// [`PlanError::InTurn`] with the first such option.
pub(super) fn check(request: &Request, training: &Training) -> Result<(), PlanError> {
    let Training { optimizer, update: UpdateConfig { accumulate, clip_norm, clip_value, .. } } = training;
    let refused = [
        (*accumulate > 1, "accumulating gradients", "update.accumulate"),
        (clip_norm.is_some(), "clipping gradients by their norm", "update.clip_norm"),
        (clip_value.is_some(), "clipping gradients by value", "update.clip_value"),
        (optimizer.has_own_ops(), "an optimizer that needs whole gradients (lamb, muon)", "optimizer.name"),
        (request.target.precision == Precision::F16, "f16", "precision"),
    ];
    match refused.into_iter().find(|(asked, ..)| *asked) {
        Some((_, what, key)) => Err(PlanError::InTurn { what, key }),
        None => Ok(()),
    }
}

/// The graph of a network's phase; away from training that of the generator's is the generator alone.
///
/// # Errors
/// If a layer cannot run on what it is given, or the loss is not that of two networks.
pub(super) fn graph(
    model: &ModelSpec,
    generator: &Generator,
    setting: &Setting,
    network: Network,
) -> Result<Graph, ModelError> {
    let Form::InTurn { label_smoothing } = setting.loss.form() else {
        let problem =
            format!("model `{}` has a generator, but the loss {} does not use one", model.name, setting.loss.name());
        return Err(ModelError::Adversarial(ShapeError::new(problem).hint("the loss adversarial")));
    };
    let Setting { batch: rows, precision, mode, .. } = *setting;
    let mut graph = Graph { precision, mode, ..Graph::default() };
    let noise = Noise { rows, width: generator.noise, stream: network.noise() };
    let noise = graph.node("noise", Box::new(noise), &[])[0];
    let generated = graph.add_layers(Generator::PREFIX, &generator.layers, noise, network.stream())?;
    graph.check_generated(model, generator, generated)?;
    let (mut input, mut targets) = (generated, GanTargets { rows, first: 1.0, second: None });
    if network == Network::Discriminator {
        graph.add_batch(model, setting)?;
        input = graph.node("stack", Box::new(Stack), &[graph.images, generated])[0];
        targets = GanTargets { rows, first: 1.0 - label_smoothing, second: Some(0.0) };
    }
    let first = graph.nodes.next_id();
    graph.logits = graph.add_layers("", &model.layers, input, network.stream())?;
    graph.check_discriminator(model, first)?;
    match mode {
        Mode::Train => graph.add_adversarial_loss(network, targets),
        // what a run answers with is images
        Mode::Infer => (graph.images, graph.logits) = (generated, generated),
    }
    Ok(graph)
}

impl Graph {
    fn add_adversarial_loss(&mut self, network: Network, targets: GanTargets) {
        let history = self.resident(Buffer::History, &[HISTORY, 2], Dtype::F32);
        let targets = self.node("gan_targets", Box::new(targets), &[]);
        let loss = self.node("loss", Box::new(ValueLoss::new(Kind::Bce)), &[self.logits, targets[0], targets[1]]);
        self.node("record", Box::new(RecordLoss { column: network as usize }), &[loss[0], history]);
    }

    fn check_generated(&self, model: &ModelSpec, generator: &Generator, generated: TensorId) -> Result<(), ModelError> {
        let [h, w, c] = model.input;
        let shape = &self.tensors[generated].shape;
        if shape.sizes()[1..] == model.input {
            return Ok(());
        }
        let last = generator.layers.last().expect("a generator has layers");
        let reads = format!("the generator must output images of the model's input shape: [n, {h}, {w}, {c}]");
        let source = ShapeError::new(format!("it outputs {shape}"))
            .hint("a reshape after linear, then conv_transpose2d with stride = 2 and padding = \"same\"");
        let layer = format!("{}{}", Generator::PREFIX, last.name);
        Err(ModelError::Shape { number: generator.layers.len(), layer, reads, source })
    }

    /// A discriminator gives a number for each image, and must judge each alone.
    fn check_discriminator(&self, model: &ModelSpec, first: NodeId) -> Result<(), ModelError> {
        let shape_error = |layer: &str, reads: String, source| {
            let number = model.layers.iter().position(|spec| spec.name == layer).map_or(0, |i| i + 1);
            Err(ModelError::Shape { number, layer: layer.into(), reads, source })
        };
        let norm = self
            .nodes
            .range(first..self.nodes.next_id())
            .iter()
            .find(|node| node.op.is::<BatchNorm>() || node.op.is::<BatchNormInference>());
        if let Some(node) = norm {
            let source = ShapeError::new("it would mix the statistics of real and generated images")
                .hint("layer_norm or group_norm, or no norm in the discriminator");
            return shape_error(&node.name, "it normalises over the batch of the discriminator".into(), source);
        }
        let (last, shape) = (model.layers.last().expect("a model has layers"), &self.tensors[self.logits].shape);
        if shape.sizes() == Shape::new(&[shape.sizes()[0], 1]).sizes() {
            Ok(())
        } else {
            let source = ShapeError::new(format!("it outputs {shape}")).hint("end with flatten, then units = 1");
            shape_error(&last.name, "a discriminator must output one number per image: [n, 1]".into(), source)
        }
    }
}

#[cfg(test)]
mod tests {
    use lepton_kernels::dropout::Dropout;

    use super::*;

    #[test]
    fn both_phases_draw_their_own_noise_and_masks() {
        let model = ModelSpec::open("dcgan").unwrap();
        let setting = Setting::new(8, 16, crate::losses::Adversarial::default().into());
        let phases = PhaseGraph::all(&model, &setting).unwrap();
        let random_ops = |phase: &PhaseGraph| {
            let ops = phase.graph.nodes.iter().filter(|node| node.op.is::<Noise>() || node.op.is::<Dropout>());
            ops.map(|node| format!("{:?}", node.op)).collect::<Vec<String>>()
        };
        let (discriminator, generator) = (random_ops(&phases[0]), random_ops(&phases[1]));
        assert_eq!(discriminator.len(), 3);
        assert!(discriminator.iter().zip(&generator).all(|(a, b)| a != b), "{discriminator:?} and {generator:?}");
    }
}
