//! The graphs that a plan is lowered from: those of a training step, phase after phase, and that of inference.

use std::ops::Range;

use lepton_kernels::parameters::{Block, Factors};
use lepton_kernels::{Mode, Shape};

use super::adversarial::Network;
use super::graph::{Graph, Node, Setting};
use super::{PlanError, Request, Training, adversarial, frozen, rewrite, rules};
use crate::model::{Generator, ModelError, ModelSpec};

/// What a device needs to know of a phase of a training step: a forward and backward pass and the update of some parameters. One
/// network has one phase; two networks that are trained in turn have two.
#[derive(Clone, Debug)]
pub struct Phase {
    /// What it trains.
    pub name: &'static str,
    /// What the workgroups of its update do; goes to [`Buffer::Blocks`](super::Buffer::Blocks).
    pub blocks: Vec<Block>,
    /// The same for sums of gradients; goes to [`Buffer::SumBlocks`](super::Buffer::SumBlocks).
    pub sum_blocks: Vec<Block>,
}

/// A phase before it is lowered.
pub(super) struct PhaseGraph {
    /// What it trains.
    pub name: &'static str,
    pub graph: Graph,
    /// Numbers of the parameters that it trains; all phases have the same parameters.
    pub trains: Range<usize>,
    /// Of every parameter.
    pub factors: Vec<Factors>,
}

/// What a phase trains: the model, or one of two networks in turn. Whatever depends on which of these a model is, asks here.
#[derive(Clone, Copy)]
pub(super) enum Trained<'a> {
    Model,
    InTurn(Network, &'a Generator),
}

impl<'a> Trained<'a> {
    /// In the order of a step's phases.
    fn all(model: &'a ModelSpec) -> Vec<Self> {
        match &model.generator {
            None => vec![Trained::Model],
            Some(generator) => {
                let network = |network| Trained::InTurn(network, generator);
                vec![network(Network::Discriminator), network(Network::Generator)]
            }
        }
    }

    /// What gives a model's answers: it is trained last.
    pub fn answering(model: &'a ModelSpec) -> Self {
        *Self::all(model).last().expect("a step has phases")
    }

    /// The graph of its phase.
    ///
    /// # Errors
    /// If a layer cannot run on what it is given, or the last one does not give what the loss needs.
    pub fn graph(self, model: &ModelSpec, setting: &Setting) -> Result<Graph, ModelError> {
        match self {
            Trained::Model => Graph::of_one_network(model, setting),
            Trained::InTurn(network, generator) => adversarial::graph(model, generator, setting, network),
        }
    }

    fn phase(self, model: &ModelSpec, setting: &Setting) -> Result<PhaseGraph, ModelError> {
        match self {
            Trained::Model => {
                let graph = self.graph(model, setting)?;
                let trains = 0..graph.parameters.len();
                Ok(PhaseGraph { name: "model", graph, trains, factors: Vec::new() })
            }
            Trained::InTurn(network, generator) => adversarial::phase(model, generator, setting, network),
        }
    }

    /// Refuses what its phases cannot be trained with.
    ///
    /// # Errors
    /// [`PlanError::InTurn`].
    fn check(self, request: &Request) -> Result<(), PlanError> {
        match (self, &request.training) {
            (Trained::InTurn(..), Some(training)) => adversarial::check(request, training),
            _ => Ok(()),
        }
    }
}

impl PhaseGraph {
    /// The phases of a training step.
    pub fn all(model: &ModelSpec, setting: &Setting) -> Result<Vec<Self>, ModelError> {
        Trained::all(model).into_iter().map(|trained| trained.phase(model, setting)).collect()
    }

    /// Applies the run's rules.
    fn apply_rules(&mut self, training: &Training) -> Result<(), PlanError> {
        self.factors = rules::apply(&mut self.graph, &training.update)?;
        frozen::settle(&mut self.graph);
        Ok(())
    }

    /// Trains nothing but its own parameters.
    fn settle(&mut self) -> Result<(), PlanError> {
        let own = self.trains.clone();
        for (number, parameter) in self.graph.parameters.iter_mut().enumerate() {
            parameter.trained &= own.contains(&number);
        }
        if !own.is_empty() && !self.graph.parameters.iter().any(|parameter| parameter.trained) {
            return Err(PlanError::Frozen { count: own.len() });
        }
        Ok(())
    }
}

/// The graphs of a plan.
pub(super) struct Graphs {
    /// Of a training step, if there is one.
    pub phases: Vec<PhaseGraph>,
    /// Of evaluation and prediction.
    pub inference: Graph,
    /// Of explanations, if they are asked for.
    pub explained: Option<Graph>,
    /// What was rewritten, for people.
    pub fused: Vec<String>,
}

impl Graphs {
    /// Builds, applies the run's rules and rewrites.
    pub fn build(model: &ModelSpec, request: &Request, setting: &Setting) -> Result<Self, PlanError> {
        Trained::answering(model).check(request)?;
        let build = |mode| Setting { mode, ..setting.clone() };
        let mut inference = Graph::build(model, &build(Mode::Infer))?;
        let mut phases = Vec::new();
        if let Some(training) = &request.training {
            phases = PhaseGraph::all(model, &build(Mode::Train))?;
            phases.iter_mut().try_for_each(|phase| phase.apply_rules(training))?;
        }
        let mut explained =
            request.explain.as_ref().map(|asked| Graph::explained(model, &build(Mode::Infer), asked)).transpose()?;
        let mut fused = Vec::new();
        if request.fuse {
            let of_inference = rewrite::apply_all(&mut inference);
            let mut of_training: Vec<String> = Vec::new();
            for line in phases.iter_mut().flat_map(|phase| rewrite::apply_all(&mut phase.graph)) {
                // phases of a step have layers in common
                if !of_training.contains(&line) {
                    of_training.push(line);
                }
            }
            let of_explanations = explained.as_mut().map(rewrite::apply_all);
            fused = match of_explanations {
                _ if !phases.is_empty() => of_training,
                Some(lines) if !request.evaluate && !request.predict => lines,
                _ => of_inference,
            };
        }
        for phase in &mut phases {
            phase.settle()?;
        }
        Ok(Graphs { phases, inference, explained, fused })
    }

    /// The fewest images of a batch on which every op can be trained.
    pub fn least_images(&self) -> usize {
        let least = |graph: &Graph, node: &Node| {
            let shapes: Vec<Shape> = node.inputs.iter().map(|&input| graph.tensors[input].shape.clone()).collect();
            node.op.least_images(&shapes)
        };
        let graphs = self.phases.iter().map(|phase| &phase.graph);
        graphs.flat_map(|graph| graph.nodes.iter().map(|node| least(graph, node))).max().unwrap_or(1)
    }

    /// One that has all parameters: that of training, if there is one.
    pub fn any(&self) -> &Graph {
        self.phases.first().map_or(&self.inference, |phase| &phase.graph)
    }
}
