//! The first two principal components, by subspace iteration with Rayleigh–Ritz steps (Golub and Van Loan, "Matrix Computations", 8.2.4)
//! on the products of centred rows, whose eigenvectors, scaled by the roots of their eigenvalues, are the components' scores.

use lepton_kernels::random;

use super::gram::{Gram, dot, each};
use crate::model::eigenvectors;

/// Vectors that are iterated on: with more than two the first two settle sooner.
const BASIS: usize = 12;
/// Steps after which it stops in any case; some dozens are usual.
const STEPS: usize = 400;
/// How far, as a share of the largest eigenvalue, an eigenvector may be from being one.
const TOLERANCE: f64 = 1e-9;
/// The purpose of the key of the first vectors.
const STARTS: u64 = 0x7063_615f;

/// Scores `[n, 2]` of the first two components, each with its largest score positive, and the shares of variance that they have.
pub fn components(gram: &Gram) -> (Vec<[f64; 2]>, [f64; 2]) {
    let (n, trace) = (gram.count(), gram.trace());
    if n < 2 || trace <= 0.0 {
        return (vec![[0.0; 2]; n], [0.0; 2]);
    }
    let size = BASIS.min(n);
    let random = |i: usize, k: usize| {
        (random::hash64(STARTS ^ (i * BASIS + k) as u64) >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
    };
    let mut basis = orthonormal((0..size).map(|k| (0..n).map(|i| random(i, k)).collect()).collect());
    let mut values = vec![0.0; size];
    for _ in 0..STEPS {
        let image: Vec<Vec<f64>> = each(size, |k| (0..n).map(|i| dot(gram.row(i), &basis[k])).collect());
        // the best eigenvectors within the basis
        let small: Vec<f64> = (0..size * size).map(|k| dot(&basis[k / size], &image[k % size])).collect();
        let pairs = eigenvectors(&small, size);
        let mixed = |of: &[Vec<f64>], weights: &[f64]| -> Vec<f64> {
            (0..n).map(|i| weights.iter().zip(of).map(|(weight, vector)| weight * vector[i]).sum()).collect()
        };
        let ritz: Vec<Vec<f64>> = pairs.iter().map(|(_, weights)| mixed(&basis, weights)).collect();
        let moved: Vec<Vec<f64>> = pairs.iter().map(|(_, weights)| mixed(&image, weights)).collect();
        values = pairs.iter().map(|(value, _)| value.max(0.0)).collect();
        let error =
            |k: usize| ritz[k].iter().zip(&moved[k]).map(|(v, g)| (g - values[k] * v).powi(2)).sum::<f64>().sqrt();
        let is_settled = (0..size.min(2)).all(|k| error(k) <= TOLERANCE * values[0]);
        basis = if is_settled { ritz } else { orthonormal(moved) };
        if is_settled {
            break;
        }
    }
    let of = |k: usize| if k < size { (basis[k].as_slice(), values[k]) } else { (&[][..], 0.0) };
    let score = |k: usize, i: usize| {
        let (vector, value) = of(k);
        vector.get(i).map_or(0.0, |element| element * value.sqrt())
    };
    let mut scores: Vec<[f64; 2]> = (0..n).map(|i| [score(0, i), score(1, i)]).collect();
    for k in 0..2 {
        let largest =
            scores.iter().map(|score| score[k]).fold(0.0_f64, |most, v| if v.abs() > most.abs() { v } else { most });
        if largest < 0.0 {
            scores.iter_mut().for_each(|score| score[k] = -score[k]);
        }
    }
    (scores, [of(0).1 / trace, of(1).1 / trace])
}

/// Vectors at right angles that span the same, of length 1 (Gram–Schmidt, twice, which is enough).
fn orthonormal(mut vectors: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    for k in 0..vectors.len() {
        let (before, rest) = vectors.split_at_mut(k);
        let own = &mut rest[0];
        let length = |v: &[f64]| dot(v, v).sqrt();
        let whole = length(own);
        for _ in 0..2 {
            for other in before.iter() {
                let share = dot(own, other);
                own.iter_mut().zip(other).for_each(|(v, o)| *v -= share * o);
            }
        }
        let left = length(own);
        // what lies within the others leaves nothing but rounding
        let scale = if left > 1e-12 * whole { 1.0 / left } else { 0.0 };
        own.iter_mut().for_each(|v| *v *= scale);
    }
    vectors
}
