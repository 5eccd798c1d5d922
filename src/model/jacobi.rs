//! Eigenvalues and eigenvectors of a symmetric matrix, by Jacobi's rotations (Golub and Van Loan, "Matrix Computations",
//! 8.5): few lines, f64, and the same bits on every machine.

/// Rounds over all pairs after which it stops in any case; 10 are usual.
const ROUNDS: usize = 60;

/// Eigenvalues, the largest first, each with its eigenvector of length 1, whose largest element is positive.
///
/// `matrix` is `[n, n]`, row after row; what stands above its diagonal is not looked at.
///
/// # Panics
/// If `matrix` has not n · n elements.
pub fn eigenvectors(matrix: &[f64], n: usize) -> Vec<(f64, Vec<f64>)> {
    assert_eq!(matrix.len(), n * n, "a matrix of {n} rows and columns");
    let mut a: Vec<f64> = (0..n * n).map(|i| matrix[(i / n).max(i % n) * n + (i / n).min(i % n)]).collect();
    // row v is the eigenvector that belongs to a[v, v]
    let mut vectors: Vec<f64> = (0..n * n).map(|i| if i / n == i % n { 1.0 } else { 0.0 }).collect();
    let size: f64 = a.iter().map(|v| v * v).sum();
    for _ in 0..ROUNDS {
        let off: f64 = (0..n * n).filter(|i| i / n != i % n).map(|i| a[i] * a[i]).sum();
        if off <= f64::EPSILON * f64::EPSILON * size {
            break;
        }
        for p in 0..n {
            for q in p + 1..n {
                rotate(&mut a, &mut vectors, n, p, q);
            }
        }
    }
    let mut pairs: Vec<(f64, Vec<f64>)> =
        (0..n).map(|v| (a[v * n + v], positive(&vectors[v * n..(v + 1) * n]))).collect();
    // a stable sort: equal eigenvalues keep their order
    pairs.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    pairs
}

/// Turns rows and columns `p` and `q` so that `a[p, q]` becomes 0.
fn rotate(a: &mut [f64], vectors: &mut [f64], n: usize, p: usize, q: usize) {
    let apq = a[p * n + q];
    if apq == 0.0 {
        return;
    }
    let theta = (a[q * n + q] - a[p * n + p]) / (2.0 * apq);
    // the smaller of two angles, without overflow where theta is huge
    let t = theta.signum() / (theta.abs() + theta.hypot(1.0));
    let cos = 1.0 / t.hypot(1.0);
    let sin = t * cos;
    for k in 0..n {
        let (kp, kq) = (a[k * n + p], a[k * n + q]);
        (a[k * n + p], a[k * n + q]) = (cos * kp - sin * kq, sin * kp + cos * kq);
    }
    for m in [a, vectors] {
        for k in 0..n {
            let (pk, qk) = (m[p * n + k], m[q * n + k]);
            (m[p * n + k], m[q * n + k]) = (cos * pk - sin * qk, sin * pk + cos * qk);
        }
    }
}

/// The vector or its negative: an eigenvector is either.
fn positive(vector: &[f64]) -> Vec<f64> {
    let largest = vector.iter().fold(0.0f64, |most, &v| if v.abs() > most.abs() { v } else { most });
    vector.iter().map(|&v| if largest < 0.0 { -v } else { v }).collect()
}

#[cfg(test)]
mod tests {
    use lepton_kernels::random::normal;

    use super::*;

    /// `xᵀ x` of random rows.
    fn random(n: usize, rows: usize, seed: u64) -> Vec<f64> {
        let x = |row: usize, i: usize| normal(seed, row as u64, i as u64) * (1.0 + i as f64);
        (0..n * n).map(|i| (0..rows).map(|row| x(row, i / n) * x(row, i % n)).sum()).collect()
    }

    #[test]
    fn eigenvectors_are_orthonormal_and_give_the_matrix_back() {
        // also of rank 3, with eigenvalues that are 0
        for (n, rows) in [(1, 2), (2, 5), (12, 40), (27, 30), (9, 3)] {
            let matrix = random(n, rows, 5);
            let pairs = eigenvectors(&matrix, n);
            let size = matrix.iter().fold(0.0f64, |most, v| most.max(v.abs()));
            assert!(pairs.windows(2).all(|two| two[0].0 >= two[1].0), "largest first");
            for (i, (_, a)) in pairs.iter().enumerate() {
                for (j, (_, b)) in pairs.iter().enumerate() {
                    let product: f64 = a.iter().zip(b).map(|(a, b)| a * b).sum();
                    assert!((product - f64::from(u8::from(i == j))).abs() < 1e-13, "{n}: {i} {j}: {product}");
                }
                let most = a.iter().fold(0.0f64, |most, v| most.max(v.abs()));
                assert!(a.contains(&most), "the largest element is positive: {a:?}");
            }
            for (i, &want) in matrix.iter().enumerate() {
                let found: f64 = pairs.iter().map(|(value, v)| value * v[i / n] * v[i % n]).sum();
                assert!((found - want).abs() < 1e-13 * size * n as f64, "{n}: element {i}: {found}, should be {want}");
            }
        }
    }

    #[test]
    fn a_diagonal_matrix_is_its_own_answer() {
        let pairs = eigenvectors(&[2.0, 0.0, 0.0, 0.0, 7.0, 0.0, 0.0, 0.0, 2.0], 3);
        assert_eq!(pairs[0], (7.0, vec![0.0, 1.0, 0.0]));
        assert_eq!([&pairs[1], &pairs[2]], [&(2.0, vec![1.0, 0.0, 0.0]), &(2.0, vec![0.0, 0.0, 1.0])]);
    }
}
