//! Adafactor (Shazeer and Stern 2018, "Adafactor: adaptive learning rates with sublinear memory cost") on one tensor, as
//! `torch.optim.Adafactor`: no momentum, relative steps.
//!
//! Inputs as [`Scope::One`] says. A tensor of two axes and more is a row of matrices, its last two axes `[rows, columns]`; the
//! second moment of a matrix is kept as the means of its rows and of its columns, so that the states of filters
//! `[kh, kw, c_in, c_out]` are `[kh, kw, c_in]` and `[kh, kw, c_out]`. A tensor of one axis keeps it whole.
//!
//! A step carries what follows from its number `t`: `bias_correction1` is `t^decay`, how much of a new square joins the second
//! moment, and `bias_correction2` is `1 / sqrt(t)`, the most that the learning rate may be.

use crate::dispatch::{Binding, Constant, Dispatch, Elementwise, Operand, read, update, write};
use crate::dtype::Precision;
use crate::optimizer::{CASE_FACTORS, Contract, Input, Optimizer, Scope, View, one_case, overflowed};
use crate::parameters::Factors;
use crate::square_sum::{parts, square_sum};
use crate::target::Target;
use crate::{Array, Case, Entry, Lowered, Shape, Step, case::Fill};

/// This op in `OPS`.
pub const ENTRY: Entry = Entry { name: "adafactor", summary: "Adafactor on one tensor", cases };

const fn kernel(name: &'static str, source: &'static str, per_step: bool) -> Elementwise<'static> {
    Elementwise { name, source, per_step, includes: &[] }
}

const ROWS: Elementwise = kernel("adafactor/rows", include_str!("rows.wgsl"), true);
const COLUMNS: Elementwise = kernel("adafactor/columns", include_str!("columns.wgsl"), true);
const MEANS: Elementwise = kernel("adafactor/means", include_str!("means.wgsl"), false);
const FACTORED: Elementwise = kernel("adafactor/factored", include_str!("factored.wgsl"), false);
const WHOLE: Elementwise = kernel("adafactor/whole", include_str!("whole.wgsl"), true);
const APPLY: Elementwise = kernel("adafactor/apply", include_str!("apply.wgsl"), true);

/// Adafactor on one tensor, as `torch.optim.Adafactor` (Shazeer and Stern 2018).
#[derive(Clone, Debug)]
pub struct Adafactor {
    /// Whether the second moment is kept as rows and columns: for a tensor of two axes and more.
    pub factored: bool,
    /// Keeps second moments, and the means of rows, away from 0.
    pub epsilon: f32,
    /// The least root mean square that a tensor is taken to have.
    pub floor: f32,
    /// The root mean square above which an update is scaled down.
    pub clip: f32,
    /// Decoupled weight decay.
    pub weight_decay: f32,
    /// The tensor's own factors.
    pub factors: Factors,
    /// In f16 gradients are scaled and products read a copy of the tensor.
    pub precision: Precision,
}

impl Adafactor {
    /// The smallest difference from 1 in f32, PyTorch's epsilon.
    pub const EPSILON: f32 = f32::EPSILON;
}

impl Default for Adafactor {
    fn default() -> Self {
        Adafactor {
            factored: true,
            epsilon: Adafactor::EPSILON,
            floor: 1e-3,
            clip: 1.0,
            weight_decay: 0.0,
            factors: Factors::ONE,
            precision: Precision::F32,
        }
    }
}

/// A tensor as matrices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Matrices {
    count: usize,
    rows: usize,
    columns: usize,
}

impl Matrices {
    fn of(shape: &Shape) -> Self {
        match *shape.sizes() {
            [.., rows, columns] => Matrices { count: shape.count() / (rows * columns).max(1), rows, columns },
            _ => Matrices { count: 1, rows: 1, columns: shape.count() },
        }
    }
}

/// The means of a tensor's rows, `[.., rows]`; none of one axis.
pub fn row_state(parameter: &Shape) -> Option<Shape> {
    let sizes = parameter.sizes();
    (sizes.len() > 1).then(|| Shape::new(&sizes[..sizes.len() - 1]))
}

/// The means of a tensor's columns, `[.., columns]`; none of one axis.
pub fn column_state(parameter: &Shape) -> Option<Shape> {
    let [outer @ .., _, columns] = parameter.sizes() else { return None };
    Some(Shape::new(&[outer, &[*columns]].concat()))
}

/// The whole second moment of a tensor of one axis; none of more.
pub fn whole_state(parameter: &Shape) -> Option<Shape> {
    (parameter.sizes().len() < 2).then(|| parameter.clone())
}

impl Optimizer for Adafactor {
    fn entry(&self) -> &'static Entry {
        &ENTRY
    }

    fn contract(&self) -> Contract {
        Contract { scope: Scope::One, precision: self.precision, states: if self.factored { 2 } else { 1 } }
    }

    fn state_shapes(&self, parameter: &Shape) -> Vec<Shape> {
        if self.factored {
            row_state(parameter).into_iter().chain(column_state(parameter)).collect()
        } else {
            whole_state(parameter).into_iter().collect()
        }
    }

    fn launches(&self, inputs: &[Shape], _target: &Target) -> Lowered {
        let contract = self.contract();
        let shape = &inputs[contract.number(Input::Parameter)];
        let (count, Matrices { count: matrices, rows, columns }) = (shape.count(), Matrices::of(shape));
        let [g, p] = [Input::Gradient, Input::Parameter].map(|input| contract.operand(input));
        let state = |i| contract.operand(Input::State(i));
        let [u, partial, totals, means] = [0, 1, 2, 3].map(Operand::Scratch);
        let [row_count, column_count] = [rows, columns].map(|size| Constant::from(size as u32));
        let epsilon = ("EPSILON", self.epsilon.into());
        let loop_over = |kernel, threads, iterations: usize, constants: &[_], bindings: &[Binding]| Dispatch {
            iterations: iterations as u64,
            ..contract.launch_gradient(kernel, threads, constants, bindings)
        };
        let mut dispatches = if self.factored {
            let (r, c) = (state(0), state(1));
            let sizes = [("ROWS", row_count), ("COLUMNS", column_count)];
            vec![
                loop_over(&ROWS, matrices * rows, columns, &sizes[1..], &[read(g), update(r)]),
                loop_over(&COLUMNS, matrices * columns, rows, &sizes, &[read(g), update(c)]),
                MEANS.launch(self.precision, matrices, rows, &sizes[..1], &[read(r), write(means)]),
                contract.launch_gradient(
                    &FACTORED,
                    count,
                    &[sizes[0], sizes[1], epsilon],
                    &[read(g), read(r), read(c), read(means), write(u)],
                ),
            ]
        } else {
            vec![contract.launch_gradient(&WHOLE, count, &[epsilon], &[read(g), update(state(0)), write(u)])]
        };
        dispatches.extend(square_sum(count, p, partial, totals, 0));
        dispatches.extend(square_sum(count, u, partial, totals, 1));
        let constants = [
            ("RATE", self.factors.rate.into()),
            ("DECAY", (self.weight_decay * self.factors.decay).into()),
            ("FLOOR", self.floor.into()),
            ("CLIP", self.clip.into()),
        ];
        dispatches.push(contract.launch_apply(&APPLY, count, &constants, [u, totals]));
        let mut scratch = vec![count, parts(count), 2];
        scratch.extend(self.factored.then_some(matrices));
        Lowered { dispatches, scratch, ..Lowered::default() }
    }

    fn updated(&self, view: &View, step: &Step) -> Vec<Array> {
        let [epsilon, floor, clip, weight_decay] =
            [self.epsilon, self.floor, self.clip, self.weight_decay].map(f64::from);
        let [lr, weight, most] = [step.learning_rate, step.bias_correction1, step.bias_correction2].map(f64::from);
        let Some(g) = view.gradient() else { return view.unchanged() };
        let p = view.parameter();
        let squares = g.map(|g| g * g);
        let lerp = |old: f64, new: f64| old + weight * (new - old);
        let (second, states) = if self.factored {
            let Matrices { count, rows, columns } = Matrices::of(&p.shape);
            let (mut r, mut c) = (view.state(0).clone(), view.state(1).clone());
            let mut second = squares.clone();
            for matrix in 0..count {
                let at = |row: usize, column: usize| (matrix * rows + row) * columns + column;
                for row in 0..rows {
                    let mean = (0..columns).map(|column| squares.data[at(row, column)]).sum::<f64>() / columns as f64;
                    r.data[matrix * rows + row] = lerp(r.data[matrix * rows + row], mean);
                }
                for column in 0..columns {
                    let mean = (0..rows).map(|row| squares.data[at(row, column)]).sum::<f64>() / rows as f64;
                    c.data[matrix * columns + column] = lerp(c.data[matrix * columns + column], mean);
                }
                let mean = r.data[matrix * rows..][..rows].iter().sum::<f64>() / rows as f64;
                for row in 0..rows {
                    for column in 0..columns {
                        let product = r.data[matrix * rows + row] * c.data[matrix * columns + column];
                        second.data[at(row, column)] = product / mean.max(epsilon);
                    }
                }
            }
            (second, vec![r, c])
        } else {
            let v = view.state(0).zip(&squares, lerp);
            (v.clone(), vec![v])
        };
        let u = g.zip(&second, |g, second| g / second.max(epsilon * epsilon).sqrt());
        let rms = |a: &Array| (a.dot(a) / a.data.len() as f64).sqrt();
        let rate = lr * f64::from(self.factors.rate);
        let size = rms(p).max(floor) * rate.min(most) / (rms(&u) / clip).max(1.0);
        let decay = rate * weight_decay * f64::from(self.factors.decay);
        view.outputs(p.zip(&u, |p, u| p - decay * p - size * u), states)
    }

    fn largest_error(&self) -> f64 {
        1e-5
    }
}

fn cases() -> Vec<Case> {
    let step = |t: f32| Step {
        learning_rate: 0.1,
        bias_correction1: t.powf(-0.8),
        bias_correction2: 1.0 / t.sqrt(),
        ..Step::default()
    };
    let plain = Adafactor::default();
    let decay = Adafactor { weight_decay: 0.3, clip: 0.5, factors: CASE_FACTORS, ..Adafactor::default() };
    // clipping would hide how large an update was
    let open = Adafactor { clip: 1e6, ..Adafactor::default() };
    let whole = |adafactor: &Adafactor| Adafactor { factored: false, ..adafactor.clone() };
    let f16 = |adafactor: &Adafactor| Adafactor { precision: Precision::F16, ..adafactor.clone() };
    let state = |i, fill| (Input::State(i), fill);
    let positive = || [state(0, Fill::Positive), state(1, Fill::Positive)];
    let zero = || Fill::Normal(0.0);
    let parameter = |deviation| (Input::Parameter, Fill::Normal(deviation));
    vec![
        one_case(plain.clone(), &[3, 2, 5, 7], step(1.0), "the first step of filters", positive()),
        one_case(decay.clone(), &[67, 31], step(37.0), "a later step: decay, clipping, factors", positive()),
        one_case(
            plain.clone(),
            &[9, 4],
            step(400.0),
            "a late step, in which 1 / sqrt(t) is under the rate",
            positive(),
        ),
        one_case(plain.clone(), &[5, 13], step(2.0), "a tensor near 0 moves by the floor", {
            positive().into_iter().chain([parameter(1e-4)])
        }),
        one_case(open, &[4, 3], step(1.0), "a gradient near 0, with little but epsilon to divide by", {
            [(Input::Gradient, Fill::Normal(1e-5)), state(0, zero()), state(1, zero())]
        }),
        one_case(whole(&decay), &[131], step(5.0), "one axis: the second moment is whole", [state(0, Fill::Positive)]),
        one_case(f16(&decay), &[3, 5, 7], step(37.0), "f16: a scaled gradient, a copy of the tensor", positive()),
        one_case(f16(&whole(&plain)), &[19], step(2.0), "f16 and one axis", [state(0, Fill::Positive)]),
        one_case(f16(&decay), &[6, 5], step(37.0), "f16: a step that overflowed changes nothing", {
            positive().into_iter().chain([overflowed()])
        }),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_of_filters_are_their_rows_and_columns() {
        let [filters, bias] = [&[3, 3, 16, 32][..], &[32]].map(Shape::new);
        assert_eq!(row_state(&filters), Some(Shape::new(&[3, 3, 16])));
        assert_eq!(column_state(&filters), Some(Shape::new(&[3, 3, 32])));
        assert_eq!((whole_state(&filters), row_state(&bias), column_state(&bias)), (None, None, None));
        assert_eq!(whole_state(&bias), Some(bias));
    }
}
