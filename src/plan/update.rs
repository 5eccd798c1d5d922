//! What runs on whole buffers: the update of all parameters, and what prepares them.

use lepton_kernels::cast::Cast;
use lepton_kernels::clip::Clip;
use lepton_kernels::ema::Ema;
use lepton_kernels::gradients::SumGradients;
use lepton_kernels::lookahead::Lookahead;
use lepton_kernels::loss_scale::{LossScale, Overflow};
use lepton_kernels::op::{Dtype, Precision, Target};
use lepton_kernels::optimizer::Input;
use lepton_kernels::parameters::{Block, Factors, Layout};
use lepton_kernels::{Mode, Op, Operand, Shape};

use super::buffer::{Buffer, Location};
use super::draft::Draft;
use super::graph::{Graph, ParameterId};
use super::launch::PlanTensorId;
use super::lists::List;
use super::phases::{Graphs, PhaseGraph};
use super::{Phase, Request, Training};
use crate::config::UpdateConfig;
use crate::optim::{OwnOp, State, StateShape};

/// Gives parameters and gradients their places. `slabs` are those of every gradient in each phase; each parameter is trained in
/// one of them.
pub(super) fn lay_out(graphs: &Graphs, request: &Request, slabs: &[Vec<usize>]) -> Layout {
    let graph = graphs.any();
    let slabs = |i: usize| slabs.iter().map(|of_phase| of_phase[i]).max().unwrap_or_default();
    let words = |(i, id)| (graph.parameter_shape(id).count(), slabs(i));
    let sizes: Vec<(usize, usize)> = graph.parameters.ids().enumerate().map(words).collect();
    let layout = Layout::new(&sizes, request.target.threads_are_cheap());
    match (&request.training, graphs.phases.first()) {
        (Some(training), Some(phase)) => {
            let shared = training.optimizer.shared_rate();
            let factors = phase.factors.iter().map(|f| Factors { rate: f.rate * shared, ..*f });
            layout.with_factors(&factors.collect::<Vec<_>>())
        }
        _ => layout,
    }
}

impl Training {
    /// Whether somebody needs whole gradients. Otherwise the optimiser adds their slabs itself, and one launch is all.
    fn sums_gradients(&self) -> bool {
        let UpdateConfig { accumulate, clip_norm, clip_value, .. } = self.update;
        accumulate > 1 || clip_norm.is_some() || clip_value.is_some() || self.optimizer.has_own_ops()
    }
}

/// The buffers that hold something of every parameter, and launches on ranges of them.
pub(super) struct Arenas<'a> {
    draft: &'a mut Draft,
    graph: &'a Graph,
    target: &'a Target,
    layout: &'a Layout,
    /// What the optimiser keeps of the parameters.
    states: Vec<State>,
    blocks: Vec<Block>,
    sum_blocks: Vec<Block>,
}

impl<'a> Arenas<'a> {
    /// Those of all parameters, of which none is updated.
    pub fn new(draft: &'a mut Draft, graph: &'a Graph, target: &'a Target, layout: &'a Layout) -> Self {
        Arenas { draft, graph, target, layout, states: Vec::new(), blocks: Vec::new(), sum_blocks: Vec::new() }
    }

    fn is_f16(&self) -> bool {
        self.target.precision == Precision::F16
    }

    /// Whole, or the range of a parameter, as a tensor.
    fn range(&mut self, location: Location) -> (PlanTensorId, Shape) {
        let buffer = location.buffer;
        let shape = match (location.parameter, buffer) {
            (Some(parameter), Buffer::State(i)) => {
                let shape = self.states[i].of(self.graph.parameter_shape(parameter));
                shape.expect("an op of its own names states that its parameter has")
            }
            (Some(parameter), _) => self.graph.parameter_shape(parameter).clone(),
            (None, Buffer::Gradients) => Shape::new(&[self.layout.gradient_words]),
            (None, Buffer::Blocks(_)) => Shape::new(&[self.blocks.len() * Block::WORDS]),
            (None, Buffer::SumBlocks(_)) => Shape::new(&[self.sum_blocks.len() * Block::WORDS]),
            (None, Buffer::LossScale) => Shape::new(&[4]),
            (None, _) => Shape::new(&[self.layout.parameter_words]),
        };
        let dtype = match buffer {
            Buffer::Shadow | Buffer::AverageShadow => Dtype::Real,
            Buffer::Blocks(_) | Buffer::SumBlocks(_) => Dtype::U32,
            _ => Dtype::F32,
        };
        let name = || match location.parameter {
            Some(parameter) => self.graph.parameter_name(parameter).to_string() + &buffer.suffix(),
            None => buffer.to_string(),
        };
        let bytes = dtype.bytes(shape.count(), self.target.precision);
        (self.draft.located(location, name, bytes), shape)
    }

    /// Launches an op on such ranges: its inputs, then its outputs.
    fn launch(&mut self, layer: &str, op: &dyn Op, inputs: &[Location], outputs: &[Location]) {
        let (inputs, shapes): (Vec<PlanTensorId>, Vec<Shape>) = inputs.iter().map(|&at| self.range(at)).unzip();
        let outputs: Vec<PlanTensorId> = outputs.iter().map(|&at| self.range(at).0).collect();
        let lowered = op.forward(&shapes, Mode::Train, self.target);
        let name = format!("{}.scratch", op.name());
        let scratch: Vec<PlanTensorId> =
            lowered.scratch.iter().map(|&words| self.draft.words(name.clone(), words)).collect();
        for dispatch in lowered.dispatches {
            let dispatch = dispatch.map(|operand| match operand {
                Operand::X(i) => inputs[i],
                Operand::Y(i) => outputs[i],
                Operand::Scratch(i) => scratch[i],
                other => unreachable!("{} binds whole buffers, not {other:?}", op.name()),
            });
            self.draft.launch(layer, dispatch);
        }
    }

    /// [`launch`](Self::launch) on whole buffers that are updated in place.
    fn launch_whole(&mut self, layer: &str, op: &dyn Op, buffers: &[Buffer]) {
        let inputs: Vec<Location> = buffers.iter().map(|&buffer| Location::whole(buffer)).collect();
        self.launch(layer, op, &inputs, &[]);
    }

    /// In f16, the copies that products read.
    pub fn copy_parameters(&mut self, averages: bool) {
        let copies = [(Buffer::Parameters, Buffer::Shadow), (Buffer::Averages, Buffer::AverageShadow)];
        for (from, to) in copies.into_iter().take(if averages { 2 } else { 1 }) {
            if self.is_f16() {
                self.launch("prepare", &Cast, &[Location::whole(from)], &[Location::whole(to)]);
            }
        }
    }
}

/// Lowers what follows the gradients of a phase.
pub(super) struct Updater<'a> {
    arenas: Arenas<'a>,
    phase: &'a PhaseGraph,
    number: usize,
    training: &'a Training,
    /// Slabs of each parameter's gradient; 0 where this phase trains it not.
    slabs: &'a [usize],
    /// The most slabs that one of the gradients has.
    most_slabs: usize,
}

impl<'a> Updater<'a> {
    /// Of phase `number`, which updates the parameters whose gradients have slabs.
    pub fn new(
        draft: &'a mut Draft,
        phase: &'a PhaseGraph,
        number: usize,
        training: &'a Training,
        layout: &'a Layout,
        slabs: &'a [usize],
        target: &'a Target,
    ) -> Self {
        let states = training.optimizer.states();
        let arenas = Arenas { states, ..Arenas::new(draft, &phase.graph, target, layout) };
        let own_layout = layout.clone().updating(|i| slabs[i] > 0);
        let most_slabs = own_layout.most_slabs();
        let mut updater = Updater { arenas, phase, number, training, slabs, most_slabs };
        if training.sums_gradients() {
            let shared: Vec<bool> = phase.graph.parameters.ids().map(|id| updater.own(id).is_none()).collect();
            updater.arenas.sum_blocks = own_layout.blocks_of_sums(|i| shared[i]);
        }
        updater.arenas.blocks = own_layout.blocks;
        updater
    }

    /// What the device needs to know of the phase.
    pub fn finish(self) -> Phase {
        let Arenas { blocks, sum_blocks, .. } = self.arenas;
        Phase { name: self.phase.name, blocks, sum_blocks }
    }

    /// A parameter's own op, if it has one.
    fn own(&self, parameter: ParameterId) -> Option<OwnOp> {
        let (shape, precision) = (self.phase.graph.parameter_shape(parameter), self.arenas.target.precision);
        self.training.optimizer.own_op(shape, self.phase.factors[parameter.number()], precision)
    }

    /// Adds the slabs of gradients, where somebody needs them whole.
    pub fn gradients(&mut self) {
        self.arenas.draft.open(List::Gradients(self.number));
        if self.training.sums_gradients() {
            let buffers = [Buffer::Blocks(self.number), Buffer::Gradients, Buffer::Sums];
            self.arenas.launch_whole("update", &SumGradients { slabs: self.most_slabs }, &buffers);
        }
    }

    /// What follows the gradients. Where nobody needs them whole it is one dispatch over all parameters; in f16 the gradients
    /// are looked at before and the loss scale after.
    pub fn update(&mut self) {
        self.arenas.draft.open(List::Update(self.number));
        let sums = self.training.sums_gradients();
        let gradients = if sums { Buffer::Sums } else { Buffer::Gradients };
        let is_f16 = self.arenas.is_f16();
        if is_f16 {
            self.arenas.launch_whole("update", &Overflow, &[gradients, Buffer::LossScale]);
        }
        let UpdateConfig { clip_value, clip_norm, .. } = self.training.update;
        for clip in [clip_value.map(Clip::Value), clip_norm.map(Clip::Norm)].into_iter().flatten() {
            let scale = is_f16.then_some(Buffer::LossScale);
            let buffers: Vec<Buffer> = std::iter::once(gradients).chain(scale).collect();
            self.arenas.launch_whole("update", &clip, &buffers);
        }
        self.update_together(gradients);
        self.update_alone();
        if is_f16 {
            self.arenas.launch_whole("update", &LossScale, &[Buffer::LossScale]);
        }
    }

    /// The weights that evaluation reads, where they are others.
    pub fn average(&mut self) {
        let (config, precision, is_f16) = (&self.training.update, self.arenas.target.precision, self.arenas.is_f16());
        let mut buffers = vec![Buffer::Parameters, Buffer::Averages];
        if config.ema.is_some() {
            buffers.extend(is_f16.then_some(Buffer::AverageShadow));
            self.arenas.launch_whole("ema", &Ema { precision }, &buffers);
        } else if config.lookahead.is_some() {
            if is_f16 {
                buffers.extend([Buffer::Shadow, Buffer::AverageShadow]);
            }
            self.arenas.launch_whole("lookahead", &Lookahead { precision }, &buffers);
        }
    }

    /// The parameters that have no op of their own.
    fn update_together(&mut self, gradients: Buffer) {
        let blocks = match gradients {
            Buffer::Sums if self.arenas.sum_blocks.is_empty() => return,
            Buffer::Sums => Buffer::SumBlocks(self.number),
            _ => Buffer::Blocks(self.number),
        };
        // sums are whole gradients
        let slabs = if gradients == Buffer::Sums { 1 } else { self.most_slabs };
        let op = self.training.optimizer.op(self.arenas.target.precision, slabs);
        let states = self.arenas.states.iter().enumerate();
        let whole: Vec<usize> =
            states.filter(|(_, state)| matches!(state.shape, StateShape::Whole)).map(|(number, _)| number).collect();
        let buffer = |input| match input {
            Input::Blocks => blocks,
            Input::Gradient => gradients,
            Input::Parameter => Buffer::Parameters,
            Input::LossScale => Buffer::LossScale,
            Input::Copy => Buffer::Shadow,
            Input::State(i) => Buffer::State(whole[i]),
        };
        let buffers: Vec<Buffer> = op.contract().inputs().into_iter().map(buffer).collect();
        self.arenas.launch_whole("update", op.as_ref(), &buffers);
    }

    /// The parameters that have one.
    fn update_alone(&mut self) {
        for id in self.phase.graph.parameters.ids().filter(|id| self.slabs[id.number()] > 0) {
            let Some(OwnOp { op, states }) = self.own(id) else { continue };
            let location = |input| match input {
                Input::Blocks => unreachable!("{} updates one parameter", op.name()),
                Input::Gradient => Location::of(Buffer::Sums, id),
                Input::Parameter => Location::of(Buffer::Parameters, id),
                Input::LossScale => Location::whole(Buffer::LossScale),
                Input::Copy => Location::of(Buffer::Shadow, id),
                Input::State(state) => Location::of(Buffer::State(states[state]), id),
            };
            let inputs: Vec<Location> = op.contract().inputs().into_iter().map(location).collect();
            self.arenas.launch(self.phase.graph.parameter_name(id), op.as_ref(), &inputs, &[]);
        }
    }
}
