//! The definition of the losses of numbers, from their formulas.

use super::{Kind, TARGETS, VALUES, ValueLoss, WEIGHTS, row_sizes};
use crate::{Array, Shape};

fn sigmoid(x: f64) -> f64 {
    if x >= 0.0 { 1.0 / (1.0 + (-x).exp()) } else { x.exp() / (1.0 + x.exp()) }
}

/// `-log sigmoid(x)`.
fn softplus_of_minus(x: f64) -> f64 {
    (-x).max(0.0) + (-x.abs()).exp().ln_1p()
}

/// Loss of an element, and its derivative by `x`.
fn element(kind: Kind, x: f64, t: f64, positive: f64) -> [f64; 2] {
    let (p, d) = (sigmoid(x), x - t);
    let q = sigmoid(-x);
    let bce = |positive: f64| {
        let loss = positive * t * softplus_of_minus(x) + (1.0 - t) * softplus_of_minus(-x);
        [loss, (1.0 - t) * p - positive * t * q]
    };
    match kind {
        Kind::Bce => bce(positive),
        Kind::Focal { gamma, alpha } => {
            let (gamma, alpha) = (f64::from(gamma), f64::from(alpha));
            let [loss, slope] = bce(1.0);
            // 1 - p_t, and its derivative
            let (miss, by_x) = (p * (1.0 - t) + q * t, (1.0 - 2.0 * t) * p * q);
            let weight = if alpha < 0.0 { 1.0 } else { alpha * t + (1.0 - alpha) * (1.0 - t) };
            let grown = if gamma == 0.0 { 0.0 } else { gamma * miss.powf(gamma - 1.0) * by_x };
            [weight * loss * miss.powf(gamma), weight * (slope * miss.powf(gamma) + loss * grown)]
        }
        Kind::Own(own) => (own.definition)(x, t),
        Kind::Mse => [d * d, 2.0 * d],
        Kind::Mae => [d.abs(), if d == 0.0 { 0.0 } else { d.signum() }],
        Kind::Huber { delta, factor } => {
            let (delta, factor) = (f64::from(delta), f64::from(factor));
            if d.abs() <= delta {
                [factor * d * d / 2.0, factor * d]
            } else {
                [factor * delta * (d.abs() - delta / 2.0), factor * delta * d.signum()]
            }
        }
    }
}

pub(super) fn outputs(op: &ValueLoss, inputs: &[Array]) -> Vec<Array> {
    let [n, k] = row_sizes(&inputs[VALUES].shape);
    let [scale, positives] = op.extras().map(|i| &inputs[i].data);
    let scale = if op.scaled { scale[0] } else { 1.0 };
    let mut outputs = vec![Array::zeros(Shape::new(&[n])); 2];
    let mut gradient = Array::zeros(inputs[VALUES].shape.clone());
    for row in (0..n).filter(|&row| inputs[WEIGHTS].data[row] != 0.0) {
        let share = inputs[WEIGHTS].data[row] / k as f64;
        let mut right = op.kind.has_answers();
        for at in row * k..(row + 1) * k {
            let (x, t) = (inputs[VALUES].data[at], inputs[TARGETS].data[at]);
            let [loss, slope] = element(op.kind, x, t, if op.positives { positives[at % k] } else { 1.0 });
            outputs[0].data[row] += share * loss;
            gradient.data[at] = scale * share * slope;
            right &= (x > 0.0) == (t > 0.5);
        }
        outputs[1].data[row] = f64::from(u8::from(right));
    }
    outputs.push(gradient);
    outputs
}
