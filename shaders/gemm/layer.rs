//! A convolution or linear layer as dispatches: what `conv2d` and `linear` share.

use super::winograd::Winograd;
use super::{Conv, Direction, Operands, Product, launch, slabs, split};
use crate::Lowered;
use crate::dispatch::Operand;
use crate::rectifier::Rectifier;
use crate::target::Target;

/// Number of the input of a layer: images, or rows of features.
pub(crate) const INPUT: usize = 0;
/// Number of its weights.
pub(crate) const WEIGHT: usize = 1;
/// Number of its bias, if it has one.
pub(crate) const BIAS: usize = 2;

/// What a layer does beside its products.
#[derive(Clone, Copy, Debug, Default)]
pub struct Layer {
    /// A bias is added: input 2.
    pub bias: bool,
    /// The ReLU that ends it.
    pub relu: Relu,
    /// The gradient of its input is 0 where the input is not positive.
    pub masked: bool,
}

/// The ReLU at a layer's end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Relu {
    /// No ReLU: the layer ends with its bias.
    #[default]
    None,
    /// In both directions.
    Whole,
    /// Forward only: dy comes masked from whoever reads the output.
    Forward,
    /// A ReLU6, in both directions.
    Six,
}

impl Relu {
    /// What ends the product of forward.
    pub fn forward(self) -> Rectifier {
        match self {
            Relu::None => Rectifier::None,
            Relu::Whole | Relu::Forward => Rectifier::Relu,
            Relu::Six => Rectifier::Relu6,
        }
    }

    /// What backward begins with: none where dy comes masked.
    pub fn backward(self) -> Rectifier {
        if self == Relu::Forward { Rectifier::None } else { self.forward() }
    }

    /// What plans say of it.
    pub(crate) fn name(self) -> &'static str {
        self.forward().name()
    }
}

/// `Y(0) = X(0) * X(1) + X(2)`, the bias and a ReLU if wanted.
pub fn forward(conv: &Conv, layer: Layer, target: &Target) -> Lowered {
    if let Some(winograd) = Winograd::of(conv, target) {
        return winograd.forward(layer);
    }
    let rectifier = layer.relu.forward();
    let product = Product { bias: layer.bias, rectifier, ..Product::new(Direction::Forward, conv, target.precision) };
    let extra = layer.bias.then_some(Operand::X(BIAS));
    let operands = Operands { a: Operand::X(INPUT), b: Operand::X(WEIGHT), c: Operand::Y(0), extra };
    let mut lowered = Lowered::default();
    split::compute(&product, target, operands, &mut lowered);
    lowered
}

/// The gradients of the wanted inputs: `X(0)` the images, `X(1)` the filters, `X(2)` the bias.
pub fn backward(conv: &Conv, layer: Layer, wanted: &[bool], target: &Target) -> Lowered {
    let mut lowered = Lowered::default();
    let count = conv.n * conv.placed.output[0] * conv.placed.output[1] * conv.c_out;
    let dy = masked_dy(count, layer.relu, target, &mut lowered);
    if let Some(winograd) = Winograd::of(conv, target) {
        winograd.backward(layer, wanted, dy, &mut lowered);
        return lowered;
    }
    if wanted[0] {
        let product = Product { masked: layer.masked, ..Product::new(Direction::GradInput, conv, target.precision) };
        let extra = layer.masked.then_some(Operand::X(INPUT));
        let operands = Operands { a: dy, b: Operand::X(WEIGHT), c: Operand::Dx(INPUT), extra };
        split::compute(&product, target, operands, &mut lowered);
    }
    if wanted[1] || (layer.bias && wanted[2]) {
        let product = Product { bias: layer.bias, ..Product::new(Direction::GradWeight, conv, target.precision) };
        lowered.gradient_slabs = slabs(&product, target);
        let extra = layer.bias.then_some(Operand::Dx(BIAS));
        let operands = Operands { a: Operand::X(INPUT), b: dy, c: Operand::Dx(WEIGHT), extra };
        lowered.dispatches.push(launch(&product, target, operands, lowered.gradient_slabs));
    }
    lowered
}

/// The gradient before the ReLU at a layer's end, of `count` elements: the output's own, or a copy that `lowered` masks
/// first where the layer does its ReLU's backward itself.
pub(crate) fn masked_dy(count: usize, relu: Relu, target: &Target, lowered: &mut Lowered) -> Operand {
    let dy = Operand::Dy(0);
    let rectifier = relu.backward();
    if rectifier == Rectifier::None {
        return dy;
    }
    let bytes = crate::Dtype::Real.bytes(count, target.precision);
    let masked = Operand::Scratch(lowered.scratch.len());
    lowered.scratch.push(bytes as usize / 4);
    lowered.dispatches.push(crate::mask::mask(rectifier, target, count, 1, masked));
    masked
}
