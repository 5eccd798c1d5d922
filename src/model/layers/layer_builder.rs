//! What a layer builds itself with: it asks for parameters and adds ops one after another; the graph takes over the result.

use lepton_kernels::activation::{Activate, ActivationKind};
use lepton_kernels::{Op, Shape, ShapeError, random, relu::Relu};

use super::options::Activation;

/// How a parameter starts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Init {
    /// Uniform in ±sqrt(6 / (fan_in + fan_out)) (Glorot and Bengio 2010): Keras' default for weights.
    GlorotUniform {
        /// Inputs of one output.
        fan_in: usize,
        /// Outputs that one input reaches.
        fan_out: usize,
    },
    /// Uniform between -`limit` and `limit`.
    Uniform {
        /// Largest absolute value.
        limit: f64,
    },
    /// Normal around 0.
    Normal {
        /// Standard deviation of the weights.
        deviation: f64,
    },
    /// Normal around 0, without what lies more than two standard deviations out.
    TruncatedNormal {
        /// Standard deviation before that is cut off.
        deviation: f64,
    },
    /// As a matrix of so many columns, the last axis: columns at right angles and of length 1, or rows where there are fewer
    /// of them (Saxe et al. 2013).
    Orthogonal {
        /// Columns of the matrix.
        columns: usize,
    },
    /// Everywhere the same: 0 for biases, 1 for the scale of a norm.
    Constant(f32),
    /// Uniform between -`limit` and `limit`, but the first filters of each group hand on one channel each, as it is
    /// (`torch.nn.init.dirac_`, on as many filters as there are channels).
    Dirac {
        /// The largest size of the others.
        limit: f64,
        /// Groups of channels, as the convolution has them.
        groups: usize,
    },
    /// Filters that whiten the training images: computed from these when a run starts.
    Whitening,
}

/// A parameter that a layer asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct ParameterSpec {
    /// `weight` or `bias`; the layer's name is put before it.
    pub name: &'static str,
    /// Its shape, as the layer's op reads it.
    pub shape: Shape,
    /// How its elements start.
    pub init: Init,
    /// Whether the optimiser updates it; running averages are updated by their layer.
    pub trained: bool,
    /// Whether weight decay shrinks it where a run does not decay everything: weights, but not biases and the scales of norms.
    pub decays: bool,
}

/// A tensor while a layer builds itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    /// What the layer reads.
    Input(usize),
    /// A parameter that it asked for.
    Parameter(usize),
    /// The first output of an op that it added.
    Node(usize),
}

/// An op of a layer with what it reads.
#[derive(Debug)]
pub struct LayerNode {
    /// Put after the layer's name: `relu` makes `conv1.relu`; empty for the layer's main op.
    pub suffix: &'static str,
    /// The op with its options.
    pub op: Box<dyn Op>,
    /// What it reads: activations, then parameters.
    pub inputs: Vec<Value>,
    /// Shapes of what it writes.
    pub outputs: Vec<Shape>,
}

/// A layer that is being built.
#[derive(Debug)]
pub struct LayerBuilder<'a> {
    layer: &'a str,
    salt: u32,
    inputs: Vec<Shape>,
    /// Parameters that were asked for.
    pub parameters: Vec<ParameterSpec>,
    /// Ops in the order in which they run.
    pub nodes: Vec<LayerNode>,
}

impl<'a> LayerBuilder<'a> {
    /// The layer of this name, which reads tensors of these shapes.
    pub fn new(layer: &'a str, inputs: Vec<Shape>) -> Self {
        LayerBuilder { layer, salt: 0, inputs, parameters: Vec::new(), nodes: Vec::new() }
    }

    /// With another number that its random streams are mixed with, where the layer is built once more for another graph.
    pub fn salted(self, salt: u32) -> Self {
        LayerBuilder { salt, ..self }
    }

    /// What the layer reads, first to last.
    pub fn inputs(&self) -> Vec<Value> {
        (0..self.inputs.len()).map(Value::Input).collect()
    }

    /// A tensor's shape.
    pub fn shape(&self, value: Value) -> &Shape {
        match value {
            Value::Input(i) => &self.inputs[i],
            Value::Parameter(i) => &self.parameters[i].shape,
            Value::Node(i) => &self.nodes[i].outputs[0],
        }
    }

    /// A number of the layer's own for random streams: layers of one model draw different numbers.
    pub fn stream(&self) -> u32 {
        self.layer.bytes().fold(self.salt, |hash, byte| random::mix(hash ^ u32::from(byte)))
    }

    /// A parameter that the optimiser updates. It decays if it has two axes or more, as weights have and biases have not.
    pub fn parameter(&mut self, name: &'static str, shape: Shape, init: Init) -> Value {
        let decays = shape.rank() > 1;
        self.parameters.push(ParameterSpec { name, shape, init, trained: true, decays });
        Value::Parameter(self.parameters.len() - 1)
    }

    /// A bias or the scale of a norm, of any shape: a [`parameter`](Self::parameter) that does not decay.
    pub fn scale_or_shift(&mut self, name: &'static str, shape: Shape, init: Init) -> Value {
        self.parameters.push(ParameterSpec { name, shape, init, trained: true, decays: false });
        Value::Parameter(self.parameters.len() - 1)
    }

    /// A tensor that is kept with the parameters and that the layer itself updates, such as a running average.
    pub fn running(&mut self, name: &'static str, shape: Shape, init: Init) -> Value {
        self.parameters.push(ParameterSpec { name, shape, init, trained: false, decays: false });
        Value::Parameter(self.parameters.len() - 1)
    }

    /// Adds the layer's main op, under the layer's own name; returns its first output.
    ///
    /// # Errors
    /// If the op cannot run on these inputs.
    pub fn add(&mut self, op: impl Op + 'static, inputs: &[Value]) -> Result<Value, ShapeError> {
        self.add_as("", op, inputs)
    }

    /// Adds an op named after the layer with `suffix`, as `conv1.relu`; returns its first output.
    ///
    /// # Errors
    /// If the op cannot run on these inputs.
    pub fn add_as(
        &mut self,
        suffix: &'static str,
        op: impl Op + 'static,
        inputs: &[Value],
    ) -> Result<Value, ShapeError> {
        let shapes: Vec<Shape> = inputs.iter().map(|&value| self.shape(value).clone()).collect();
        let outputs = op.outputs(&shapes)?;
        shapes.iter().chain(&outputs).try_for_each(Shape::check_size)?;
        self.nodes.push(LayerNode { suffix, op: Box::new(op), inputs: inputs.to_vec(), outputs });
        Ok(Value::Node(self.nodes.len() - 1))
    }

    /// Adds an activation as an op of its own; the plan's rewrites join it to the op before it where one kernel can do both.
    ///
    /// # Errors
    /// If the op cannot run on this input.
    pub fn activate(&mut self, activation: Activation, value: Value) -> Result<Value, ShapeError> {
        let suffix = activation.kind().map_or("relu", ActivationKind::name);
        self.activate_as(suffix, activation, value)
    }

    /// Adds an activation named after the layer with `suffix`.
    ///
    /// # Errors
    /// If the op cannot run on this input.
    pub fn activate_as(
        &mut self,
        suffix: &'static str,
        activation: Activation,
        value: Value,
    ) -> Result<Value, ShapeError> {
        match activation.kind() {
            Some(kind) => self.add_as(suffix, Activate { kind }, &[value]),
            None if activation == Activation::None => Ok(value),
            None => self.add_as(suffix, Relu, &[value]),
        }
    }
}
