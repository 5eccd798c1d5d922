//! Arrays of f64 for the twins, and the one measure of error.

use crate::Shape;

/// A dense array in f64, outermost axis first.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// Sizes of its axes, outermost first.
    pub shape: Shape,
    /// Its elements, the last axis fastest.
    pub data: Vec<f64>,
}

impl Array {
    /// An array of these elements.
    ///
    /// # Panics
    /// If there are not as many as the shape says.
    pub fn new(shape: Shape, data: Vec<f64>) -> Self {
        assert_eq!(shape.count(), data.len(), "{shape} needs as many elements");
        Array { shape, data }
    }

    /// An array of this shape whose elements are all 0.
    pub fn zeros(shape: Shape) -> Self {
        Array { data: vec![0.0; shape.count()], shape }
    }

    /// The same shape, each element passed through `f`.
    pub fn map(&self, f: impl Fn(f64) -> f64) -> Self {
        Array { shape: self.shape.clone(), data: self.data.iter().map(|&v| f(v)).collect() }
    }

    /// Element by element with another array of the same shape.
    pub fn zip(&self, other: &Array, f: impl Fn(f64, f64) -> f64) -> Self {
        assert_eq!(self.shape, other.shape);
        Array { shape: self.shape.clone(), data: self.data.iter().zip(&other.data).map(|(&a, &b)| f(a, b)).collect() }
    }

    /// The elements under another shape of the same count.
    pub fn reshape(&self, shape: Shape) -> Self {
        Array::new(shape, self.data.clone())
    }

    /// Flat position of `[n, h, w, c]`.
    pub fn at4(&self, n: usize, y: usize, x: usize, c: usize) -> usize {
        let s = self.shape.sizes();
        ((n * s[1] + y) * s[2] + x) * s[3] + c
    }

    /// The sum of products with another array.
    pub fn dot(&self, other: &Array) -> f64 {
        self.data.iter().zip(&other.data).map(|(a, b)| a * b).sum()
    }
}

/// The worst element of a comparison.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Worst {
    /// `|got - want| / max(|want|, rms(want))`; infinite for a NaN or a wrong length.
    pub error: f64,
    /// Its flat position.
    pub index: usize,
    /// What was computed.
    pub got: f64,
    /// What the twin says.
    pub want: f64,
}

/// The worst error of `got` against `want`, each element relative to the larger of its own size and the root mean
/// square of the tensor (so that a cancelled sum near zero is judged by the size of its terms).
pub fn worst_error<T: Copy + Into<f64>>(got: &[T], want: &[f64]) -> Worst {
    let mut worst = Worst { error: 0.0, index: 0, got: 0.0, want: 0.0 };
    if got.len() != want.len() {
        return Worst { error: f64::INFINITY, ..worst };
    }
    let rms = (want.iter().map(|w| w * w).sum::<f64>() / want.len().max(1) as f64).sqrt();
    for (index, (&g, &w)) in got.iter().zip(want).enumerate() {
        let g: f64 = g.into();
        let scale = w.abs().max(rms).max(f64::from(f32::MIN_POSITIVE));
        let error = if g == w { 0.0 } else { (g - w).abs() / scale };
        let error = if error.is_nan() { f64::INFINITY } else { error };
        if error > worst.error {
            worst = Worst { error, index, got: g, want: w };
        }
    }
    worst
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nan_or_a_missing_element_is_an_infinite_error() {
        assert_eq!(worst_error(&[f32::NAN, 1.0], &[1.0, 1.0]).error, f64::INFINITY);
        assert_eq!(worst_error(&[1.0], &[1.0, 1.0]).error, f64::INFINITY);
        assert_eq!(worst_error(&[0.0; 2], &[0.0; 2]).error, 0.0);
    }

    #[test]
    fn a_halved_element_is_an_error_of_a_half() {
        let worst = worst_error(&[1.0, 1.0], &[1.0, 2.0]);
        assert_eq!((worst.error, worst.index), (0.5, 1));
    }
}
