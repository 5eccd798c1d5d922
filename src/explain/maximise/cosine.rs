//! The orthonormal discrete cosine transform (Ahmed, Natarajan and Rao 1974), whose inverse is its transpose: a gradient goes
//! backwards through one by the other.

/// The transform of so many numbers.
pub(super) struct Cosine {
    length: usize,
    /// `[frequency, place]`
    table: Vec<f32>,
    /// `[place, frequency]`
    transposed: Vec<f32>,
}

impl Cosine {
    pub(super) fn new(length: usize) -> Self {
        let number = |i: usize| {
            let (frequency, place) = ((i / length) as f64, (i % length) as f64 + 0.5);
            let scale = if i < length { 1.0 } else { 2.0 } / length as f64;
            (scale.sqrt() * (std::f64::consts::PI * frequency * place / length as f64).cos()) as f32
        };
        let across = |i: usize| number(i % length * length + i / length);
        let all = 0..length * length;
        Cosine { length, table: all.clone().map(number).collect(), transposed: all.map(across).collect() }
    }

    /// Frequencies of numbers that lie `step` apart in runs of `length * step`, or numbers of frequencies where `back`.
    pub(super) fn along(&self, values: &[f32], step: usize, back: bool) -> Vec<f32> {
        let length = self.length;
        let [by_source, by_result] =
            if back { [&self.table, &self.transposed] } else { [&self.transposed, &self.table] };
        let mut results = vec![0.0; values.len()];
        for (from, to) in values.chunks_exact(length * step).zip(results.chunks_exact_mut(length * step)) {
            // the innermost loop is over numbers that lie side by side
            if step == 1 {
                for (from, weights) in from.iter().zip(by_source.chunks_exact(length)) {
                    to.iter_mut().zip(weights).for_each(|(to, weight)| *to += weight * from);
                }
                continue;
            }
            for (to, weights) in to.chunks_exact_mut(step).zip(by_result.chunks_exact(length)) {
                for (from, weight) in from.chunks_exact(step).zip(weights) {
                    to.iter_mut().zip(from).for_each(|(to, from)| *to += weight * from);
                }
            }
        }
        results
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_has_one_frequency_and_all_come_back() {
        let cosine = Cosine::new(5);
        let found = cosine.along(&[3.0; 10], 2, false);
        assert!((found[0] - 3.0 * 5f32.sqrt()).abs() < 1e-5 && found[2..].iter().all(|f| f.abs() < 1e-5), "{found:?}");
        let values: Vec<f32> = (0..30).map(|i| (i * i % 7) as f32).collect();
        for step in [1, 2, 6] {
            let frequencies = cosine.along(&values, step, false);
            let energy = |values: &[f32]| values.iter().map(|v| v * v).sum::<f32>();
            assert!((energy(&frequencies) - energy(&values)).abs() < 1e-2, "orthonormal");
            let back = cosine.along(&frequencies, step, true);
            assert!(back.iter().zip(&values).all(|(a, b)| (a - b).abs() < 1e-4), "{back:?}");
        }
    }
}
