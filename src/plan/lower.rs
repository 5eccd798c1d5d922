//! Graphs as lists of launches on tensors that have no memory yet.

use std::collections::HashMap;

use lepton_kernels::op::{Dtype, Precision, Target};
use lepton_kernels::parameters::Layout;
use lepton_kernels::{Lowered, Mode, Operand, add};

use super::buffer::{Buffer, Location};
use super::draft::Draft;
use super::graph::{Graph, Node, NodeId, Origin, ParameterId, TensorId};
use super::launch::PlanTensorId;
use super::lists::List;
use super::phases::Graphs;
use super::update::{self, Arenas, Updater};
use super::{Inspected, Phase, Request};

/// What the graphs of a plan became.
pub(super) struct Lowering {
    pub draft: Draft,
    /// Where parameters and their gradients lie.
    pub layout: Layout,
    pub phases: Vec<Phase>,
    /// Where what an explanation asks for is left.
    pub inspected: Option<Inspected>,
}

/// Lowers the graphs for all that is asked for.
pub(super) fn lower(graphs: &Graphs, request: &Request) -> Lowering {
    let (mut draft, target) = (Draft::new(), &request.target);
    let many = graphs.phases.len() > 1;
    let mut slabs: Vec<Vec<usize>> = Vec::new();
    for (number, phase) in graphs.phases.iter().enumerate() {
        let prefix = if many { format!("{}/", phase.name) } else { String::new() };
        draft.open(List::Forward(number));
        let mut lowerer = Lowerer::new(&phase.graph, target, Use::Train, &mut draft).with_prefix(prefix);
        lowerer.forward();
        lowerer.draft.open(List::Gradients(number));
        lowerer.backward();
        slabs.push(lowerer.slabs);
    }
    let layout = update::lay_out(graphs, request, &slabs);
    let averages = request.training.as_ref().is_some_and(|training| training.update.averages());
    let mut phases = Vec::new();
    if let Some(training) = &request.training {
        for (number, (phase, slabs)) in graphs.phases.iter().zip(&slabs).enumerate() {
            let mut updater = Updater::new(&mut draft, phase, number, training, &layout, slabs, target);
            updater.gradients();
            updater.update();
            if number + 1 == graphs.phases.len() {
                updater.average();
            }
            phases.push(updater.finish());
        }
    }
    for (list, what, wanted) in
        [(List::Evaluate, Use::Evaluate, request.evaluate), (List::Predict, Use::Predict, request.predict)]
    {
        if wanted {
            draft.open(list);
            Lowerer::new(&graphs.inference, target, what, &mut draft).reading_averages(averages).forward();
        }
    }
    let inspected = graphs.explained.as_ref().map(|graph| {
        draft.open(List::Outputs);
        let mut lowerer = Lowerer::new(graph, target, Use::Explain, &mut draft).reading_averages(averages);
        lowerer.forward();
        lowerer.draft.open(List::Explain);
        lowerer.explain()
    });
    draft.open(List::Prepare);
    Arenas::new(&mut draft, graphs.any(), target, &layout).copy_parameters(averages);
    Lowering { draft, layout, phases, inspected }
}

/// What a graph is lowered for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    Train,
    Evaluate,
    Predict,
    Explain,
}

impl Use {
    /// Whether gradients follow, for which forward keeps what they read.
    fn mode(self) -> Mode {
        if matches!(self, Use::Train | Use::Explain) { Mode::Train } else { Mode::Infer }
    }

    /// Whether the model's outputs are read back.
    fn answers(self) -> bool {
        matches!(self, Use::Predict | Use::Explain)
    }
}

struct Lowerer<'a> {
    graph: &'a Graph,
    target: &'a Target,
    what: Use,
    /// What the names of tensors begin with, where a step has several phases.
    prefix: String,
    /// Where parameters are read from, and their f16 copies.
    weights: [Buffer; 2],
    draft: &'a mut Draft,
    /// Plan tensor of each graph tensor.
    values: HashMap<TensorId, PlanTensorId>,
    /// What forward kept for each node.
    saved: HashMap<NodeId, Vec<PlanTensorId>>,
    /// Plan tensors of the gradient of each graph tensor: one, or the parts in which the op that gives the tensor takes it.
    gradients: HashMap<TensorId, Vec<PlanTensorId>>,
    /// Slabs of each parameter's gradient; 0 where there is none.
    slabs: Vec<usize>,
}

impl<'a> Lowerer<'a> {
    fn new(graph: &'a Graph, target: &'a Target, what: Use, draft: &'a mut Draft) -> Self {
        Lowerer {
            graph,
            target,
            what,
            prefix: String::new(),
            weights: [Buffer::Parameters, Buffer::Shadow],
            draft,
            values: HashMap::new(),
            saved: HashMap::new(),
            gradients: HashMap::new(),
            slabs: vec![0; graph.parameters.len()],
        }
    }

    fn with_prefix(self, prefix: String) -> Self {
        Lowerer { prefix, ..self }
    }

    fn reading_averages(mut self, averages: bool) -> Self {
        if averages {
            self.weights = [Buffer::Averages, Buffer::AverageShadow];
        }
        self
    }

    fn tensor(&mut self, name: &str, bytes: u64, location: Option<Location>) -> PlanTensorId {
        self.draft.tensor(format!("{}{name}", self.prefix), bytes, location)
    }

    fn words(&mut self, name: &str, words: usize) -> PlanTensorId {
        self.draft.words(format!("{}{name}", self.prefix), words)
    }

    /// The plan tensor of a graph tensor, made where it is first met.
    fn value(&mut self, id: TensorId) -> PlanTensorId {
        if let Some(&tensor) = self.values.get(&id) {
            return tensor;
        }
        let tensor = &self.graph.tensors[id];
        let bytes = tensor.dtype.bytes(tensor.shape.count(), self.target.precision);
        let made = match tensor.origin {
            Origin::Resident(buffer) => self.draft.located(Location::whole(buffer), || tensor.name.clone(), bytes),
            Origin::Parameter(parameter) => self.parameter(self.weights[0], parameter, bytes),
            Origin::Value if self.what.answers() && id == self.graph.answer() => {
                self.tensor(&tensor.name, bytes, Some(Location::whole(Buffer::Logits)))
            }
            Origin::Value => self.tensor(&tensor.name, bytes, None),
        };
        self.values.insert(id, made);
        made
    }

    /// What belongs to a parameter in a buffer of all of them.
    fn parameter(&mut self, buffer: Buffer, parameter: ParameterId, bytes: u64) -> PlanTensorId {
        let name = || format!("{}{}", self.graph.parameter_name(parameter), buffer.suffix());
        self.draft.located(Location::of(buffer, parameter), name, bytes)
    }

    /// The plan tensor of a node's input: products in f16 read the copy of a parameter.
    fn input(&mut self, node: &Node, input: usize) -> PlanTensorId {
        let id = node.inputs[input];
        let copied = self.target.precision == Precision::F16 && node.op.input_dtype(input) == Dtype::Real;
        match self.graph.tensors[id].origin {
            Origin::Parameter(parameter) if copied => {
                let bytes = Dtype::Real.bytes(self.graph.tensors[id].shape.count(), Precision::F16);
                self.parameter(self.weights[1], parameter, bytes)
            }
            _ => self.value(id),
        }
    }

    /// Everything from the batch to what is wanted.
    fn forward(&mut self) {
        for (id, node) in self.graph.nodes.entries() {
            let lowered = node.op.forward(&self.graph.input_shapes(node), self.what.mode(), self.target);
            for (i, &output) in node.outputs.iter().enumerate() {
                if let Some(input) = node.op.alias(i) {
                    let shared = self.value(node.inputs[input]);
                    self.values.insert(output, shared);
                }
            }
            let name = format!("{}.saved", node.name);
            let saved = lowered.saved.iter().map(|&words| self.words(&name, words)).collect();
            self.saved.insert(id, saved);
            self.launch(id, node, lowered, &[]);
            if self.what == Use::Predict && node.outputs.contains(&self.graph.logits) {
                break;
            }
        }
    }

    /// Binds a lowering's operands; `dx` gives the tensors of its inputs' gradients.
    fn launch(&mut self, id: NodeId, node: &Node, lowered: Lowered, dx: &[Option<PlanTensorId>]) {
        let name = format!("{}.scratch", node.name);
        let scratch: Vec<PlanTensorId> = lowered.scratch.iter().map(|&words| self.words(&name, words)).collect();
        let slabs = lowered.gradient_slabs;
        for dispatch in lowered.dispatches {
            let dispatch = dispatch.map(|operand| match operand {
                Operand::X(i) => self.input(node, i),
                Operand::Y(i) => self.value(node.outputs[i]),
                Operand::Saved(i) => self.saved[&id][i],
                Operand::Scratch(i) => scratch[i],
                Operand::Dy(i) => self.gradients[&node.outputs[0]][i],
                Operand::Dx(i) => dx[i].unwrap_or_else(|| self.unwanted(node, i, slabs)),
            });
            self.draft.launch(&node.name, dispatch);
        }
    }

    /// Room for a gradient that nobody wants: a kernel that also computes that of a bias writes both.
    fn unwanted(&mut self, node: &Node, input: usize, slabs: usize) -> PlanTensorId {
        let tensor = &self.graph.tensors[node.inputs[input]];
        self.words(&format!("{}.unwanted", tensor.name), tensor.shape.count() * slabs)
    }

    /// The gradient of what is inspected, from that of the outputs back.
    fn explain(&mut self) -> Inspected {
        let (logits, inspected) = (self.graph.logits, self.graph.inspected.expect("the graph is of an explanation"));
        let outputs = &self.graph.tensors[logits];
        let bytes = outputs.dtype.bytes(outputs.shape.count(), self.target.precision);
        let place = Location::whole(Buffer::OutputGradient);
        let given = self.draft.located(place, || format!("{}.grad", outputs.name), bytes);
        self.gradients.insert(logits, vec![given]);
        self.backward();
        let (value, gradient) = (self.value(inspected), self.gradients[&inspected][0]);
        let mut keep = |tensor: PlanTensorId, buffer| {
            self.draft.tensors[tensor].location.get_or_insert(Location::whole(buffer)).buffer
        };
        Inspected {
            shape: self.graph.tensors[inspected].shape.clone(),
            value: keep(value, Buffer::Inspected),
            gradient: keep(gradient, Buffer::InspectedGradient),
        }
    }

    /// The gradients of all that is trained or inspected, from the loss back.
    fn backward(&mut self) {
        let needs = self.graph.needs_gradient();
        for (id, node) in self.graph.nodes.entries().rev() {
            if let Some(output) = node.op.loss_gradient() {
                let gradient = self.value(node.outputs[output]);
                self.gradients.insert(node.inputs[0], vec![gradient]);
                continue;
            }
            if !self.gradients.contains_key(&node.outputs[0]) {
                continue;
            }
            let wanted: Vec<bool> =
                node.inputs.iter().enumerate().map(|(i, t)| needs.contains(t) && node.op.differentiable(i)).collect();
            if !wanted.contains(&true) {
                continue;
            }
            let mut dx = Vec::new();
            for (i, &wanted) in wanted.iter().enumerate() {
                dx.push(wanted.then(|| self.gradient_of_input(node, i, &dx)));
            }
            let lowered = node.op.backward(&self.graph.input_shapes(node), &wanted, self.target);
            self.note_slabs(&dx, lowered.gradient_slabs);
            self.launch(id, node, lowered, &dx);
            for (i, dx) in dx.into_iter().enumerate() {
                if let Some(dx) = dx {
                    self.contribute(node.inputs[i], dx);
                }
            }
        }
    }

    /// Makes room for the slabs of parameters' gradients.
    fn note_slabs(&mut self, dx: &[Option<PlanTensorId>], slabs: usize) {
        for &id in dx.iter().flatten() {
            let tensor = &mut self.draft.tensors[id];
            if let Some(Location { buffer: Buffer::Gradients, parameter: Some(parameter) }) = tensor.location {
                tensor.bytes *= slabs as u64;
                self.slabs[parameter.number()] = slabs;
            }
        }
    }

    /// The tensor that receives the gradient of a node's input; `dx` are those of the inputs before.
    fn gradient_of_input(&mut self, node: &Node, input: usize, dx: &[Option<PlanTensorId>]) -> PlanTensorId {
        let shared = match node.op.gradient_is(input) {
            Some(Operand::Dy(part)) => Some(self.gradients[&node.outputs[0]][part]),
            Some(Operand::Dx(earlier)) => dx[earlier],
            _ => None,
        };
        if let Some(shared) = shared {
            return shared;
        }
        let tensor = &self.graph.tensors[node.inputs[input]];
        let count = tensor.shape.count();
        let (location, bytes) = match tensor.origin {
            // slabs follow each other without a gap
            Origin::Parameter(parameter) => (Some(Location::of(Buffer::Gradients, parameter)), count as u64 * 4),
            _ => (None, tensor.dtype.bytes(count, self.target.precision)),
        };
        self.tensor(&format!("{}.grad", tensor.name), bytes, location)
    }

    /// Adds `dx` to what other readers of `tensor` contributed, unless the op that gives the tensor takes it as a part.
    fn contribute(&mut self, tensor: TensorId, dx: PlanTensorId) {
        let giver = self.graph.nodes.iter().find(|node| node.outputs.first() == Some(&tensor));
        let parts = giver.map_or(1, |node| node.op.gradient_parts());
        let known = self.gradients.entry(tensor).or_default();
        if known.len() < parts {
            known.push(dx);
            return;
        }
        let before = known.pop().expect("a gradient has a part");
        let described = &self.graph.tensors[tensor];
        let (precision, count) = (self.target.precision, described.shape.count());
        let sum = self.tensor(&format!("{}.grad", described.name), Dtype::Real.bytes(count, precision), None);
        let [a, b, into] = [Operand::X(0), Operand::X(1), Operand::Y(0)];
        let dispatch = add::sum(precision, count, false, a, b, into).map(|operand| match operand {
            Operand::X(0) => before,
            Operand::X(_) => dx,
            _ => sum,
        });
        self.draft.launch(&described.name, dispatch);
        self.gradients.entry(tensor).or_default().push(sum);
    }
}
