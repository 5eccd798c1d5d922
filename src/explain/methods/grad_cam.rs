//! Grad-CAM: a layer's channels, each weighted by the mean of its gradient.
//!
//! `L = relu(Σ_k α_k A_k)` with `α_k` the mean over all places of `∂score/∂A_k`.

use super::{Made, Method, Reads, over_channels};
use crate::explain::Subject;

pub(super) const METHOD: Method = Method {
    name: "grad-cam",
    title: "Grad-CAM",
    summary: "where a layer sees what raises the class's score, as coarse as the layer",
    source: "Selvaraju et al. 2017",
    reads: Reads::Layer,
    batch: 1,
    explain,
};

fn explain(subject: &mut Subject) -> Made {
    let (looked, shape) = (subject.gradients(subject.input)?, subject.layer());
    let [h, w, c] = shape;
    let weights: Vec<f64> = (0..c)
        .map(|k| looked.gradients.iter().skip(k).step_by(c).map(|&g| f64::from(g)).sum::<f64>() / (h * w) as f64)
        .collect();
    Ok((over_channels(shape, |i| weights[i % c] * f64::from(looked.values[i])), None))
}
