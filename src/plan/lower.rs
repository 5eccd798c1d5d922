//! A graph as lists of dispatches on tensors that have no memory yet.

use std::collections::HashMap;
use std::sync::Arc;

use lepton_kernels::op::{Dtype, Target};
use lepton_kernels::{Access, Dispatch, Kernel, Lowered, Mode, Op, Operand, Shape, add};

use super::graph::{Graph, Kind, Node, Resident, TensorId};

/// Where a tensor's memory comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Home {
    /// Shared with tensors that are not needed at the same time.
    Slot,
    /// In the buffer of all parameters.
    Parameter(usize),
    /// In the buffer of all gradients.
    Gradient(usize),
    /// All parameters, all gradients, or the optimiser's state number `i`: whole buffers.
    AllParameters,
    /// All gradients.
    AllGradients,
    /// The optimiser's state number `i`.
    State(usize),
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
}

impl Goal {
    /// Every goal.
    pub const ALL: [Goal; 3] = [Goal::Train, Goal::Evaluate, Goal::Predict];
}

/// A list of launches and its tensors.
#[derive(Debug, Default)]
pub struct Lowering {
    /// Tensors by number.
    pub tensors: Vec<PlanTensor>,
    /// What runs, in order.
    pub launches: Vec<Launch>,
}

/// The optimiser of a plan.
#[derive(Debug)]
pub struct Optimizer {
    /// Its op, over all parameters at once.
    pub op: Box<dyn Op>,
    /// How many tensors of state it keeps.
    pub states: usize,
}

/// Lowers a graph for one goal.
pub fn lower(graph: &Graph, optimizer: &Optimizer, goal: Goal, target: &Target, arena_words: usize) -> Lowering {
    let mut lowerer = Lowerer {
        graph,
        target,
        goal,
        out: Lowering::default(),
        values: HashMap::new(),
        saved: HashMap::new(),
        gradients: HashMap::new(),
    };
    for (i, node) in graph.nodes.iter().enumerate() {
        lowerer.forward(i, node);
        if goal == Goal::Predict && node.outputs.contains(&graph.logits) {
            break;
        }
    }
    if goal == Goal::Train {
        lowerer.backward();
        lowerer.update(optimizer, arena_words);
    }
    lowerer.out
}

struct Lowerer<'a> {
    graph: &'a Graph,
    target: &'a Target,
    goal: Goal,
    out: Lowering,
    /// Plan tensor of each graph tensor.
    values: HashMap<TensorId, usize>,
    /// What forward kept for each node.
    saved: HashMap<usize, Vec<usize>>,
    /// Plan tensor of the gradient of each graph tensor.
    gradients: HashMap<TensorId, usize>,
}

impl Lowerer<'_> {
    fn new_tensor(&mut self, name: String, bytes: u64, home: Home) -> usize {
        self.out.tensors.push(PlanTensor { name, bytes, home });
        self.out.tensors.len() - 1
    }

    fn words(&mut self, name: String, words: usize) -> usize {
        self.new_tensor(name, words as u64 * 4, Home::Slot)
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
            Kind::Value if self.goal == Goal::Predict && id == self.graph.logits => Home::Resident(Resident::Logits),
            Kind::Value => Home::Slot,
        };
        let made = self.new_tensor(tensor.name.clone(), tensor.dtype.bytes(tensor.shape.count()), home);
        self.values.insert(id, made);
        made
    }

    fn forward(&mut self, number: usize, node: &Node) {
        let shapes = self.graph.input_shapes(node);
        let mode = if self.goal == Goal::Train { Mode::Train } else { Mode::Infer };
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
        for dispatch in lowered.dispatches {
            let tensors: Vec<usize> = dispatch
                .bindings
                .iter()
                .map(|binding| match binding.operand {
                    Operand::X(i) => self.value(node.inputs[i]),
                    Operand::Y(i) => self.value(node.outputs[i]),
                    Operand::Saved(i) => self.saved[&number][i],
                    Operand::Scratch(i) => scratch[i],
                    Operand::Dy(i) => self.gradients[&node.outputs[i]],
                    Operand::Dx(i) => dx[i].expect("only wanted gradients are written"),
                })
                .collect();
            self.push(&node.name, dispatch, &tensors);
        }
    }

    fn push(&mut self, layer: &str, dispatch: Dispatch, tensors: &[usize]) {
        let bindings = tensors.iter().zip(&dispatch.bindings).map(|(&t, b)| (t, b.access)).collect();
        let Dispatch { kernel, groups, iterations, multiply_adds, .. } = dispatch;
        self.out.launches.push(Launch { layer: layer.into(), kernel, bindings, groups, iterations, multiply_adds });
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
            self.launch(number, node, lowered, &dx);
            for (i, dx) in dx.into_iter().enumerate() {
                if let Some(dx) = dx {
                    self.contribute(node.inputs[i], dx);
                }
            }
        }
    }

    /// The tensor that receives the gradient of a node's input.
    fn gradient_of_input(&mut self, node: &Node, input: usize) -> usize {
        if node.op.passes_gradient(input) {
            return self.gradients[&node.outputs[0]];
        }
        let tensor = &self.graph.tensors[node.inputs[input]];
        let home = match tensor.kind {
            Kind::Parameter(number) => Home::Gradient(number),
            _ => Home::Slot,
        };
        self.new_tensor(format!("{}.grad", tensor.name), Dtype::F32.bytes(tensor.shape.count()), home)
    }

    /// Adds `dx` to what other readers of `tensor` contributed.
    fn contribute(&mut self, tensor: TensorId, dx: usize) {
        let Some(&before) = self.gradients.get(&tensor) else {
            self.gradients.insert(tensor, dx);
            return;
        };
        let Tensor { name, count } = self.describe(tensor);
        let sum = self.words(format!("{name}.grad"), count);
        let dispatch = add::sum(count, false, Operand::X(0), Operand::X(1), Operand::Y(0));
        self.push(&name, dispatch, &[before, dx, sum]);
        self.gradients.insert(tensor, sum);
    }

    fn describe(&self, tensor: TensorId) -> Tensor {
        let tensor = &self.graph.tensors[tensor];
        Tensor { name: tensor.name.clone(), count: tensor.shape.count() }
    }

    /// One dispatch over all parameters.
    fn update(&mut self, optimizer: &Optimizer, arena_words: usize) {
        let homes = [Home::AllParameters, Home::AllGradients].into_iter().chain((0..optimizer.states).map(Home::State));
        let tensors: Vec<usize> = homes
            .map(|home| {
                let name = match home {
                    Home::AllParameters => "parameters".into(),
                    Home::AllGradients => "gradients".into(),
                    Home::State(i) => format!("state{i}"),
                    _ => unreachable!("only whole buffers are updated"),
                };
                self.new_tensor(name, arena_words as u64 * 4, home)
            })
            .collect();
        let shapes = vec![Shape::new(&[arena_words]); tensors.len()];
        for dispatch in optimizer.op.forward(&shapes, Mode::Train, self.target).dispatches {
            let bound: Vec<usize> = dispatch
                .bindings
                .iter()
                .map(|binding| match binding.operand {
                    Operand::X(i) => tensors[i],
                    other => unreachable!("an optimiser binds its inputs, not {other:?}"),
                })
                .collect();
            self.push("update", dispatch, &bound);
        }
    }
}

struct Tensor {
    name: String,
    count: usize,
}
