//! The backward of a ReLU at the end of any op.

use crate::channels::packed_lanes;
use crate::dispatch::{Binding, Elementwise, Operand, read, write};
use crate::rectifier::Rectifier;
use crate::target::Target;
use crate::{Dispatch, source};

const MASK: Elementwise =
    Elementwise { name: "relu/backward", source: include_str!("common/mask.wgsl"), per_step: false, includes: &[] };

/// `into = dy where the activation passes it, else 0` over `count` elements, where dy comes in so many parts, one or two.
pub(crate) fn mask(rectifier: Rectifier, target: &Target, count: usize, parts: usize, into: Operand) -> Dispatch {
    let (text, dy) = gradient(parts);
    // all in fours: a buffer ends in whole ones
    let (_, lanes) = packed_lanes(4, target);
    let bindings: Vec<Binding> = [read(Operand::Y(0)), write(into)].into_iter().chain(dy).collect();
    let kernel = Elementwise { includes: &[lanes, rectifier.text(), text], ..MASK };
    kernel.launch(target.precision, count.div_ceil(4), 0, &[], &bindings)
}

/// How a kernel reads the gradient of output 0 that comes in so many parts, one or two: a shared text, and what is bound from
/// its `DY` on.
pub(crate) fn gradient(parts: usize) -> (&'static str, impl Iterator<Item = Binding>) {
    let text = if parts == 1 { source::GRADIENT1 } else { source::GRADIENT2 };
    (text, (0..parts).map(|part| read(Operand::Dy(part))))
}
