//! The backward of a ReLU at the end of any op.

use crate::Dispatch;
use crate::dispatch::{Elementwise, Operand, read, write};
use crate::dtype::Precision;

const MASK: Elementwise =
    Elementwise { name: "relu/backward", source: include_str!("common/mask.wgsl"), per_step: false, includes: &[] };

/// `into = dy where y > 0, else 0` over `count` elements.
pub(crate) fn mask(precision: Precision, count: usize, y: Operand, dy: Operand, into: Operand) -> Dispatch {
    MASK.launch(precision, count.div_ceil(4), 0, &[], &[read(y), read(dy), write(into)])
}
