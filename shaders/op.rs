//! What an op is: a shape rule, dispatches in both directions, and a definition in f64.

use std::any::Any;
use std::fmt;

use crate::{Array, Dispatch, Operand, Shape, ShapeError, Step};

pub use crate::dtype::{Dtype, Precision, TENSOR_ALIGN};
pub use crate::target::Target;

/// Whether a lowering must leave behind what backward needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Backward follows, so that forward must save what it reads.
    #[default]
    Train,
    /// No backward follows: nothing is saved.
    Infer,
}

/// What stands in an op's place in a model that is not being trained.
#[derive(Debug)]
pub enum InInference {
    /// The op itself.
    Same,
    /// Another op on the same inputs.
    Other(Box<dyn Op>),
    /// Nothing: whoever reads output 0 reads input 0.
    Nothing,
}

/// Dispatches of one op in one direction, and the memory they need.
#[derive(Clone, Debug)]
pub struct Lowered {
    /// Words of each [`Saved`](crate::Operand::Saved) tensor, declared by forward.
    pub saved: Vec<usize>,
    /// Words of each [`Scratch`](crate::Operand::Scratch) tensor.
    pub scratch: Vec<usize>,
    /// What runs, in order.
    pub dispatches: Vec<Dispatch>,
    /// Each parameter's gradient is the sum of so many slabs, one after another in its memory; whoever reads it adds them
    /// in their order. Gradients of activations are always whole.
    pub gradient_slabs: usize,
}

impl Default for Lowered {
    fn default() -> Self {
        Lowered { saved: Vec::new(), scratch: Vec::new(), dispatches: Vec::new(), gradient_slabs: 1 }
    }
}

impl From<Dispatch> for Lowered {
    fn from(dispatch: Dispatch) -> Self {
        Lowered { dispatches: vec![dispatch], ..Lowered::default() }
    }
}

/// An operation with its attributes. Inputs are activations first, then parameters.
pub trait Op: Any + fmt::Debug + Send + Sync {
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

    /// How many of its inputs are activations; parameters follow, whose gradients are f32 in slabs.
    fn activations(&self) -> usize {
        1
    }

    /// How input `i` is stored.
    fn input_dtype(&self, _input: usize) -> Dtype {
        Dtype::Real
    }

    /// How output `i` is stored.
    fn output_dtype(&self, _output: usize) -> Dtype {
        Dtype::Real
    }

    /// The input whose memory output `i` is: a view if the op has no dispatches, an update in place if it has.
    fn alias(&self, _output: usize) -> Option<usize> {
        None
    }

    /// Whether input `i` has a gradient.
    fn differentiable(&self, _input: usize) -> bool {
        true
    }

    /// The parts in which backward takes the gradient of output 0, [`Dy(0)`](crate::Operand::Dy) and what follows: one for
    /// each reader of the output, or 1 for their sum.
    fn gradient_parts(&self) -> usize {
        1
    }

    /// What the gradient of input `i` is without a launch of its own: [`Dy(0)`](crate::Operand::Dy), that of output 0, or
    /// [`Dx(j)`](crate::Operand::Dx), that of an earlier input. None where backward computes it.
    fn gradient_is(&self, _input: usize) -> Option<Operand> {
        None
    }

    /// For a loss: the output that is the gradient of input 0 when the sum of output 0 is the loss.
    fn loss_gradient(&self) -> Option<usize> {
        None
    }

    /// The fewest images of a batch on which it can be trained; 2 for a batch norm of features without pixels, which needs two
    /// values a channel.
    fn least_images(&self, _inputs: &[Shape]) -> usize {
        1
    }

    /// What stands in its place where the model is not being trained.
    fn in_inference(&self) -> InInference {
        InInference::Same
    }

    /// Dispatches that compute the outputs.
    fn forward(&self, inputs: &[Shape], mode: Mode, target: &Target) -> Lowered;

    /// Dispatches that compute the gradients of the `wanted` inputs from the gradient of output 0.
    fn backward(&self, _inputs: &[Shape], _wanted: &[bool], _target: &Target) -> Lowered {
        Lowered::default()
    }

    /// The definition: outputs in f64.
    fn twin(&self, inputs: &[Array], step: &Step) -> Vec<Array>;

    /// The definition of backward: the gradient of each differentiable input from that of output 0, in f64; `step` is
    /// the one that `twin` ran in, so that what was drawn there is drawn again.
    fn twin_backward(&self, _inputs: &[Array], _outputs: &[Array], _dy: &Array, _step: &Step) -> Vec<Option<Array>> {
        Vec::new()
    }

    /// The largest error of an element relative to the larger of its own size and the tensor's root mean square, before
    /// it is rounded to what the device stores.
    fn tolerance(&self) -> f64 {
        2e-6
    }

    /// Multiply-adds of forward.
    fn multiply_adds(&self, _inputs: &[Shape]) -> u64 {
        0
    }
}

/// An op behind a pointer is recognised by its type, as [`Any`] is.
impl dyn Op {
    /// Whether it is a `T`.
    pub fn is<T: Op>(&self) -> bool {
        (self as &dyn Any).is::<T>()
    }

    /// It as a `T`, if it is one.
    pub fn downcast_ref<T: Op>(&self) -> Option<&T> {
        (self as &dyn Any).downcast_ref()
    }

    /// It as a `T` whose attributes can be changed, if it is one.
    pub fn downcast_mut<T: Op>(&mut self) -> Option<&mut T> {
        (self as &mut dyn Any).downcast_mut()
    }
}
