//! Shapes worth testing: short rows, rows in several parts, rows that hold nobody.

use super::{Kind, ValueLoss};
use crate::dtype::Dtype;
use crate::{Case, case::Fill};

/// Weights of `n` rows, the last of which holds nobody.
fn weights(n: usize) -> Fill {
    Fill::Exactly((0..n).map(|i| if i + 1 == n { 0.0 } else { 0.25 + 0.125 * (i % 3) as f64 }).collect())
}

/// Outputs `[n, k]`, targets alike.
fn case(op: ValueLoss, n: usize, k: usize, reason: &'static str) -> Case {
    let labels = op.kind.has_answers();
    let (wide, rows, classes) = ([n, k], [n], [k]);
    let mut shapes: Vec<&[usize]> = vec![&wide, &wide, &rows];
    let (positives, scaled) = (op.positives, op.scaled);
    if positives {
        shapes.push(&classes);
    }
    if scaled {
        shapes.push(&[4]);
    }
    let mut case = Case::new(op, &shapes, reason).fill(2, weights(n));
    if labels {
        case = case.fill(1, Fill::Below(2));
    }
    if positives {
        case = case.fill(3, Fill::Positive);
    }
    if scaled {
        case = case.fill(3 + usize::from(positives), Fill::Exactly(vec![16.0, 0.0625, 0.0, 0.0]));
    }
    case
}

/// An image as its own target.
fn image(kind: Kind, reason: &'static str) -> Case {
    let shape: &[usize] = &[3, 5, 7, 3];
    let op = ValueLoss { target: Dtype::Real, scaled: true, ..ValueLoss::new(kind) };
    Case::new(op, &[shape, shape, &[3], &[4]], reason)
        .fill(2, weights(3))
        .fill(3, Fill::Exactly(vec![8.0, 0.125, 0.0, 0.0]))
}

pub(super) fn bce() -> Vec<Case> {
    let op = || ValueLoss::new(Kind::Bce);
    let sure = vec![1e4, -1e4, 0.0, 40.0, -40.0, 9.0, -9.0, 20.0, -20.0, 0.5, -0.5, 3.0];
    let soft = Fill::Exactly((0..12).map(|i| i as f64 / 11.0).collect());
    // outputs say yes to everything, and every third row has one label that says no, in its first part
    let yes = Fill::Exactly(vec![0.5; 9 * 70]);
    let one_no = Fill::Exactly((0..9 * 70).map(|e| f64::from(u8::from(e % 210 != 70))).collect());
    vec![
        case(op(), 7, 5, "several labels, a row that holds nobody"),
        case(op(), 67, 1, "one label, more rows than a workgroup"),
        case(ValueLoss { positives: true, ..op() }, 5, 9, "weighted positives"),
        case(ValueLoss { positives: true, scaled: true, ..op() }, 4, 3, "weighted positives, a scaled gradient"),
        case(op(), 3, 131, "rows in parts, none of the same length"),
        case(op(), 9, 70, "rows in parts, most of them right").fill(0, yes).fill(1, one_no),
        case(op(), 4, 3, "outputs of ±1e4").fill(0, Fill::Exactly(sure)),
        case(op(), 4, 3, "targets between 0 and 1").fill(1, soft),
    ]
}

pub(super) fn sigmoid_focal() -> Vec<Case> {
    let op = |gamma, alpha| ValueLoss::new(Kind::Focal { gamma, alpha });
    let sure = vec![1e4, -1e4, 0.0, 40.0, -40.0, 9.0, -9.0, 20.0, -20.0, 0.5, -0.5, 3.0];
    vec![
        case(op(2.0, 0.25), 7, 5, "as usual: gamma 2, alpha 0.25"),
        case(op(0.5, -1.0), 5, 3, "gamma below 1, no alpha"),
        case(op(0.0, 0.75), 6, 4, "gamma 0: weighted binary cross entropy"),
        case(ValueLoss { scaled: true, ..op(1.5, 0.4) }, 3, 71, "rows in parts, a scaled gradient"),
        case(op(2.0, 0.25), 4, 3, "outputs of ±1e4").fill(0, Fill::Exactly(sure)),
    ]
}

pub(super) fn mse() -> Vec<Case> {
    let op = || ValueLoss::new(Kind::Mse);
    vec![
        case(op(), 7, 3, "three numbers an image"),
        case(op(), 67, 1, "one number, more rows than a workgroup"),
        case(ValueLoss { scaled: true, ..op() }, 3, 261, "rows in parts, a scaled gradient"),
        image(Kind::Mse, "an image as its own target"),
    ]
}

pub(super) fn mae() -> Vec<Case> {
    let op = || ValueLoss::new(Kind::Mae);
    let same = |from: f64| Fill::Exactly((0..6).map(|e| if e % 2 == 0 { 1.0 } else { from + e as f64 }).collect());
    let exact = case(op(), 2, 3, "numbers that are predicted exactly").fill(0, same(3.0)).fill(1, same(1.0));
    vec![
        case(op(), 7, 3, "three numbers an image"),
        case(op(), 3, 261, "rows in parts"),
        image(Kind::Mae, "an image as its own target"),
        exact,
    ]
}

pub(super) fn huber() -> Vec<Case> {
    let op = |delta, factor| ValueLoss::new(Kind::Huber { delta, factor });
    vec![
        case(op(1.0, 1.0), 7, 3, "differences on both sides of delta"),
        case(op(0.3, 1.0), 5, 9, "a small delta"),
        case(op(0.5, 2.0), 6, 5, "smooth L1 with beta 0.5"),
        image(Kind::Huber { delta: 0.7, factor: 1.0 }, "an image as its own target"),
    ]
}
