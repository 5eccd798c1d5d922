//! A transposed convolution as dispatches: the products of the convolution that goes the other way, with their roles
//! exchanged (Dumoulin and Visin 2016, chapter 4).
//!
//! `conv` takes images as large as the layer's output to images as large as its input. The layer's forward is that
//! convolution's input gradient, its input gradient is that convolution, and its weight gradient is the same product with
//! dy where x was.

use super::layer::{BIAS, INPUT, WEIGHT};
use super::{Conv, Direction, Layer, Operands, Product, launch, slabs, split};
use crate::Lowered;
use crate::dispatch::{Dispatch, Operand};
use crate::target::Target;

/// `Y(0)` from the images `X(0)`, the filters `X(1)` and the bias `X(2)`.
pub(crate) fn transposed_forward(conv: &Conv, layer: Layer, target: &Target) -> Lowered {
    let rectifier = layer.relu.forward();
    let product = Product { bias: layer.bias, rectifier, ..Product::new(Direction::GradInput, conv, target.precision) };
    let extra = layer.bias.then_some(Operand::X(BIAS));
    let operands = Operands { a: Operand::X(INPUT), b: Operand::X(WEIGHT), c: Operand::Y(0), extra };
    let mut lowered = Lowered::default();
    split::compute(&product, target, operands, &mut lowered);
    lowered
}

/// Adds the gradient `Dx(0)` of the images, masked where they are not positive if `masked`.
pub(crate) fn transposed_grad_input(conv: &Conv, masked: bool, dy: Operand, target: &Target, lowered: &mut Lowered) {
    let product = Product { masked, ..Product::new(Direction::Forward, conv, target.precision) };
    let extra = masked.then_some(Operand::X(INPUT));
    let operands = Operands { a: dy, b: Operand::X(WEIGHT), c: Operand::Dx(INPUT), extra };
    split::compute(&product, target, operands, lowered);
}

/// The gradient `Dx(1)` of the filters, and its slabs.
pub(crate) fn transposed_grad_weight(conv: &Conv, dy: Operand, target: &Target) -> (usize, Dispatch) {
    let product = Product::new(Direction::GradWeight, conv, target.precision);
    let slabs = slabs(&product, target);
    let operands = Operands { a: dy, b: Operand::X(INPUT), c: Operand::Dx(WEIGHT), extra: None };
    (slabs, launch(&product, target, operands, slabs))
}
