//! The sum of squares of a tensor in one fixed order: part of every op that needs a norm.

use crate::dispatch::{Dispatch, Elementwise, Operand, WORKGROUP, read, update, write};
use crate::dtype::Precision;

const PARTIAL: Elementwise =
    Elementwise { name: "square_sum/partial", source: include_str!("partial.wgsl"), per_step: false, includes: &[] };
const TOTAL: Elementwise =
    Elementwise { name: "square_sum/total", source: include_str!("total.wgsl"), per_step: false, includes: &[] };

/// Threads that add up a tensor, at the most.
const THREADS: usize = 4096;
/// Elements of a thread, where there are few.
const RUN: usize = 16;

/// Words of the partial sums of a tensor of so many elements.
pub fn parts(count: usize) -> usize {
    count.div_ceil(RUN).clamp(1, THREADS)
}

/// The launches that put the sum of the squares of `x` (f32) into word `slot` of `totals`; `partial` holds [`parts`] words.
pub fn square_sum(count: usize, x: Operand, partial: Operand, totals: Operand, slot: usize) -> [Dispatch; 2] {
    let (parts, workgroup) = (parts(count), WORKGROUP as usize);
    let first = PARTIAL.launch(
        Precision::F32,
        parts,
        count.div_ceil(parts),
        &[("LENGTH", count.into())],
        &[read(x), write(partial)],
    );
    let constants = [("PARTS", parts.into()), ("SLOT", slot.into())];
    let iterations = parts.div_ceil(workgroup) + workgroup;
    let second = TOTAL.launch(Precision::F32, workgroup, iterations, &constants, &[read(partial), update(totals)]);
    [first, second]
}
