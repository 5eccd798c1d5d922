//! What runs on whole buffers: the update of all parameters, and what prepares them.

use lepton_kernels::cast::Cast;
use lepton_kernels::clip::Clip;
use lepton_kernels::ema::Ema;
use lepton_kernels::gradients::SumGradients;
use lepton_kernels::lookahead::Lookahead;
use lepton_kernels::loss_scale::{LossScale, Overflow};
use lepton_kernels::op::{Dtype, Precision};
use lepton_kernels::optimizer::Input;
use lepton_kernels::parameters::{Block, Factors, Layout};
use lepton_kernels::{Mode, Op, Operand, Shape};

use super::graph::Resident;
use super::lower::{Goal, Home, Lowerer};
use crate::config::{OptimizerConfig, UpdateConfig};
use crate::optim::{OwnOp, StateShape};

/// How a plan updates its parameters.
pub(super) struct Update<'a> {
    pub optimizer: &'a OptimizerConfig,
    pub config: &'a UpdateConfig,
    /// Of every parameter.
    pub factors: Vec<Factors>,
}

impl Update<'_> {
    /// Whether somebody needs whole gradients. Otherwise the optimiser adds their slabs itself, and one launch is all.
    pub fn sums_gradients(&self) -> bool {
        let UpdateConfig { accumulate, clip_norm, clip_value, .. } = *self.config;
        accumulate > 1 || clip_norm.is_some() || clip_value.is_some() || self.optimizer.has_own_ops()
    }
}

const SCALE: Home = Home::Resident(Resident::LossScale);
const SUM_BLOCKS: Home = Home::Resident(Resident::SumBlocks);

impl Lowerer<'_> {
    fn is_half(&self) -> bool {
        self.target.precision == Precision::F16
    }

    /// Which workgroup updates which of the parameters that this half of a step trains.
    fn blocks(&self) -> Home {
        Home::Resident(if self.first { Resident::Blocks } else { Resident::GeneratorBlocks })
    }

    /// Gives parameters and gradients their places, once the slabs of every gradient are known; what has no gradient here is
    /// not updated here.
    pub(super) fn lay_out(&mut self, update: &Update, slabs: &[usize]) {
        let words = |p: &super::graph::Parameter| self.graph.tensors[p.tensor].shape.count();
        let sizes: Vec<(usize, usize)> =
            self.graph.parameters.iter().zip(slabs).map(|(p, &slabs)| (words(p), slabs)).collect();
        let shared = update.optimizer.shared_rate();
        let factors: Vec<Factors> = update.factors.iter().map(|f| Factors { rate: f.rate * shared, ..*f }).collect();
        let layout = Layout::new(&sizes, self.target.threads_are_cheap()).with_factors(&factors);
        self.out.layout = layout.updating(|i| self.slabs[i] > 0);
        self.out.states = update.optimizer.states();
        if update.sums_gradients() {
            let shared = |i: usize| self.own(update, i).is_none();
            self.out.sum_blocks = self.out.layout.blocks_of_sums(shared);
        }
    }

    /// A parameter's own op, if it has one.
    fn own(&self, update: &Update, parameter: usize) -> Option<OwnOp> {
        let shape = &self.graph.tensors[self.graph.parameters[parameter].tensor].shape;
        update.optimizer.own_op(shape, update.factors[parameter], self.target.precision)
    }

    /// A range of the buffers of parameters, gradients and state as a tensor.
    fn range(&mut self, home: Home) -> (usize, Shape) {
        let Layout { parameter_words, gradient_words, ref blocks, .. } = self.out.layout;
        let whole = |words: usize| Shape::new(&[words]);
        let parameter = |i: usize| self.graph.tensors[self.graph.parameters[i].tensor].clone();
        let table = |blocks: &[Block]| whole(blocks.len() * Block::WORDS);
        let (name, shape, dtype) = match home {
            Home::AllParameters => ("parameters".into(), whole(parameter_words), Dtype::F32),
            Home::AllShadows => ("parameters.f16".into(), whole(parameter_words), Dtype::Real),
            Home::AllGradients => ("gradients".into(), whole(gradient_words), Dtype::F32),
            Home::AllSums => ("gradients.sum".into(), whole(parameter_words), Dtype::F32),
            Home::AllAverages => ("ema".into(), whole(parameter_words), Dtype::F32),
            Home::AllAverageShadows => ("ema.f16".into(), whole(parameter_words), Dtype::Real),
            Home::State(i) => (format!("state{i}"), whole(parameter_words), Dtype::F32),
            Home::Resident(Resident::Blocks | Resident::GeneratorBlocks) => {
                ("blocks".into(), table(blocks), Dtype::U32)
            }
            Home::Resident(Resident::SumBlocks) => ("blocks.sum".into(), table(&self.out.sum_blocks), Dtype::U32),
            Home::Resident(Resident::LossScale) => ("loss_scale".into(), whole(4), Dtype::F32),
            Home::Parameter(i) => (parameter(i).name, parameter(i).shape, Dtype::F32),
            Home::Shadow(i) => (format!("{}.f16", parameter(i).name), parameter(i).shape, Dtype::Real),
            Home::Sum(i) => (format!("{}.grad.sum", parameter(i).name), parameter(i).shape, Dtype::F32),
            Home::StateOf(state, i) => {
                let shape = self.out.states[state].of(&parameter(i).shape);
                let shape = shape.expect("an op of its own names states that its parameter has");
                (format!("{}.state{state}", parameter(i).name), shape, Dtype::F32)
            }
            other => unreachable!("{other:?} is no buffer of parameters"),
        };
        let bytes = dtype.bytes(shape.count(), self.target.precision);
        (self.new_tensor(name, bytes, home), shape)
    }

    /// Launches an op on such ranges: its inputs, then its outputs.
    fn launch_ranges(&mut self, layer: &str, op: &dyn Op, inputs: &[Home], outputs: &[Home]) {
        let (inputs, shapes): (Vec<usize>, Vec<Shape>) = inputs.iter().map(|&home| self.range(home)).unzip();
        let outputs: Vec<usize> = outputs.iter().map(|&home| self.range(home).0).collect();
        let lowered = op.forward(&shapes, Mode::Train, self.target);
        let scratch: Vec<usize> =
            lowered.scratch.iter().map(|&words| self.words(format!("{}.scratch", op.name()), words)).collect();
        for dispatch in lowered.dispatches {
            let bind = |operand| match operand {
                Operand::X(i) => inputs[i],
                Operand::Y(i) => outputs[i],
                Operand::Scratch(i) => scratch[i],
                other => unreachable!("{} binds whole buffers, not {other:?}", op.name()),
            };
            let bound: Vec<usize> = dispatch.bindings.iter().map(|binding| bind(binding.operand)).collect();
            self.push(layer, dispatch, &bound);
        }
    }

    /// What follows the gradients. Where nobody needs them whole it is one dispatch over all parameters; in f16 the gradients
    /// are looked at before and the loss scale after.
    pub(super) fn update(&mut self, update: &Update, goal: Goal) {
        let (blocks, gradients) = match update.sums_gradients() {
            true => (SUM_BLOCKS, Home::AllSums),
            false => (self.blocks(), Home::AllGradients),
        };
        if update.sums_gradients() {
            let sums = SumGradients { slabs: self.out.layout.most_slabs() };
            self.launch_ranges("update", &sums, &[self.blocks(), Home::AllGradients, Home::AllSums], &[]);
        }
        if goal == Goal::Accumulate {
            return;
        }
        let scale = self.is_half().then_some(SCALE);
        if self.is_half() {
            self.launch_ranges("update", &Overflow, &[gradients, SCALE], &[]);
        }
        let (value, norm) = (update.config.clip_value.map(Clip::Value), update.config.clip_norm.map(Clip::Norm));
        for clip in [value, norm].into_iter().flatten() {
            let inputs: Vec<Home> = std::iter::once(gradients).chain(scale).collect();
            self.launch_ranges("update", &clip, &inputs, &[]);
        }
        self.update_together(update, blocks, gradients);
        self.update_alone(update);
        if self.is_half() {
            self.launch_ranges("update", &LossScale, &[SCALE], &[]);
        }
        if self.last {
            self.average(update.config);
        }
    }

    /// The weights that evaluation reads, where they are others.
    fn average(&mut self, config: &UpdateConfig) {
        let precision = self.target.precision;
        let mut inputs = vec![Home::AllParameters, Home::AllAverages];
        if config.ema.is_some() {
            inputs.extend(self.is_half().then_some(Home::AllAverageShadows));
            self.launch_ranges("ema", &Ema { precision }, &inputs, &[]);
        } else if config.lookahead.is_some() {
            let copies = [Home::AllShadows, Home::AllAverageShadows];
            inputs.extend(copies.into_iter().filter(|_| precision == Precision::F16));
            self.launch_ranges("lookahead", &Lookahead { precision }, &inputs, &[]);
        }
    }

    /// The parameters that have no op of their own.
    fn update_together(&mut self, update: &Update, blocks: Home, gradients: Home) {
        // sums are whole gradients
        let slabs = if update.sums_gradients() { 1 } else { self.out.layout.most_slabs() };
        let op = update.optimizer.op(self.target.precision, slabs);
        let states = update.optimizer.states();
        let whole = states.iter().enumerate().filter(|(_, state)| matches!(state.shape, StateShape::Whole));
        let whole: Vec<usize> = whole.map(|(number, _)| number).collect();
        let home = |input| match input {
            Input::Blocks => blocks,
            Input::Gradient => gradients,
            Input::Parameter => Home::AllParameters,
            Input::LossScale => SCALE,
            Input::Copy => Home::AllShadows,
            Input::State(i) => Home::State(whole[i]),
        };
        let inputs: Vec<Home> = op.contract().inputs().into_iter().map(home).collect();
        let none = blocks == SUM_BLOCKS && self.out.sum_blocks.is_empty();
        if !none {
            self.launch_ranges("update", op.as_ref(), &inputs, &[]);
        }
    }

    /// The parameters that have one.
    fn update_alone(&mut self, update: &Update) {
        for (i, parameter) in self.graph.parameters.iter().enumerate() {
            let Some(OwnOp { op, states }) = self.own(update, i).filter(|_| self.slabs[i] > 0) else { continue };
            let home = |input| match input {
                Input::Blocks => unreachable!("{} updates one parameter", op.name()),
                Input::Gradient => Home::Sum(i),
                Input::Parameter => Home::Parameter(i),
                Input::LossScale => SCALE,
                Input::Copy => Home::Shadow(i),
                Input::State(state) => Home::StateOf(states[state], i),
            };
            let inputs: Vec<Home> = op.contract().inputs().into_iter().map(home).collect();
            let name = self.graph.tensors[parameter.tensor].name.clone();
            self.launch_ranges(&name, op.as_ref(), &inputs, &[]);
        }
    }

    /// In f16, the copies that products read.
    pub(super) fn copy_parameters(&mut self, update: &Update) {
        if self.is_half() {
            self.launch_ranges("prepare", &Cast, &[Home::AllParameters], &[Home::AllShadows]);
            if update.config.averages() {
                self.launch_ranges("prepare", &Cast, &[Home::AllAverages], &[Home::AllAverageShadows]);
            }
        }
    }
}
