//! Optimisers as ops.

use super::contract::{Contract, Input};
use super::view::View;
use crate::dtype::Dtype;
use crate::target::Target;
use crate::{Array, Entry, Lowered, Mode, Op, Shape, ShapeError, Step};

/// An op that updates parameters in place. Whatever implements it is an [`Op`] with the inputs of its contract.
pub trait Optimizer: Op {
    /// The op in `OPS`.
    fn entry(&self) -> &'static Entry;

    /// Its inputs and outputs.
    fn contract(&self) -> Contract;

    /// Shapes of the states that it keeps of a parameter; most are as large as the parameter. Those of
    /// [`Scope::All`](super::Scope::All) always are, since states and parameters are laid out alike there.
    fn state_shapes(&self, parameter: &Shape) -> Vec<Shape> {
        vec![parameter.clone(); self.contract().states]
    }

    /// The launches of an update.
    fn launches(&self, inputs: &[Shape], target: &Target) -> Lowered;

    /// The definition, in f64: parameters and states after a step.
    fn updated(&self, view: &View, step: &Step) -> Vec<Array>;

    /// [`Op::tolerance`].
    fn largest_error(&self) -> f64 {
        2e-6
    }
}

impl<T: Optimizer> Op for T {
    fn name(&self) -> &'static str {
        self.entry().name
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        let contract = self.contract();
        Ok(contract.outputs().into_iter().map(|output| inputs[contract.number(output)].clone()).collect())
    }

    fn input_dtype(&self, input: usize) -> Dtype {
        match self.contract().inputs()[input] {
            Input::Blocks => Dtype::U32,
            Input::Copy => Dtype::Real,
            Input::Gradient | Input::Parameter | Input::LossScale | Input::State(_) => Dtype::F32,
        }
    }

    fn output_dtype(&self, output: usize) -> Dtype {
        let contract = self.contract();
        self.input_dtype(contract.number(contract.outputs()[output]))
    }

    fn alias(&self, output: usize) -> Option<usize> {
        let contract = self.contract();
        Some(contract.number(contract.outputs()[output]))
    }

    fn differentiable(&self, _input: usize) -> bool {
        false
    }

    fn forward(&self, inputs: &[Shape], _mode: Mode, target: &Target) -> Lowered {
        self.launches(inputs, target)
    }

    fn twin(&self, inputs: &[Array], step: &Step) -> Vec<Array> {
        self.updated(&View::new(inputs, self.contract()), step)
    }

    fn tolerance(&self) -> f64 {
        self.largest_error()
    }
}
