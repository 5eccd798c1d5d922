//! Batch normalisation in f64: the definition.

use super::{BETA, BatchNorm, GAMMA, INPUT};
use crate::{Array, Shape, Step, images};

/// The values of channel `c` in the first `rows` rows.
fn channel(x: &Array, rows: usize, c: usize) -> impl Iterator<Item = f64> + '_ {
    let channels = *x.shape.sizes().last().expect("checked");
    x.data[..rows * channels].iter().skip(c).step_by(channels).copied()
}

pub(super) fn forward(norm: &BatchNorm, inputs: &[Array], step: &Step) -> Vec<Array> {
    let x = &inputs[INPUT];
    let [rows, pixels, c] = images::rows(&x.shape).expect("shapes were checked");
    let live = rows.min(step.batch_length as usize * pixels);
    let count = live.max(1) as f64;
    let momentum = if norm.momentum > 0.0 { f64::from(norm.momentum.max(step.least_momentum)) } else { 0.0 };
    let (mut running_mean, mut running_var) = (inputs[norm.running()].clone(), inputs[norm.running() + 1].clone());
    let mut statistics = Array::zeros(Shape::new(&[4, c]));
    for ch in 0..c {
        if norm.frozen {
            let inverse = 1.0 / (running_var.data[ch] + f64::from(norm.epsilon)).sqrt();
            let values = [running_mean.data[ch], 0.0, inverse, count];
            values.into_iter().enumerate().for_each(|(i, value)| statistics.data[i * c + ch] = value);
            continue;
        }
        let mean = channel(x, live, ch).sum::<f64>() / count;
        let squares: f64 = channel(x, live, ch).map(|v| (v - mean) * (v - mean)).sum();
        running_mean.data[ch] = (1.0 - momentum) * running_mean.data[ch] + momentum * mean;
        running_var.data[ch] = (1.0 - momentum) * running_var.data[ch] + momentum * squares / (count - 1.0).max(1.0);
        let inverse = 1.0 / (squares / count + f64::from(norm.epsilon)).sqrt();
        let values = [x.data[ch], mean - x.data[ch], inverse, count];
        values.into_iter().enumerate().for_each(|(i, value)| statistics.data[i * c + ch] = value);
    }
    vec![apply(norm, inputs, &statistics), running_mean, running_var, statistics]
}

/// y from x and its statistics.
pub(super) fn apply(norm: &BatchNorm, inputs: &[Array], statistics: &Array) -> Array {
    let x = &inputs[INPUT];
    let c = statistics.shape.sizes()[1];
    let mut y = Array::zeros(x.shape.clone());
    for i in 0..counted(x, statistics) {
        let (ch, [xhat, _]) = (i % c, normalised(statistics, c, i % c, x.data[i]));
        let value = if norm.affine { xhat * inputs[GAMMA].data[ch] + inputs[BETA].data[ch] } else { xhat };
        y.data[i] = norm.rectifier.apply(value);
    }
    y
}

/// Values of x that the statistics are of: those of whole images.
fn counted(x: &Array, statistics: &Array) -> usize {
    let c = statistics.shape.sizes()[1];
    (statistics.data[3 * c] as usize * c).min(x.data.len())
}

/// x normalised, and `1 / sqrt(variance + epsilon)`.
fn normalised(statistics: &Array, c: usize, ch: usize, x: f64) -> [f64; 2] {
    let inverse = statistics.data[2 * c + ch];
    [(x - (statistics.data[ch] + statistics.data[c + ch])) * inverse, inverse]
}

/// Gradients from that of the normalised and scaled x, any ReLU being undone.
pub(super) fn backward(norm: &BatchNorm, inputs: &[Array], statistics: &Array, g: &Array) -> Vec<Option<Array>> {
    let x = &inputs[INPUT];
    let [.., c] = images::rows(&x.shape).expect("shapes were checked");
    let count = statistics.data[3 * c];
    let live = counted(x, statistics);
    let mut dgamma = Array::zeros(Shape::new(&[c]));
    let mut dbeta = dgamma.clone();
    for i in 0..live {
        dgamma.data[i % c] += g.data[i] * normalised(statistics, c, i % c, x.data[i])[0];
        dbeta.data[i % c] += g.data[i];
    }
    let mut dx = Array::zeros(x.shape.clone());
    for i in 0..live {
        let (ch, [xhat, inverse]) = (i % c, normalised(statistics, c, i % c, x.data[i]));
        let gamma = if norm.affine { inputs[GAMMA].data[ch] } else { 1.0 };
        // mean and deviation move with every x, or are constants
        let [mean_g, slope] =
            if norm.frozen { [0.0; 2] } else { [dbeta.data[ch], dgamma.data[ch]].map(|sum| sum / count) };
        dx.data[i] = gamma * inverse * (g.data[i] - mean_g - xhat * slope);
    }
    if norm.affine { vec![Some(dx), Some(dgamma), Some(dbeta), None, None] } else { vec![Some(dx), None, None] }
}
