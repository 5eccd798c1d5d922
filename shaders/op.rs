//! What an op is: a shape rule, dispatches in both directions, and a definition in f64.

use std::fmt;

use crate::{Array, Dispatch, Shape, ShapeError, Step, Window};

pub use crate::dtype::{Dtype, Precision, TENSOR_ALIGN};
pub use crate::target::Target;

/// Whether a lowering must leave behind what backward needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Backward follows.
    #[default]
    Train,
    /// Outputs only.
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

    /// Whether the gradient of input `i` is the gradient of output 0 itself, so that nothing need run.
    fn passes_gradient(&self, _input: usize) -> bool {
        false
    }

    /// For a loss: the output that is the gradient of input 0 when the sum of output 0 is the loss.
    fn loss_gradient(&self) -> Option<usize> {
        None
    }

    /// What stands in its place where the model is not being trained.
    fn in_inference(&self) -> InInference {
        InInference::Same
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

    /// The same op, whose gradient of input 0 is 0 where input 0 is not positive: it does the backward of the ReLU that
    /// made its input, in the kernel that it runs anyway.
    fn with_masked_gradient(&self) -> Option<Box<dyn Op>> {
        None
    }

    /// The same op without the backward of the ReLU at its end, which whoever reads its output does
    /// ([`with_masked_gradient`](Op::with_masked_gradient)).
    fn without_relu_backward(&self) -> Option<Box<dyn Op>> {
        None
    }

    /// The same op followed by a max pooling, and with `relu` by a ReLU before or after it, in one kernel each way.
    fn with_max_pool(&self, _window: &Window, _relu: bool) -> Option<Box<dyn Op>> {
        None
    }

    /// For a max pooling: its window, and whether it ends in a ReLU.
    fn as_max_pool(&self) -> Option<(Window, bool)> {
        None
    }

    /// For an affine map of each channel by parameters: the op that makes weight and bias of the product before it do both,
    /// from the product's weight, its bias if it has one, and this op's parameters.
    fn fold_into_product(&self, _bias: bool) -> Option<Box<dyn Op>> {
        None
    }

    /// Whether it is a product of input 0 and a weight `[.., c]`, plus a bias `[c]`: something that can be folded into.
    fn is_plain_product(&self) -> bool {
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
