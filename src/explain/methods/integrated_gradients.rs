//! Integrated gradients: how much each pixel adds to the score on the way from a plain image to the image. The plain one is 0 after
//! normalisation: the mean colour where that subtracts means, otherwise black. The parts of all pixels add up to the whole difference
//! of scores, as far as the integral is exact.
//!
//! `L = Σ over channels of x ∫ ∂score/∂x at a x, a from 0 to 1`, x after normalisation; by Gauss and Legendre.

use super::{Made, Method, Reads};
use crate::explain::{Completeness, Map, Subject};

pub(super) const METHOD: Method = Method {
    name: "integrated-gradients",
    title: "Integrated gradients",
    summary: "what each pixel adds to the class's score, compared with a plain image",
    source: "Sundararajan, Taly and Yan 2017",
    reads: Reads::Input,
    batch: 8,
    explain,
};

fn explain(subject: &mut Subject) -> Made {
    let (input, [h, w, c]) = (subject.input, subject.shape);
    let mut integral = vec![0.0; input.len()];
    for points in gauss_legendre(subject.settings.steps.max(1)).chunks(METHOD.batch) {
        let inputs: Vec<f32> =
            points.iter().flat_map(|&[place, _]| input.iter().map(move |&x| x * place as f32)).collect();
        let looked = subject.gradients(&inputs)?;
        for (gradients, [_, weight]) in looked.gradients.chunks_exact(input.len()).zip(points) {
            integral.iter_mut().zip(gradients).for_each(|(sum, &gradient)| *sum += weight * f64::from(gradient));
        }
    }
    let parts: Vec<f64> = input.iter().zip(&integral).map(|(&x, gradient)| f64::from(x) * gradient).collect();
    let scores = subject.scores(&[input, &vec![0.0; input.len()]].concat())?;
    let completeness = Completeness { attributed: parts.iter().sum(), difference: scores[0] - scores[1] };
    let map = Map::new([h, w], parts.chunks_exact(c).map(|pixel| pixel.iter().sum::<f64>() as f32).collect());
    Ok((map, Some(completeness)))
}

/// Places between 0 and 1 and their weights, of the integral that is exact for polynomials of degree `2 count - 1`: roots of the
/// Legendre polynomial, by Newton's method.
fn gauss_legendre(count: usize) -> Vec<[f64; 2]> {
    let root = |number: usize| {
        let mut x = (std::f64::consts::PI * (number as f64 + 0.75) / (count as f64 + 0.5)).cos();
        let mut slope = 1.0;
        for _ in 0..100 {
            let (mut before, mut value) = (1.0, x);
            for degree in 2..=count {
                let n = degree as f64;
                (before, value) = (value, ((2.0 * n - 1.0) * x * value - (n - 1.0) * before) / n);
            }
            slope = count as f64 * (x * value - before) / (x * x - 1.0);
            let step = value / slope;
            x -= step;
            if step.abs() < 1e-15 {
                break;
            }
        }
        let weight = 2.0 / ((1.0 - x * x) * slope * slope);
        [(1.0 - x) / 2.0, weight / 2.0]
    };
    (0..count).map(root).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polynomials_are_integrated_exactly() {
        for count in [1, 2, 3, 5, 20, 50] {
            let points = gauss_legendre(count);
            for power in 0..(2 * count).min(30) {
                let sum: f64 = points.iter().map(|[x, weight]| weight * x.powi(power as i32)).sum();
                assert!((sum - 1.0 / (power + 1) as f64).abs() < 1e-13, "x^{power} by {count} points: {sum}");
            }
        }
    }
}
