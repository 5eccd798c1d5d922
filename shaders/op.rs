//! What an op is: a shape rule, dispatches in both directions, and a definition in f64.

use std::fmt;

use crate::{Array, Dispatch, Shape, ShapeError, Step, gemm::Family};

/// Whether a lowering must leave behind what backward needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Backward follows.
    Train,
    /// Outputs only.
    Infer,
}

/// How an element is stored on the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dtype {
    /// 32-bit float.
    F32,
    /// 32-bit unsigned integer.
    U32,
    /// Bytes, four in a 32-bit word, lowest first.
    U8,
}

impl Dtype {
    /// Bytes that `count` elements take, in whole words.
    pub fn bytes(self, count: usize) -> u64 {
        match self {
            Dtype::F32 | Dtype::U32 => count as u64 * 4,
            Dtype::U8 => (count as u64).div_ceil(4) * 4,
        }
    }
}

/// What the planner knows about the adapter: which kernels suit it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    /// The family of matrix products.
    pub family: Family,
}

/// Dispatches of one op in one direction, and the memory they need.
#[derive(Clone, Debug, Default)]
pub struct Lowered {
    /// Words of each [`Saved`](crate::Operand::Saved) tensor, declared by forward.
    pub saved: Vec<usize>,
    /// Words of each [`Scratch`](crate::Operand::Scratch) tensor.
    pub scratch: Vec<usize>,
    /// What runs, in order.
    pub dispatches: Vec<Dispatch>,
}

impl From<Dispatch> for Lowered {
    fn from(dispatch: Dispatch) -> Self {
        Lowered { dispatches: vec![dispatch], ..Lowered::default() }
    }
}

/// An operation with its attributes. Inputs are activations first, then parameters.
pub trait Op: fmt::Debug + Send + Sync {
    /// The op's name in the field's terms, as in `OPS`.
    fn name(&self) -> &'static str;

    /// Its attributes for summaries and plans, such as `3x3 stride 2`; may be empty.
    fn attributes(&self) -> String {
        String::new()
    }

    /// Shapes of the outputs.
    ///
    /// # Errors
    /// If the op cannot run on these inputs.
    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError>;

    /// How input `i` is stored.
    fn input_dtype(&self, _input: usize) -> Dtype {
        Dtype::F32
    }

    /// How output `i` is stored.
    fn output_dtype(&self, _output: usize) -> Dtype {
        Dtype::F32
    }

    /// The input whose memory output `i` is: a view if the op has no dispatches, an update in place if it has.
    fn alias(&self, _output: usize) -> Option<usize> {
        None
    }

    /// Whether input `i` has a gradient.
    fn differentiable(&self, _input: usize) -> bool {
        true
    }

    /// Whether the gradient of input `i` is the gradient of output 0 itself, so that nothing need run.
    fn passes_gradient(&self, _input: usize) -> bool {
        false
    }

    /// For a loss: the output that is the gradient of input 0 when the sum of output 0 is the loss.
    fn loss_gradient(&self) -> Option<usize> {
        None
    }

    /// The same op with a ReLU at its end, if it can have one and has none yet.
    fn with_relu(&self) -> Option<Box<dyn Op>> {
        None
    }

    /// The same op without the ReLU at its end, if it has one.
    fn without_relu(&self) -> Option<Box<dyn Op>> {
        None
    }

    /// Whether a ReLU before this op may as well come after it, in both directions.
    fn commutes_with_relu(&self) -> bool {
        false
    }

    /// Dispatches that compute the outputs.
    fn forward(&self, inputs: &[Shape], mode: Mode, target: &Target) -> Lowered;

    /// Dispatches that compute the gradients of the `wanted` inputs from the gradient of output 0.
    fn backward(&self, _inputs: &[Shape], _wanted: &[bool], _target: &Target) -> Lowered {
        Lowered::default()
    }

    /// The definition: outputs in f64.
    fn twin(&self, inputs: &[Array], step: &Step) -> Vec<Array>;

    /// The definition of backward: the gradient of each differentiable input from that of output 0, in f64.
    fn twin_backward(&self, _inputs: &[Array], _outputs: &[Array], _dy: &Array) -> Vec<Option<Array>> {
        Vec::new()
    }

    /// The largest error of an element relative to the larger of its own size and the tensor's root mean square.
    fn tolerance(&self) -> f64 {
        2e-6
    }

    /// Multiply-adds of forward.
    fn multiply_adds(&self, _inputs: &[Shape]) -> u64 {
        0
    }
}
