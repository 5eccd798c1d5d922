//! Gradient ascent by Adam (Kingma and Ba 2015).

use lepton_kernels::random;

/// How far a number moves in a step, about.
const RATE: f64 = 0.08;
/// Deviation of the numbers to begin with: the image is nearly grey.
const DEVIATION: f64 = 0.01;
/// Decay of the means of gradients and of their squares.
const DECAYS: [f64; 2] = [0.9, 0.999];
const EPSILON: f64 = 1e-8;

/// Numbers on their way up.
pub(super) struct Ascent {
    pub numbers: Vec<f32>,
    mean: Vec<f32>,
    square: Vec<f32>,
    steps: i32,
}

impl Ascent {
    /// So many random numbers; each further start has twice the deviation.
    pub fn random(count: usize, seed: u64, start: u64) -> Self {
        let deviation = DEVIATION * (1 << start) as f64;
        let number = |i: usize| (deviation * random::normal(seed, STREAM + start, i as u64)) as f32;
        let zeros = vec![0.0; count];
        Ascent { numbers: (0..count).map(number).collect(), mean: zeros.clone(), square: zeros, steps: 0 }
    }

    /// Moves them along the gradient. Where it is no number they stay.
    pub fn step(&mut self, gradient: &[f32]) {
        self.steps += 1;
        let [of_mean, of_square] = DECAYS.map(|decay| 1.0 - decay.powi(self.steps));
        let [keep, keep_square] = DECAYS.map(|decay| decay as f32);
        let rate = (RATE * of_square.sqrt() / of_mean) as f32;
        for (i, &gradient) in gradient.iter().enumerate().filter(|(_, gradient)| gradient.is_finite()) {
            self.mean[i] = keep * self.mean[i] + (1.0 - keep) * gradient;
            self.square[i] = keep_square * self.square[i] + (1.0 - keep_square) * gradient * gradient;
            self.numbers[i] += rate * self.mean[i] / (self.square[i].sqrt() + EPSILON as f32);
        }
    }
}

/// The first stream of random numbers: those below are the views'.
const STREAM: u64 = 1 << 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hill_is_climbed_from_either_side() {
        let mut ascent = Ascent::random(4, 7, 0);
        assert!(ascent.numbers.iter().all(|number| number.abs() < 0.1), "{:?}", ascent.numbers);
        let top = [1.0, -1.0, 0.5, 2.0];
        for _ in 0..200 {
            let slope: Vec<f32> = ascent.numbers.iter().zip(top).map(|(at, top)| top - at).collect();
            ascent.step(&slope);
        }
        assert!(ascent.numbers.iter().zip(top).all(|(at, top)| (at - top).abs() < 0.05), "{:?}", ascent.numbers);
        let before = ascent.numbers.clone();
        ascent.step(&[f32::NAN, f32::INFINITY, f32::NAN, f32::NEG_INFINITY]);
        assert_eq!(ascent.numbers, before);
    }
}
