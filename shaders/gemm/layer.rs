//! A convolution or linear layer as dispatches: what `conv2d` and `linear` share.

use super::{Conv, Direction, Operands, Product, launch, slabs};
use crate::dispatch::{Elementwise, Operand, read, write};
use crate::op::Target;
use crate::{Dispatch, Lowered, relu};

const SUM_SLABS: Elementwise =
    Elementwise { name: "gemm/sum_slabs", source: include_str!("sum_slabs.wgsl"), per_step: false, includes: &[] };

/// `Y(0) = X(0) * X(1) + X(2)`, the bias and a ReLU if wanted.
pub fn forward(conv: &Conv, bias: bool, relu: bool, target: &Target) -> Lowered {
    let product = Product::new(Direction::Forward, conv, bias, relu);
    let operands =
        Operands { a: Operand::X(0), b: Operand::X(1), c: Operand::Y(0), bias: bias.then_some(Operand::X(2)) };
    launch(&product, target.family, operands, 1).into()
}

/// The gradients of the wanted inputs: `X(0)` the images, `X(1)` the filters, `X(2)` the bias.
pub fn backward(conv: &Conv, bias: bool, relu: bool, wanted: &[bool], target: &Target) -> Lowered {
    let mut lowered = Lowered::default();
    let mut dy = Operand::Dy(0);
    if relu {
        let words = conv.n * conv.placed.output[0] * conv.placed.output[1] * conv.c_out;
        let masked = scratch(&mut lowered, words);
        lowered.dispatches.push(relu::mask(words, Operand::Y(0), dy, masked));
        dy = masked;
    }
    if wanted[0] {
        let product = Product::new(Direction::GradInput, conv, false, false);
        let operands = Operands { a: dy, b: Operand::X(1), c: Operand::Dx(0), bias: None };
        lowered.dispatches.push(launch(&product, target.family, operands, 1));
    }
    if wanted[1] || (bias && wanted[2]) {
        grad_weight(conv, bias, dy, target, &mut lowered);
    }
    lowered
}

fn grad_weight(conv: &Conv, bias: bool, dy: Operand, target: &Target, lowered: &mut Lowered) {
    let product = Product::new(Direction::GradWeight, conv, bias, false);
    let slabs = slabs(&product, target.family);
    let [weight_words, bias_words] = product.result_words();
    if slabs == 1 {
        let operands = Operands { a: Operand::X(0), b: dy, c: Operand::Dx(1), bias: bias.then_some(Operand::Dx(2)) };
        lowered.dispatches.push(launch(&product, target.family, operands, 1));
        return;
    }
    let c = scratch(lowered, slabs * weight_words);
    let sum = bias.then(|| scratch(lowered, slabs * bias_words));
    let operands = Operands { a: Operand::X(0), b: dy, c, bias: sum };
    lowered.dispatches.push(launch(&product, target.family, operands, slabs));
    lowered.dispatches.push(sum_slabs(weight_words, slabs, c, Operand::Dx(1)));
    if let Some(sum) = sum {
        lowered.dispatches.push(sum_slabs(bias_words, slabs, sum, Operand::Dx(2)));
    }
}

fn scratch(lowered: &mut Lowered, words: usize) -> Operand {
    lowered.scratch.push(words);
    Operand::Scratch(lowered.scratch.len() - 1)
}

fn sum_slabs(words: usize, slabs: usize, from: Operand, to: Operand) -> Dispatch {
    SUM_SLABS.launch(words, slabs, &[], &[read(from), write(to)])
}
