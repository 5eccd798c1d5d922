//! What optimisers share that update one tensor with launches of their own, since an element's update depends on the whole
//! tensor: LAMB, Muon.
//!
//! Inputs, in this order: the tensor's whole gradient, the tensor; in f16 the loss scale `[4]` and the tensor's f16 copy;
//! then its states. Tensor, copy and states are updated in place.

use crate::case::{Fill, Input};
use crate::dispatch::{Binding, Constant, Dispatch, Elementwise, Operand, read, update};
use crate::dtype::{Dtype, Precision};
use crate::parameters::Factors;
use crate::{Array, Case, Op, Shape, Step, source};

/// Number of the input that is the first state.
pub fn first_state(precision: Precision) -> usize {
    match precision {
        Precision::F32 => 2,
        Precision::F16 => 4,
    }
}

/// Shapes of the outputs: the tensor, its states, in f16 its copy.
pub fn outputs(inputs: &[Shape], states: usize, precision: Precision) -> Vec<Shape> {
    vec![inputs[1].clone(); 1 + states + usize::from(precision == Precision::F16)]
}

/// How an input is stored.
pub fn input_dtype(input: usize, precision: Precision) -> Dtype {
    if (input, precision) == (3, Precision::F16) { Dtype::Real } else { Dtype::F32 }
}

/// How an output is stored.
pub fn output_dtype(output: usize, states: usize) -> Dtype {
    if output > states { Dtype::Real } else { Dtype::F32 }
}

/// The input whose memory output `i` is.
pub fn alias(output: usize, precision: Precision, states: usize) -> usize {
    match output {
        0 => 1,
        i if i <= states => first_state(precision) + i - 1,
        _ => 3,
    }
}

/// A launch that reads the gradient: after `bindings` it binds the loss scale, where there is one.
pub fn gradient_launch(
    kernel: &Elementwise,
    precision: Precision,
    count: usize,
    constants: &[(&'static str, Constant)],
    bindings: &[Binding],
) -> Dispatch {
    let includes = [source::gradients(precision)];
    let scale = (precision == Precision::F16).then(|| read(Operand::X(2)));
    let bindings: Vec<Binding> = bindings.iter().copied().chain(scale).collect();
    Elementwise { includes: &includes, ..*kernel }.launch(precision, count, 0, constants, &bindings)
}

/// A launch that moves the tensor: `reads` are its bindings 0 and 1, the tensor is binding 2, as in `common/parameters.wgsl`.
pub fn apply_launch(
    kernel: &Elementwise,
    precision: Precision,
    count: usize,
    constants: &[(&'static str, Constant)],
    reads: [Operand; 2],
) -> Dispatch {
    let includes = [source::copies(precision), source::gradients(precision)];
    let mut bindings = vec![read(reads[0]), read(reads[1]), update(Operand::X(1))];
    if precision == Precision::F16 {
        bindings.extend([read(Operand::X(2)), update(Operand::X(3))]);
    }
    Elementwise { includes: &includes, ..*kernel }.launch(precision, count, 0, constants, &bindings)
}

/// What a twin updates: a view of such an optimiser's inputs.
pub struct View<'a> {
    inputs: &'a [Array],
    precision: Precision,
}

impl<'a> View<'a> {
    /// Of these inputs.
    pub fn new(inputs: &'a [Array], precision: Precision) -> Self {
        View { inputs, precision }
    }

    /// The true gradient; none in a step that overflowed.
    pub fn gradient(&self) -> Option<Array> {
        match self.precision {
            Precision::F32 => Some(self.inputs[0].clone()),
            Precision::F16 => {
                let scale = &self.inputs[2].data;
                (scale[3] == 0.0).then(|| self.inputs[0].map(|g| g * scale[1]))
            }
        }
    }

    /// The tensor.
    pub fn tensor(&self) -> &'a Array {
        &self.inputs[1]
    }

    /// State number `i`.
    pub fn state(&self, i: usize) -> &'a Array {
        &self.inputs[first_state(self.precision) + i]
    }

    /// The outputs: the new tensor, new states, and in f16 its copy.
    pub fn outputs(&self, tensor: Array, states: Vec<Array>) -> Vec<Array> {
        let copy = (self.precision == Precision::F16).then(|| tensor.clone());
        std::iter::once(tensor).chain(states).chain(copy).collect()
    }

    /// The outputs of a step that overflowed: everything as it was.
    pub fn unchanged(&self, states: usize) -> Vec<Array> {
        let states = (0..states).map(|i| self.state(i).clone());
        let copy = (self.precision == Precision::F16).then(|| self.inputs[3].clone());
        std::iter::once(self.tensor().clone()).chain(states).chain(copy).collect()
    }
}

/// Factors that no case can mistake for 1.
pub const CASE_FACTORS: Factors = Factors { rate: 1.5, decay: 0.5 };

/// A case of such an optimiser on a tensor of this shape.
pub fn case(op: impl Op + 'static, shape: &[usize], states: usize, step: Step, reason: &'static str) -> Case {
    Case::new(op, &vec![shape; 2 + states], reason).step(step)
}

/// The same in f16, with a loss scale.
pub fn scaled_case(
    op: impl Op + 'static,
    shape: &[usize],
    states: usize,
    step: Step,
    overflow: bool,
    reason: &'static str,
) -> Case {
    let mut case = case(op, shape, states, step, reason);
    case.only = Some(Precision::F16);
    let scale = Fill::Exactly(vec![8.0, 0.125, 3.0, f64::from(u8::from(overflow))]);
    case.inputs.insert(2, Input { shape: Shape::new(&[4]), fill: scale });
    case.inputs.insert(3, Input { shape: Shape::new(shape), fill: Fill::Normal(1.0) });
    case
}
