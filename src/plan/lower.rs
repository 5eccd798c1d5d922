//! A graph as lists of dispatches on tensors that have no memory yet.

use std::collections::HashMap;
use std::sync::Arc;

use lepton_kernels::op::{Dtype, Precision, Target};
use lepton_kernels::parameters::{Block, Layout};
use lepton_kernels::tuning::Tuning;
use lepton_kernels::{Access, Dispatch, Kernel, Lowered, Mode, Operand, add};

use super::graph::{Graph, Kind, Node, Resident, TensorId};
use super::update::Update;
use crate::optim::State;

/// Where a tensor's memory comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Home {
    /// Shared with tensors that are not needed at the same time.
    Slot,
    /// In the buffer of all parameters.
    Parameter(usize),
    /// In the f16 copy of all parameters.
    Shadow(usize),
    /// In the buffer of all gradients.
    Gradient(usize),
    /// All parameters, their f16 copy, all gradients, or the optimiser's state number `i`: whole buffers.
    AllParameters,
    /// The f16 copy of all parameters.
    AllShadows,
    /// All gradients.
    AllGradients,
    /// The optimiser's state number `i`.
    State(usize),
    /// The part of the optimiser's state `.0` that belongs to parameter `.1`.
    StateOf(usize, usize),
    /// The sum of a gradient's slabs.
    Sum(usize),
    /// The sums of all gradients.
    AllSums,
    /// The moving average of all parameters.
    AllAverages,
    /// The f16 copy of the averages.
    AllAverageShadows,
    /// Stays on the device.
    Resident(Resident),
}

/// A tensor of the plan.
#[derive(Clone, Debug)]
pub struct PlanTensor {
    /// Its name: `conv1`, `conv1.weight.grad`, `conv1.saved`, …
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// Where its memory comes from.
    pub home: Home,
}

/// A dispatch on plan tensors.
#[derive(Clone, Debug)]
pub struct Launch {
    /// The layer it belongs to.
    pub layer: String,
    /// What runs.
    pub kernel: Arc<Kernel>,
    /// Tensor and access of each binding.
    pub bindings: Vec<(usize, Access)>,
    /// Workgroups along x and y.
    pub groups: [u32; 2],
    /// Loop iterations of one invocation, at the most.
    pub iterations: u64,
    /// Multiply-adds of the launch.
    pub multiply_adds: u64,
    /// For a matrix product: which tiles can compute it.
    pub tuning: Option<Tuning>,
}

/// What a list computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// Forward, backward, update.
    Train,
    /// Loss and right answers.
    Evaluate,
    /// Logits.
    Predict,
    /// What must run once after parameters were written: in f16, their copy.
    Prepare,
    /// Forward, backward, and gradients added to those of other batches: a batch of an update that is not its last.
    Accumulate,
}

impl Goal {
    /// Every goal.
    pub const ALL: [Goal; 5] = [Goal::Train, Goal::Evaluate, Goal::Predict, Goal::Prepare, Goal::Accumulate];

    /// Whether gradients are computed.
    pub fn learns(self) -> bool {
        matches!(self, Goal::Train | Goal::Accumulate)
    }
}

/// A list of launches and its tensors.
#[derive(Debug, Default)]
pub struct Lowering {
    /// Tensors by number.
    pub tensors: Vec<PlanTensor>,
    /// What runs, in order.
    pub launches: Vec<Launch>,
    /// Where parameters and gradients lie.
    pub layout: Layout,
    /// What the optimiser keeps of the parameters.
    pub states: Vec<State>,
    /// The blocks of the parameters that are updated together, for whole gradients; none where nobody needs them whole.
    pub sum_blocks: Vec<Block>,
    /// The generator's blocks, where it is trained in turn with a discriminator, whose are in the layout.
    pub generator_blocks: Vec<Block>,
}

/// Lowers the graphs of a step for one goal, one after the other: one graph, or the halves of two networks that are trained
/// in turn.
pub fn lower(graphs: &[Graph], updates: &[Update], goal: Goal, target: &Target) -> Lowering {
    let mut halves: Vec<Lowerer> = graphs.iter().map(|graph| Lowerer::new(graph, goal, target)).collect();
    // every parameter is trained in one half
    let slabs: Vec<usize> = (0..graphs[0].parameters.len())
        .map(|i| halves.iter().map(|half| half.slabs[i]).max().unwrap_or_default())
        .collect();
    let count = halves.len();
    for (turn, (half, update)) in halves.iter_mut().zip(updates).enumerate() {
        (half.first, half.last) = (turn == 0, turn + 1 == count);
        half.lay_out(update, &slabs);
        match goal {
            Goal::Prepare => half.copy_parameters(update),
            Goal::Train | Goal::Accumulate => half.update(update, goal),
            Goal::Evaluate | Goal::Predict => {}
        }
    }
    let mut lists = halves.into_iter().map(|half| half.out);
    let first = lists.next().expect("a step has a graph");
    lists.fold(first, Lowering::then)
}

impl Lowering {
    /// One list after another, on the same parameters.
    fn then(mut self, other: Lowering) -> Lowering {
        let before = self.tensors.len();
        self.tensors.extend(other.tensors);
        self.launches.extend(other.launches.into_iter().map(|mut launch| {
            launch.bindings.iter_mut().for_each(|(tensor, _)| *tensor += before);
            launch
        }));
        self.generator_blocks = other.layout.blocks;
        self
    }
}

pub(super) struct Lowerer<'a> {
    pub(super) graph: &'a Graph,
    pub(super) target: &'a Target,
    goal: Goal,
    /// What predictions read.
    answer: TensorId,
    pub(super) out: Lowering,
    /// Plan tensor of each graph tensor.
    values: HashMap<TensorId, usize>,
    /// What forward kept for each node.
    saved: HashMap<usize, Vec<usize>>,
    /// Plan tensor of the gradient of each graph tensor.
    gradients: HashMap<TensorId, usize>,
    /// Slabs of each parameter's gradient; 0 where there is none.
    pub(super) slabs: Vec<usize>,
    /// Whether it is the first half of a step, and the last one; a step of one graph is both.
    pub(super) first: bool,
    pub(super) last: bool,
}

impl<'a> Lowerer<'a> {
    /// Forward and, where gradients are computed, backward.
    fn new(graph: &'a Graph, goal: Goal, target: &'a Target) -> Self {
        let mut lowerer = Lowerer {
            graph,
            target,
            goal,
            answer: graph.answer(),
            out: Lowering::default(),
            values: HashMap::new(),
            saved: HashMap::new(),
            gradients: HashMap::new(),
            slabs: vec![0; graph.parameters.len()],
            first: true,
            last: true,
        };
        if goal == Goal::Prepare {
            return lowerer;
        }
        for (i, node) in graph.nodes.iter().enumerate() {
            lowerer.forward(i, node);
            if goal == Goal::Predict && node.outputs.contains(&graph.logits) {
                break;
            }
        }
        if goal.learns() {
            lowerer.backward();
        }
        lowerer
    }

    pub(super) fn new_tensor(&mut self, name: String, bytes: u64, home: Home) -> usize {
        self.out.tensors.push(PlanTensor { name, bytes, home });
        self.out.tensors.len() - 1
    }

    pub(super) fn words(&mut self, name: String, words: usize) -> usize {
        self.new_tensor(name, Dtype::U32.bytes(words, self.target.precision), Home::Slot)
    }

    /// The plan tensor of a graph tensor, made where it is first met.
    fn value(&mut self, id: TensorId) -> usize {
        if let Some(&tensor) = self.values.get(&id) {
            return tensor;
        }
        let tensor = &self.graph.tensors[id];
        let home = match tensor.kind {
            Kind::Resident(resident) => Home::Resident(resident),
            Kind::Parameter(number) => Home::Parameter(number),
            Kind::Value if self.goal == Goal::Predict && id == self.answer => Home::Resident(Resident::Logits),
            Kind::Value => Home::Slot,
        };
        let bytes = tensor.dtype.bytes(tensor.shape.count(), self.target.precision);
        let made = self.new_tensor(tensor.name.clone(), bytes, home);
        self.values.insert(id, made);
        made
    }

    /// The plan tensor of a node's input: products in f16 read the copy of a parameter.
    fn input(&mut self, node: &Node, input: usize) -> usize {
        let id = node.inputs[input];
        let half = self.target.precision == Precision::F16 && node.op.input_dtype(input) == Dtype::Real;
        let Kind::Parameter(number) = self.graph.tensors[id].kind else { return self.value(id) };
        if !half {
            return self.value(id);
        }
        let tensor = &self.graph.tensors[id];
        let bytes = Dtype::Real.bytes(tensor.shape.count(), Precision::F16);
        self.new_tensor(format!("{}.f16", tensor.name), bytes, Home::Shadow(number))
    }

    fn forward(&mut self, number: usize, node: &Node) {
        let shapes = self.graph.input_shapes(node);
        let mode = if self.goal.learns() { Mode::Train } else { Mode::Infer };
        let lowered = node.op.forward(&shapes, mode, self.target);
        for (i, &output) in node.outputs.iter().enumerate() {
            if let Some(input) = node.op.alias(i) {
                let shared = self.value(node.inputs[input]);
                self.values.insert(output, shared);
            }
        }
        let saved = lowered.saved.iter().map(|&words| self.words(format!("{}.saved", node.name), words)).collect();
        self.saved.insert(number, saved);
        self.launch(number, node, lowered, &[]);
    }

    /// Binds a lowering's operands; `dx` gives the tensors of its inputs' gradients.
    fn launch(&mut self, number: usize, node: &Node, lowered: Lowered, dx: &[Option<usize>]) {
        let scratch: Vec<usize> =
            lowered.scratch.iter().map(|&words| self.words(format!("{}.scratch", node.name), words)).collect();
        let slabs = lowered.gradient_slabs;
        for dispatch in lowered.dispatches {
            let tensors: Vec<usize> = dispatch
                .bindings
                .iter()
                .map(|binding| match binding.operand {
                    Operand::X(i) => self.input(node, i),
                    Operand::Y(i) => self.value(node.outputs[i]),
                    Operand::Saved(i) => self.saved[&number][i],
                    Operand::Scratch(i) => scratch[i],
                    Operand::Dy(i) => self.gradients[&node.outputs[i]],
                    Operand::Dx(i) => dx[i].unwrap_or_else(|| self.unwanted(node, i, slabs)),
                })
                .collect();
            self.push(&node.name, dispatch, &tensors);
        }
    }

    /// Room for a gradient that nobody wants: a kernel that also computes that of a bias writes both.
    fn unwanted(&mut self, node: &Node, input: usize, slabs: usize) -> usize {
        let tensor = &self.graph.tensors[node.inputs[input]];
        let (name, words) = (format!("{}.unwanted", tensor.name), tensor.shape.count() * slabs);
        self.words(name, words)
    }

    pub(super) fn push(&mut self, layer: &str, dispatch: Dispatch, tensors: &[usize]) {
        let bindings = tensors.iter().zip(&dispatch.bindings).map(|(&t, b)| (t, b.access)).collect();
        let Dispatch { kernel, groups, iterations, multiply_adds, tuning, .. } = dispatch;
        let layer = layer.into();
        self.out.launches.push(Launch { layer, kernel, bindings, groups, iterations, multiply_adds, tuning });
    }

    fn backward(&mut self) {
        let needs = self.graph.needs_gradient();
        for (number, node) in self.graph.nodes.iter().enumerate().rev() {
            if let Some(output) = node.op.loss_gradient() {
                let gradient = self.value(node.outputs[output]);
                self.gradients.insert(node.inputs[0], gradient);
                continue;
            }
            if !self.gradients.contains_key(&node.outputs[0]) {
                continue;
            }
            let wanted: Vec<bool> =
                node.inputs.iter().enumerate().map(|(i, &t)| needs[t] && node.op.differentiable(i)).collect();
            let dx: Vec<Option<usize>> =
                (0..wanted.len()).map(|i| wanted[i].then(|| self.gradient_of_input(node, i))).collect();
            let lowered = node.op.backward(&self.graph.input_shapes(node), &wanted, self.target);
            self.note_slabs(&dx, lowered.gradient_slabs);
            self.launch(number, node, lowered, &dx);
            for (i, dx) in dx.into_iter().enumerate() {
                if let Some(dx) = dx {
                    self.contribute(node.inputs[i], dx);
                }
            }
        }
    }

    /// Makes room for the slabs of parameters' gradients.
    fn note_slabs(&mut self, dx: &[Option<usize>], slabs: usize) {
        for &tensor in dx.iter().flatten() {
            if let Home::Gradient(parameter) = self.out.tensors[tensor].home {
                self.out.tensors[tensor].bytes *= slabs as u64;
                self.slabs[parameter] = slabs;
            }
        }
    }

    /// The tensor that receives the gradient of a node's input.
    fn gradient_of_input(&mut self, node: &Node, input: usize) -> usize {
        if node.op.passes_gradient(input) {
            return self.gradients[&node.outputs[0]];
        }
        let tensor = &self.graph.tensors[node.inputs[input]];
        let count = tensor.shape.count();
        let (home, bytes) = match tensor.kind {
            // slabs follow each other without a gap
            Kind::Parameter(number) => (Home::Gradient(number), count as u64 * 4),
            _ => (Home::Slot, tensor.dtype.bytes(count, self.target.precision)),
        };
        self.new_tensor(format!("{}.grad", tensor.name), bytes, home)
    }

    /// Adds `dx` to what other readers of `tensor` contributed.
    fn contribute(&mut self, tensor: TensorId, dx: usize) {
        let Some(&before) = self.gradients.get(&tensor) else {
            self.gradients.insert(tensor, dx);
            return;
        };
        let Tensor { name, count } = self.describe(tensor);
        let precision = self.target.precision;
        let bytes = Dtype::Real.bytes(count, precision);
        let sum = self.new_tensor(format!("{name}.grad"), bytes, Home::Slot);
        let dispatch = add::sum(precision, count, false, Operand::X(0), Operand::X(1), Operand::Y(0));
        self.push(&name, dispatch, &[before, dx, sum]);
        self.gradients.insert(tensor, sum);
    }

    fn describe(&self, tensor: TensorId) -> Tensor {
        let tensor = &self.graph.tensors[tensor];
        Tensor { name: tensor.name.clone(), count: tensor.shape.count() }
    }
}

struct Tensor {
    name: String,
    count: usize,
}
