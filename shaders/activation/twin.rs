//! Activations and their slopes in f64, as PyTorch's documentation writes them: the definition.

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI, PI};

use super::ActivationKind;

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

fn softplus(x: f64) -> f64 {
    // exp(x) alone is infinite beyond 709
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// The normal distribution function.
fn normal(x: f64) -> f64 {
    0.5 * libm::erfc(-x * FRAC_1_SQRT_2)
}

/// The argument of tanh in the approximate GELU, and its slope.
fn inner(x: f64) -> (f64, f64) {
    let root = (2.0 / PI).sqrt();
    (root * (x + 0.044715 * x.powi(3)), root * (1.0 + 3.0 * 0.044715 * x * x))
}

pub(super) fn activate(kind: ActivationKind, x: f64) -> f64 {
    match kind {
        ActivationKind::LeakyRelu { negative_slope } => x.max(0.0) + f64::from(negative_slope) * x.min(0.0),
        ActivationKind::Elu { alpha } => x.max(0.0) + f64::from(alpha) * x.min(0.0).exp_m1(),
        ActivationKind::Gelu => x * normal(x),
        ActivationKind::GeluTanh => 0.5 * x * (1.0 + inner(x).0.tanh()),
        ActivationKind::Silu => x * sigmoid(x),
        ActivationKind::Hardswish => x * (x + 3.0).clamp(0.0, 6.0) / 6.0,
        ActivationKind::Hardsigmoid => (x + 3.0).clamp(0.0, 6.0) / 6.0,
        ActivationKind::Relu6 => x.clamp(0.0, 6.0),
        ActivationKind::Sigmoid => sigmoid(x),
        ActivationKind::Tanh => x.tanh(),
        ActivationKind::Softplus => softplus(x),
        ActivationKind::Mish => x * softplus(x).tanh(),
    }
}

pub(super) fn slope(kind: ActivationKind, x: f64) -> f64 {
    let inside = |low: f64, high: f64, slope: f64| if low < x && x < high { slope } else { 0.0 };
    match kind {
        ActivationKind::LeakyRelu { negative_slope } => {
            if x > 0.0 {
                1.0
            } else {
                f64::from(negative_slope)
            }
        }
        ActivationKind::Elu { alpha } => {
            if x > 0.0 {
                1.0
            } else {
                f64::from(alpha) * x.exp()
            }
        }
        ActivationKind::Gelu => normal(x) + x * (-0.5 * x * x).exp() * 0.5 * FRAC_2_SQRT_PI * FRAC_1_SQRT_2,
        ActivationKind::GeluTanh => {
            let (u, du) = inner(x);
            0.5 * (1.0 + u.tanh()) + 0.5 * x * du / u.cosh().powi(2)
        }
        ActivationKind::Silu => sigmoid(x) + x * sigmoid(x) * sigmoid(-x),
        ActivationKind::Hardswish if x <= -3.0 => 0.0,
        ActivationKind::Hardswish if x >= 3.0 => 1.0,
        ActivationKind::Hardswish => (2.0 * x + 3.0) / 6.0,
        ActivationKind::Hardsigmoid => inside(-3.0, 3.0, 1.0 / 6.0),
        ActivationKind::Relu6 => inside(0.0, 6.0, 1.0),
        ActivationKind::Sigmoid => sigmoid(x) * sigmoid(-x),
        ActivationKind::Tanh => x.cosh().powi(-2),
        ActivationKind::Softplus => sigmoid(x),
        ActivationKind::Mish => {
            let u = softplus(x);
            u.tanh() + x * sigmoid(x) / u.cosh().powi(2)
        }
    }
}
