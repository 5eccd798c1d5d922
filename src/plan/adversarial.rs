//! Two networks trained in turn (Goodfellow et al. 2014, algorithm 1; Radford et al. 2016). A step has two halves, each a graph
//! of the same parameters in the same order:
//!
//! 1. the discriminator's: a batch of real images and one of generated ones, stacked; what it says of both is held against 1
//!    and 0, and its parameters alone are updated;
//! 2. the generator's: new noise, generated images, what the discriminator says of them held against 1 (the form that does not
//!    saturate), and the generator's parameters alone are updated.

use lepton_kernels::batch_index::BatchIndex;
use lepton_kernels::batch_norm::{BatchNorm, BatchNormInference};
use lepton_kernels::gan_targets::GanTargets;
use lepton_kernels::noise::Noise;
use lepton_kernels::op::{Dtype, Mode, Precision};
use lepton_kernels::record_loss::RecordLoss;
use lepton_kernels::stack::Stack;
use lepton_kernels::value_loss::{Kind, ValueLoss};
use lepton_kernels::{Shape, ShapeError, random};

use super::graph::{Graph, HISTORY, Resident, Setting, TensorId};
use super::{PlanError, Request};
use crate::config::UpdateConfig;
use crate::losses::Form;
use crate::model::{Generator, ModelError, ModelSpec};

/// Which half of a step a graph is, where two networks are trained in turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Half {
    /// Real and generated images, and what the discriminator says of them.
    Discriminator,
    /// Generated images alone. Any other model has only this half.
    #[default]
    Generator,
}

impl Half {
    /// The halves of a model's step, in their order.
    pub fn of(model: &ModelSpec) -> &'static [Half] {
        match model.generator {
            Some(_) => &[Half::Discriminator, Half::Generator],
            None => &[Half::Generator],
        }
    }

    /// The random stream of its noise: fresh noise in each half.
    fn stream(self) -> u32 {
        random::mix(0x6e6f_6973 + self as u32)
    }

    /// What the random streams of its layers are mixed with: masks of dropout, too, are drawn anew in each half.
    pub(super) fn salt(self) -> u32 {
        match self {
            Half::Discriminator => random::mix(0x6469_7363),
            Half::Generator => 0,
        }
    }
}

/// Refuses what a step of two halves cannot have.
///
/// # Errors
/// [`PlanError::InTurn`].
pub(super) fn check(request: &Request) -> Result<(), PlanError> {
    if request.model.generator.is_none() {
        return Ok(());
    }
    let UpdateConfig { accumulate, clip_norm, clip_value, .. } = *request.update;
    let refused = [
        (accumulate > 1, "--accumulate"),
        (clip_norm.is_some(), "--clip-norm"),
        (clip_value.is_some(), "--clip-value"),
        (request.optimizer.has_own_ops(), "an optimiser that needs whole gradients (lamb, muon)"),
        (request.target.precision == Precision::F16, "--precision f16"),
    ];
    match refused.into_iter().find(|(asked, _)| *asked) {
        Some((_, what)) => Err(PlanError::InTurn { what }),
        None => Ok(()),
    }
}

/// Graphs of a step's halves each train their own parameters.
///
/// # Errors
/// [`PlanError::Frozen`] if one of them has none to train.
pub(super) fn freeze_others(halves: &mut [Graph]) -> Result<(), PlanError> {
    let [discriminator, generator] = halves else { return Ok(()) };
    let own = generator.generator_parameters;
    discriminator.parameters[..own].iter_mut().for_each(|parameter| parameter.trained = false);
    generator.parameters[own..].iter_mut().for_each(|parameter| parameter.trained = false);
    for (graph, count) in [(&*discriminator, discriminator.parameters.len() - own), (&*generator, own)] {
        if !graph.parameters.iter().any(|parameter| parameter.trained) {
            return Err(PlanError::Frozen { count });
        }
    }
    Ok(())
}

impl Graph {
    /// The graph of a model with a generator.
    ///
    /// # Errors
    /// If a layer cannot run on what it is given, or the loss is not that of two networks.
    pub(super) fn build_adversarial(
        mut self,
        model: &ModelSpec,
        generator: &Generator,
        setting: &Setting,
    ) -> Result<Self, ModelError> {
        let Form::InTurn { label_smoothing } = setting.loss.form() else {
            let problem = format!(
                "model `{}` has a generator, and the loss {} knows nothing of one",
                model.name,
                setting.loss.name()
            );
            return Err(ModelError::Adversarial(ShapeError::new(problem).hint("without --loss")));
        };
        let rows = setting.batch;
        let noise = Noise { rows, width: generator.noise, stream: setting.half.stream() };
        let noise = self.node("noise", Box::new(noise), &[])[0];
        let generated = self.add_layers(Generator::PREFIX, &generator.layers, noise)?;
        self.check_generated(model, generator, generated)?;
        self.generator_parameters = self.parameters.len();
        let (mut input, mut targets) = (generated, GanTargets { rows, first: 1.0, second: None });
        if setting.half == Half::Discriminator {
            self.add_real(model, setting)?;
            input = self.node("stack", Box::new(Stack), &[self.images, generated])[0];
            targets = GanTargets { rows, first: 1.0 - label_smoothing, second: Some(0.0) };
        }
        let first = self.nodes.len();
        self.logits = self.add_layers("", &model.layers, input)?;
        self.check_discriminator(model, first)?;
        match self.mode {
            Mode::Train => self.add_loss_of_half(setting.half, targets),
            // what a run answers with is images
            Mode::Infer => (self.images, self.logits) = (generated, generated),
        }
        Ok(self)
    }

    /// The real images of a batch.
    fn add_real(&mut self, model: &ModelSpec, setting: &Setting) -> Result<(), ModelError> {
        let [h, w, c] = model.input;
        let parts = self.images_in_parts([setting.images, h, w, c], setting.part);
        let labels = self.resident("labels", &[setting.images], Dtype::U32, Resident::Labels);
        let norm = self.resident("norm", &[2, c], Dtype::F32, Resident::Norm);
        let rows = self.node("batch.index", Box::new(BatchIndex { batch: setting.batch }), &[labels]);
        self.add_images(&setting.input, &parts, &rows, norm).map(|_| ())
    }

    fn add_loss_of_half(&mut self, half: Half, targets: GanTargets) {
        let history = self.resident("history", &[HISTORY, 2], Dtype::F32, Resident::History);
        let rows = self.node("gan_targets", Box::new(targets), &[]);
        let loss = self.node("loss", Box::new(ValueLoss::new(Kind::Bce)), &[self.logits, rows[0], rows[1]]);
        self.node("record", Box::new(RecordLoss { column: half as usize }), &[loss[0], history]);
    }

    fn check_generated(&self, model: &ModelSpec, generator: &Generator, generated: TensorId) -> Result<(), ModelError> {
        let [h, w, c] = model.input;
        let shape = &self.tensors[generated].shape;
        if shape.sizes()[1..] == model.input {
            return Ok(());
        }
        let last = generator.layers.last().expect("a generator has layers");
        let reads = format!("the generator must give images like the model's input: [n, {h}, {w}, {c}]");
        let source = ShapeError::new(format!("it gives {shape}"))
            .hint("a reshape after linear, then conv_transpose2d with stride = 2 and padding = \"same\"");
        let layer = format!("{}{}", Generator::PREFIX, last.name);
        Err(ModelError::Shape { number: generator.layers.len(), layer, reads, source })
    }

    /// A discriminator gives a number for each image, and must judge each alone.
    fn check_discriminator(&self, model: &ModelSpec, first: usize) -> Result<(), ModelError> {
        let shape_error = |layer: &str, reads: String, source| {
            let number = model.layers.iter().position(|spec| spec.name == layer).map_or(0, |i| i + 1);
            Err(ModelError::Shape { number, layer: layer.into(), reads, source })
        };
        let norm =
            self.nodes[first..].iter().find(|node| node.op.is::<BatchNorm>() || node.op.is::<BatchNormInference>());
        if let Some(node) = norm {
            let source = ShapeError::new("it would mix the statistics of real and generated images")
                .hint("layer_norm or group_norm, or no norm in the discriminator");
            return shape_error(&node.name, "it normalises over the batch of a discriminator".into(), source);
        }
        let (last, shape) = (model.layers.last().expect("a model has layers"), &self.tensors[self.logits].shape);
        match shape.sizes() == Shape::new(&[shape.sizes()[0], 1]).sizes() {
            true => Ok(()),
            false => {
                let source = ShapeError::new(format!("it gives {shape}")).hint("end with flatten, then units = 1");
                shape_error(&last.name, "a discriminator must give one number for each image: [n, 1]".into(), source)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use lepton_kernels::dropout::Dropout;

    use super::*;

    #[test]
    fn both_halves_draw_their_own_noise_and_masks() {
        let model = ModelSpec::open("dcgan").unwrap();
        let random_ops = |half| {
            let setting = Setting { half, ..Setting::new(8, 16, crate::losses::Adversarial::default().into()) };
            let graph = Graph::build(&model, &setting).unwrap();
            let ops = graph.nodes.iter().filter(|node| node.op.is::<Noise>() || node.op.is::<Dropout>());
            ops.map(|node| format!("{:?}", node.op)).collect::<Vec<String>>()
        };
        let [discriminator, generator] = [Half::Discriminator, Half::Generator].map(random_ops);
        assert_eq!(discriminator.len(), 3);
        assert!(discriminator.iter().zip(&generator).all(|(a, b)| a != b), "{discriminator:?} and {generator:?}");
    }
}
