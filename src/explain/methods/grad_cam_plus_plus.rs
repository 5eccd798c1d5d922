//! Grad-CAM++: as Grad-CAM, but only gradients that raise the score count, each by how little of it the channel gives elsewhere, so
//! that several objects of a class are all marked.
//!
//! `L = relu(Σ_k w_k A_k)` with `w_k = Σ_ij α relu(g)` and `α = g² / (2 g² + g³ Σ_ab A_k)`, where g is `∂score/∂A_k` at i, j: the
//! paper's closed form for the exponential of the score, whose own factor cancels out of the map.

use super::{Made, Method, Reads, over_channels};
use crate::explain::Subject;

pub(super) const METHOD: Method = Method {
    name: "grad-cam++",
    title: "Grad-CAM++",
    summary: "as Grad-CAM, with several objects of the class marked more evenly",
    source: "Chattopadhay et al. 2018",
    reads: Reads::Layer,
    batch: 1,
    explain,
};

fn explain(subject: &mut Subject) -> Made {
    let (looked, shape) = (subject.gradients(subject.input)?, subject.layer());
    let c = shape[2];
    let weight = |k: usize| {
        let channel = |all: &[f32]| all.iter().skip(k).step_by(c).map(|&v| f64::from(v)).collect::<Vec<f64>>();
        let sum: f64 = channel(&looked.values).iter().sum();
        let part = |g: f64| {
            let below = 2.0 * g * g + g * g * g * sum;
            // where the gradient does not raise the score, nothing is added
            if g > 0.0 && below != 0.0 { g * g / below * g } else { 0.0 }
        };
        channel(&looked.gradients).into_iter().map(part).sum::<f64>()
    };
    let weights: Vec<f64> = (0..c).map(weight).collect();
    Ok((over_channels(shape, |i| weights[i % c] * f64::from(looked.values[i])), None))
}
