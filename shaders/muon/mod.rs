//! Muon (Jordan et al. 2024, kellerjordan.github.io/posts/muon) on one matrix, as `torch.optim.Muon` defines it, in f32.
//!
//! Inputs as [`Scope::One`] says; state: the momentum. A tensor is the matrix whose columns are its last axis: filters
//! `[kh, kw, c_in, c_out]` are `[kh · kw · c_in, c_out]`, the transpose of PyTorch's `[c_out, c_in · kh · kw]` but for the
//! order of what is summed, and Muon does not depend on either. The momentum is made orthogonal by five steps of Newton and
//! Schulz, `x ← x (3.4445 I - 4.7750 xᵀx + 2.0315 (xᵀx)²)`, on the shorter side.

mod twin;

use crate::dispatch::{Dispatch, Elementwise, Operand, read, update, write};
use crate::dtype::Precision;
use crate::gemm::{Transposed, multiply};
use crate::optimizer::{CASE_FACTORS, Contract, Input, Optimizer, Scope, View, one_case, overflowed};
use crate::parameters::Factors;
use crate::square_sum::{parts, square_sum};
use crate::target::Target;
use crate::{Array, Case, Entry, Lowered, Shape, Step};

/// This op in `OPS`.
pub const ENTRY: Entry = Entry { name: "muon", summary: "Muon on one matrix", cases };

const MOMENTUM: Elementwise =
    Elementwise { name: "muon/momentum", source: include_str!("momentum.wgsl"), per_step: true, includes: &[] };
const NORMALISE: Elementwise =
    Elementwise { name: "muon/normalise", source: include_str!("normalise.wgsl"), per_step: false, includes: &[] };
const COMBINE: Elementwise =
    Elementwise { name: "muon/combine", source: include_str!("combine.wgsl"), per_step: false, includes: &[] };
const APPLY: Elementwise =
    Elementwise { name: "muon/apply", source: include_str!("apply.wgsl"), per_step: true, includes: &[] };

/// Steps of Newton and Schulz.
const ITERATIONS: usize = 5;
const STATES: usize = 1;

/// Muon on one matrix, as `torch.optim.Muon` (Jordan et al. 2024).
#[derive(Clone, Debug)]
pub struct Muon {
    /// Decay of the momentum, `m = momentum · m + (1 - momentum) · g`.
    pub momentum: f32,
    /// Nesterov's form of momentum.
    pub nesterov: bool,
    /// The share that is taken off the matrix, times the learning rate.
    pub weight_decay: f32,
    /// The matrix's own factors.
    pub factors: Factors,
    /// In f16 gradients are scaled and products read a copy of the matrix.
    pub precision: Precision,
}

impl Default for Muon {
    fn default() -> Self {
        let (factors, precision) = (Factors::ONE, Precision::F32);
        Muon { momentum: 0.95, nesterov: true, weight_decay: 0.0, factors, precision }
    }
}

/// Rows and columns of a tensor as a matrix: its last axis are the columns.
fn matrix(shape: &Shape) -> [usize; 2] {
    let columns = *shape.sizes().last().expect("a tensor has an axis");
    [shape.count() / columns, columns]
}

/// What the learning rate of a matrix is multiplied by: `sqrt(max(1, c_out / c_in))`, PyTorch's "original".
fn scale([rows, columns]: [usize; 2]) -> f64 {
    (columns as f64 / rows as f64).max(1.0).sqrt()
}

/// Working memory, in this order: the momentum made orthogonal, twice; the products on the shorter side; sums.
const SCRATCH: [Operand; 7] = [
    Operand::Scratch(0),
    Operand::Scratch(1),
    Operand::Scratch(2),
    Operand::Scratch(3),
    Operand::Scratch(4),
    Operand::Scratch(5),
    Operand::Scratch(6),
];

/// One step of Newton and Schulz from `x` to `next`.
fn newton_schulz([rows, columns]: [usize; 2], target: &Target, x: Operand, next: Operand) -> [Dispatch; 4] {
    let [_, _, gram, square, q, ..] = SCRATCH;
    let side = rows.min(columns);
    let wide = rows < columns;
    let (transposed, depth) = if wide { (Transposed::B, columns) } else { (Transposed::A, rows) };
    let combined = [read(gram), read(square), write(q)];
    let (left, right) = if wide { (q, x) } else { (x, q) };
    [
        multiply(transposed, [side, side, depth], target, [x, x, gram]),
        multiply(Transposed::Neither, [side; 3], target, [gram, gram, square]),
        COMBINE.launch(Precision::F32, side * side, 0, &[("SIDE", side.into())], &combined),
        multiply(Transposed::Neither, [rows, columns, side], target, [left, right, next]),
    ]
}

impl Optimizer for Muon {
    fn entry(&self) -> &'static Entry {
        &ENTRY
    }

    fn contract(&self) -> Contract {
        Contract { scope: Scope::One, precision: self.precision, states: STATES }
    }

    fn launches(&self, inputs: &[Shape], target: &Target) -> Lowered {
        let contract = self.contract();
        let parameter = &inputs[contract.number(Input::Parameter)];
        let (count, sides) = (parameter.count(), matrix(parameter));
        let [mut x, mut next, _, _, _, partial, totals] = SCRATCH;
        let constants = [("MOMENTUM", self.momentum.into()), ("NESTEROV", self.nesterov.into())];
        let [g, m] = [Input::Gradient, Input::State(0)].map(|input| contract.operand(input));
        let bindings = [read(g), update(m), write(x)];
        let mut dispatches = vec![contract.launch_gradient(&MOMENTUM, count, &constants, &bindings)];
        dispatches.extend(square_sum(count, x, partial, totals, 0));
        dispatches.push(NORMALISE.launch(Precision::F32, count, 0, &[], &[update(x), read(totals)]));
        for _ in 0..ITERATIONS {
            dispatches.extend(newton_schulz(sides, target, x, next));
            std::mem::swap(&mut x, &mut next);
        }
        let Factors { rate, decay } = self.factors;
        let constants =
            [("SCALE", (rate * scale(sides) as f32).into()), ("DECAY", (rate * decay * self.weight_decay).into())];
        dispatches.push(contract.launch_apply(&APPLY, count, &constants, [x, totals]));
        let square = sides[0].min(sides[1]).pow(2);
        Lowered {
            dispatches,
            scratch: vec![count, count, square, square, square, parts(count), 1],
            ..Lowered::default()
        }
    }

    fn updated(&self, view: &View, step: &Step) -> Vec<Array> {
        twin::update(self, view, step)
    }

    fn largest_error(&self) -> f64 {
        1e-5
    }
}

fn cases() -> Vec<Case> {
    let step = Step { learning_rate: 0.5, ..Step::default() };
    let plain = Muon::default();
    let decay = Muon { weight_decay: 0.1, momentum: 0.8, factors: CASE_FACTORS, ..Muon::default() };
    let simple = Muon { nesterov: false, ..decay.clone() };
    let half = Muon { precision: Precision::F16, ..decay.clone() };
    vec![
        one_case(plain.clone(), &[3, 3, 5, 7], step, "filters, more to sum than columns", []),
        one_case(decay, &[2, 3, 3, 37], step, "more columns than rows, decay and factors", []),
        one_case(simple, &[9, 16], step, "without Nesterov's form", []),
        one_case(plain.clone(), &[3, 1, 1], step, "a single column", []),
        one_case(plain, &[5, 5, 9, 33], step, "several tiles, several elements a thread in the norm", []),
        one_case(half.clone(), &[3, 2, 5, 11], step, "f16: a scaled gradient, a copy of the matrix", []),
        one_case(half, &[3, 2, 5, 11], step, "f16: a step that overflowed changes nothing", [overflowed()]),
    ]
}
