//! Plain products of f32 matrices, row after row, as the same kernels compute them.

use super::{Conv, Direction, Operands, Product, launch};
use crate::Dispatch;
use crate::dispatch::Operand;
use crate::dtype::Precision;
use crate::target::Target;

/// Which operand of a product is read transposed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transposed {
    /// `a [m, k] · b [k, n]`
    Neither,
    /// `a [k, m]ᵀ · b [k, n]`
    A,
    /// `a [m, k] · b [n, k]ᵀ`
    B,
}

/// `c [m, n] = a · b`.
pub(crate) fn multiply(
    transposed: Transposed,
    [m, n, k]: [usize; 3],
    target: &Target,
    [a, b, c]: [Operand; 3],
) -> Dispatch {
    let (direction, conv) = match transposed {
        Transposed::Neither => (Direction::Forward, Conv::linear(m, k, n)),
        Transposed::A => (Direction::GradWeight, Conv::linear(k, m, n)),
        Transposed::B => (Direction::GradInput, Conv::linear(m, n, k)),
    };
    let product = Product::new(direction, &conv, Precision::F32);
    launch(&product, target, Operands { a, b, c, extra: None }, 1)
}
