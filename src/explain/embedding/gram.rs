//! The products of all pairs of centred rows: what principal components and distances are computed from.

use std::convert::Infallible;

use crate::platform::parallel;

/// Of the squares of equal features so much may be left when their mean is subtracted: below what f32 tells apart.
const ROUNDING: f64 = 1e-18;

/// `[n, n]`: the scalar product of each pair of rows of features, from which the mean row was subtracted.
pub struct Gram {
    products: Vec<f64>,
    count: usize,
}

impl Gram {
    /// That of features `[n, length]`.
    pub fn of(features: &[f32], length: usize) -> Self {
        let count = features.len() / length;
        let mut mean = vec![0.0; length];
        for row in features.chunks_exact(length) {
            mean.iter_mut().zip(row).for_each(|(mean, &value)| *mean += f64::from(value) / count as f64);
        }
        let centred: Vec<f64> = features
            .chunks_exact(length)
            .flat_map(|row| row.iter().zip(&mean).map(|(&value, mean)| f64::from(value) - mean))
            .collect();
        let row = |i: usize| &centred[i * length..][..length];
        let [whole, left] = [features.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>(), dot(&centred, &centred)];
        if left <= ROUNDING * whole {
            return Gram { products: vec![0.0; count * count], count };
        }
        let half: Vec<Vec<f64>> = each(count, |i| (0..=i).map(|j| dot(row(i), row(j))).collect());
        let at = |i: usize, j: usize| half[i.max(j)][i.min(j)];
        let products = (0..count * count).map(|k| at(k / count, k % count)).collect();
        Gram { products, count }
    }

    /// Examples, n.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The row of an example, `[n]`.
    pub fn row(&self, i: usize) -> &[f64] {
        &self.products[i * self.count..][..self.count]
    }

    /// Squared distance between two rows of features.
    pub fn squared(&self, i: usize, j: usize) -> f64 {
        (self.row(i)[i] + self.row(j)[j] - 2.0 * self.row(i)[j]).max(0.0)
    }

    /// Sum of the squares of all centred features: n times their variance.
    pub fn trace(&self) -> f64 {
        (0..self.count).map(|i| self.row(i)[i]).sum()
    }
}

/// What `work` makes of each number below `count`, in parallel.
pub fn each<T: Send>(count: usize, work: impl Fn(usize) -> T + Send + Sync) -> Vec<T> {
    let numbers: Vec<usize> = (0..count).collect();
    parallel(&numbers, |&number| Ok::<T, Infallible>(work(number))).unwrap_or_else(|never| match never {})
}

/// The product of two rows, in four sums that a processor adds at once.
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    let (a4, a1) = a.as_chunks::<4>();
    let (b4, b1) = b.as_chunks::<4>();
    let mut sums = [0.0; 4];
    for (a, b) in a4.iter().zip(b4) {
        for k in 0..4 {
            sums[k] += a[k] * b[k];
        }
    }
    sums.iter().sum::<f64>() + a1.iter().zip(b1).map(|(a, b)| a * b).sum::<f64>()
}
