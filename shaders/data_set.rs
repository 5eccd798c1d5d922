//! The images of a data set as ops read them, by their number: in one buffer, or, where one binding does not hold them, in
//! four.

use crate::dispatch::{Binding, Constant, Operand, read};
use crate::{Array, Shape};

/// Buffers that a data set is cut into where one does not hold it. All but the last one hold as many images.
pub const PARTS: usize = 4;

/// The image number of a row that holds none.
pub const NOBODY: u32 = u32::MAX;

/// Shared text that reads values by their number in the whole data set, and its constants. The kernel binds part 0 at 0 and
/// says in `MORE_DATA` where the other parts begin.
pub fn text(first: &Shape, more: &[Shape]) -> (&'static str, Vec<(&'static str, Constant)>) {
    match more {
        [] => (include_str!("common/data1.wgsl"), vec![]),
        _ => (include_str!("common/data4.wgsl"), vec![("PART", first.count().into())]),
    }
}

/// Bindings of the other parts, which are an op's inputs from number `first` on.
pub fn more(first: usize, more: &[Shape]) -> impl Iterator<Item = Binding> {
    (first..first + more.len()).map(|i| read(Operand::X(i)))
}

/// The values of all parts, one after another.
pub fn whole(first: &Array, more: &[Array]) -> Array {
    let data: Vec<f64> = std::iter::once(first).chain(more).flat_map(|part| part.data.iter().copied()).collect();
    let mut sizes = first.shape.sizes().to_vec();
    sizes[0] = data.len() / (first.shape.count() / sizes[0]);
    Array::new(Shape::new(&sizes), data)
}
