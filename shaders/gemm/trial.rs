//! A small product on cooperative matrices, to be run before any kernel rests on them: see `trial.wgsl.j2`.

use minijinja::context;

use super::template;
use crate::dispatch::{Dispatch, Kernel, Operand, read, write};
use crate::random;

/// Rows, columns and depth in matrices: as many sums in registers at once as in most tiles of products.
const ROWS: usize = 4;
const COLUMNS: usize = 2;
const DEPTH: usize = 2;

/// The product in one workgroup. What its operands and its result hold is exact in f16 and in f32.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trial {
    /// Rows, columns and depth of a matrix: 8 or 16.
    pub side: u32,
    /// Threads of the workgroup.
    pub threads: u32,
    /// Threads of a subgroup at the least.
    pub least: u32,
    /// Numbers in an element of the arrays that matrices are loaded from: see [`Matrix`](super::Matrix).
    pub unit: u32,
}

impl Trial {
    /// The most threads that a workgroup may have.
    pub const MOST_THREADS: u32 = 256;

    /// The launch. Binds [`left`](Trial::left) and [`right`](Trial::right) in f16 as `X(0)` and `X(1)`,
    /// [`threads`](Trial::threads) sizes of subgroups as `sizes` and the [`room`](Trial::room) for products as `products`.
    pub fn dispatch(&self, sizes: Operand, products: Operand) -> Dispatch {
        let Trial { side, threads, least, unit } = *self;
        let own = context! { side, threads, least, unit, rows => ROWS, columns => COLUMNS, depth => DEPTH };
        let kernel = Kernel {
            name: format!("gemm/trial {side}x{side}").into(),
            source: template::text("trial.wgsl.j2", own).into(),
            constants: vec![],
            per_step: false,
            workgroup: threads,
        };
        let quads = (ROWS.max(COLUMNS) * DEPTH * (side * side) as usize / 4).div_ceil(threads as usize);
        let elements = ROWS * COLUMNS * (side * side).div_ceil(least) as usize;
        Dispatch {
            kernel: kernel.into(),
            bindings: vec![read(Operand::X(0)), read(Operand::X(1)), write(sizes), write(products)],
            groups: [1, 1],
            iterations: (2 * quads + elements) as u64,
            multiply_adds: 0,
            tuning: None,
        }
    }

    /// The left matrix, row after row.
    pub fn left(&self) -> Vec<f32> {
        numbers(ROWS * DEPTH * (self.side * self.side) as usize, 0)
    }

    /// The right matrix, row after row.
    pub fn right(&self) -> Vec<f32> {
        numbers(DEPTH * COLUMNS * (self.side * self.side) as usize, 1)
    }

    /// Words in which the products of all subgroups have room.
    pub fn room(&self) -> usize {
        (self.threads / self.least) as usize * ROWS * COLUMNS * (self.side * self.side) as usize
    }

    /// The product that each subgroup writes: matrix after matrix, each row after row.
    pub fn product(&self) -> Vec<f32> {
        let side = self.side as usize;
        let (left, right) = (self.left(), self.right());
        let (depth, columns) = (DEPTH * side, COLUMNS * side);
        let sum =
            |m: usize, n: usize| -> f32 { (0..depth).map(|k| left[m * depth + k] * right[k * columns + n]).sum() };
        let mut product = Vec::with_capacity(ROWS * side * columns);
        for matrix in 0..ROWS * COLUMNS {
            let (first_m, first_n) = (matrix / COLUMNS * side, matrix % COLUMNS * side);
            product.extend((0..side * side).map(|i| sum(first_m + i / side, first_n + i % side)));
        }
        product
    }
}

/// Odd multiples of a half between -16 and 16, none of them 0, without a pattern that a swapped row or column would keep.
fn numbers(count: usize, stream: u32) -> Vec<f32> {
    (0..count as u32).map(|i| (random::noise([0, 0], stream, i) >> 27) as f32 - 15.5).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trial_is_exact_and_no_two_of_its_matrices_are_alike() {
        for side in [8, 16] {
            let trial = Trial { side, threads: 128, least: 32, unit: 4 };
            let product = trial.product();
            assert_eq!(product.len() * 4, trial.room());
            let exact = |x: &f32| x.abs() < 4096.0 * 4.0 && (x * 4.0).fract() == 0.0;
            assert!(product.iter().all(exact), "sums are multiples of a quarter that f32 holds in any order");
            assert!(
                trial.left().iter().chain(&trial.right()).all(|&x| x != 0.0 && half::f16::from_f32(x).to_f32() == x)
            );
            let matrices: Vec<&[f32]> = product.chunks((side * side) as usize).collect();
            for (i, matrix) in matrices.iter().enumerate() {
                assert!(!matrices[..i].contains(matrix), "matrix {i} stands for another");
            }
        }
    }
}
