//! Whether two models that answered the same examples differ by more than chance.

use lepton_kernels::random;
use serde::Serialize;

use super::Interval;

/// Answers of two models on the same examples, counted where they differ.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct McNemar {
    /// The first is right and the second is wrong.
    pub first_alone: u64,
    /// The second is right and the first is wrong.
    pub second_alone: u64,
    /// The probability that examples on which equally good models differ are divided so unequally, or more.
    pub p: f64,
}

impl McNemar {
    /// McNemar's test (1947) in its exact form: where equally good models differ, each is the right one as often as a coin falls.
    /// Dietterich (1998) recommends it where models are trained once.
    pub fn new(first: &[bool], second: &[bool]) -> Self {
        let alone =
            |one: &[bool], other: &[bool]| one.iter().zip(other).filter(|(one, other)| **one && !**other).count();
        let (first_alone, second_alone) = (alone(first, second) as u64, alone(second, first) as u64);
        let differ = first_alone + second_alone;
        // the terms of the binomial distribution, each from the one before, as logarithms: none of them is too small to count
        let mut term = -(differ as f64) * 2f64.ln();
        let mut tail = 0.0;
        for count in 0..=first_alone.min(second_alone) {
            if count > 0 {
                term += ((differ - count + 1) as f64 / count as f64).ln();
            }
            tail += term.exp();
        }
        McNemar { first_alone, second_alone, p: (2.0 * tail).min(1.0) }
    }
}

/// Resamples of a bootstrap.
const RESAMPLES: u64 = 2000;

/// Where the mean of paired differences may lie, with 95 % confidence: percentiles of the means of resampled examples (Efron 1979).
/// The resamples are always the same. Without differences it says nothing: from minus to plus infinity.
pub fn bootstrap(differences: &[f64]) -> Interval {
    let count = differences.len() as u64;
    if count == 0 {
        return Interval { low: f64::NEG_INFINITY, high: f64::INFINITY };
    }
    let mean = |resample: u64| {
        let drawn = (0..count).map(|i| random::hash64(random::hash64(resample) ^ i));
        let chosen = drawn.map(|hash| differences[((u128::from(hash) * u128::from(count)) >> 64) as usize]);
        chosen.sum::<f64>() / count as f64
    };
    let mut means: Vec<f64> = (0..RESAMPLES).map(mean).collect();
    means.sort_by(f64::total_cmp);
    let at = |share: f64| means[(share * (RESAMPLES - 1) as f64).round() as usize];
    Interval { low: at(0.025), high: at(0.975) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chance_is_that_of_the_binomial_distribution() {
        let test = |first_alone: usize, second_alone: usize| {
            let both = 7;
            let first: Vec<bool> = (0..both + first_alone + second_alone).map(|i| i < both + first_alone).collect();
            let second: Vec<bool> = (0..first.len()).map(|i| i < both || i >= both + first_alone).collect();
            let found = McNemar::new(&first, &second);
            assert_eq!((found.first_alone, found.second_alone), (first_alone as u64, second_alone as u64));
            found.p
        };
        // exact sums of binomial coefficients in Python; scipy calls it binomtest(k, n, 0.5).pvalue
        for (first, second, p) in
            [(0, 0, 1.0), (1, 1, 1.0), (5, 0, 0.0625), (12, 31, 0.005_401_573), (0, 20, 1.907_349e-6)]
        {
            assert!((test(first, second) / p - 1.0).abs() < 1e-5, "{first} {second}: {}", test(first, second));
            assert_eq!(test(first, second), test(second, first));
        }
        assert!(test(1000, 3000) < 1e-200 && test(1000, 3000) > 0.0);
    }

    #[test]
    fn a_clear_difference_is_away_from_zero() {
        let noisy = |shift: f64| -> Vec<f64> { (0..200).map(|i| shift + f64::from(i % 21) / 10.0 - 1.0).collect() };
        let [none, clear] = [0.0, 1.0].map(|shift| bootstrap(&noisy(shift)));
        assert!(none.low < 0.0 && none.high > 0.0, "{none:?}");
        assert!(clear.low > 0.5 && clear.high < 1.5, "{clear:?}");
        // the standard error of this mean is 0.0428: the interval is 3.92 of them wide
        assert!((clear.high - clear.low - 3.92 * 0.0428).abs() < 0.02, "{clear:?}");
        assert_eq!(bootstrap(&[2.0; 9]), Interval { low: 2.0, high: 2.0 });
        assert_eq!(bootstrap(&[]).low, f64::NEG_INFINITY);
    }
}
