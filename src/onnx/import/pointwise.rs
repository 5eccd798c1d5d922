//! Which layer computes a function of single elements: found by what the function gives, not by how a file writes it. GELU is
//! five nodes in one exporter's files and one in another's.

use std::rc::Rc;

use lepton_kernels::activation::{Activate, ActivationKind};
use lepton_kernels::{Array, Op, Shape, Step};

use super::value::Function;
use crate::model::{NewLayer, layer};

/// What a function is.
#[derive(Debug)]
pub enum Known {
    /// `scale · x + shift`.
    Affine {
        /// The factor.
        scale: f64,
        /// What is added.
        shift: f64,
    },
    /// A layer of this type.
    Layer(NewLayer),
}

/// Where functions are compared: around the kinks of those that have any, and far out.
const POINTS: [f64; 31] = [
    -30.0, -12.0, -8.0, -6.0, -5.0, -4.0, -3.2, -3.0, -2.8, -2.0, -1.5, -1.0, -0.7, -0.5, -0.3, -0.1, 0.0, 0.1, 0.3,
    0.5, 0.7, 1.0, 1.5, 2.0, 2.8, 3.2, 4.0, 5.5, 6.5, 12.0, 30.0,
];

/// How far values may lie apart: constants in files are f32.
const CLOSE: f64 = 4e-6;

/// Activations without options; those of the families with one follow from their values.
const PLAIN: [ActivationKind; 10] = [
    ActivationKind::Relu6,
    ActivationKind::Sigmoid,
    ActivationKind::Silu,
    ActivationKind::Gelu,
    ActivationKind::GeluTanh,
    ActivationKind::Hardswish,
    ActivationKind::Hardsigmoid,
    ActivationKind::Tanh,
    ActivationKind::Softplus,
    ActivationKind::Mish,
];

/// Whether two functions have the same values.
fn same(f: &[f64], g: &[f64]) -> bool {
    f.iter().zip(g).all(|(f, g)| (f - g).abs() <= CLOSE * (1.0 + g.abs()))
}

fn values(kind: ActivationKind) -> Vec<f64> {
    let points = Array::new(Shape::new(&[1, POINTS.len()]), POINTS.to_vec());
    Activate { kind }.twin(&[points], &Step::default()).remove(0).data
}

/// The layer of this activation.
fn activation(kind: ActivationKind) -> NewLayer {
    match kind {
        ActivationKind::LeakyRelu { negative_slope } => {
            layer("leaky_relu").with("negative_slope", decimal(negative_slope))
        }
        ActivationKind::Elu { alpha } => layer("elu").with("alpha", decimal(alpha)),
        ActivationKind::GeluTanh => layer("gelu").with("approximate", "tanh"),
        plain => layer(plain.name()),
    }
}

/// An f32 as people write it: 0.01 and not 0.009999999776482582.
pub fn decimal(number: f32) -> f64 {
    number.to_string().parse().expect("a printed number is a number")
}

/// What a function is, if a layer computes it.
pub fn known(f: &dyn Fn(f64) -> f64) -> Option<Known> {
    let found: Vec<f64> = POINTS.iter().map(|&x| f(x)).collect();
    if found.iter().any(|y| !y.is_finite()) {
        return None;
    }
    let (shift, scale) = (f(0.0), f(1.0) - f(0.0));
    let line: Vec<f64> = POINTS.iter().map(|x| scale * x + shift).collect();
    if same(&found, &line) {
        return Some(Known::Affine { scale, shift });
    }
    let relu: Vec<f64> = POINTS.iter().map(|x| x.max(0.0)).collect();
    if same(&found, &relu) {
        return Some(Known::Layer(layer("relu")));
    }
    let families = [
        ActivationKind::LeakyRelu { negative_slope: -f(-1.0) as f32 },
        ActivationKind::Elu { alpha: (f(-1.0) / (-1.0f64).exp_m1()) as f32 },
    ];
    let kind = PLAIN.into_iter().chain(families).find(|&kind| same(&found, &values(kind)))?;
    Some(Known::Layer(activation(kind)))
}

/// Functions one after another.
pub fn composed(functions: &[Function]) -> impl Fn(f64) -> f64 + use<> {
    let functions: Vec<Rc<dyn Fn(f64) -> f64>> = functions.iter().map(|function| function.f.clone()).collect();
    move |x| functions.iter().fold(x, |x, f| f(x))
}

/// The error function, by the distribution function that GELU's definition has.
pub fn erf(x: f64) -> f64 {
    // gelu(z) = z (1 + erf(z / √2)) / 2
    if x == 0.0 {
        return 0.0;
    }
    let z = x * std::f64::consts::SQRT_2;
    let gelu = Activate { kind: ActivationKind::Gelu }
        .twin(&[Array::new(Shape::new(&[1, 1]), vec![z])], &Step::default())
        .remove(0)
        .data[0];
    2.0 * gelu / z - 1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(f: &dyn Fn(f64) -> f64) -> String {
        match known(f) {
            None => "none".into(),
            Some(Known::Affine { scale, shift }) => format!("{scale}x+{shift}"),
            Some(Known::Layer(found)) => format!("{found:?}"),
        }
    }

    #[test]
    fn functions_are_known_by_their_values() {
        for (f, words) in [
            ((|x: f64| x.clamp(0.0, 6.0)) as fn(f64) -> f64, "relu6"),
            (|x| x.max(0.0), "\"relu\""),
            (|x| x / (1.0 + (-x).exp()), "silu"),
            (|x| 0.5 * x * (1.0 + erf(x / std::f64::consts::SQRT_2)), "\"gelu\""),
            (|x| 0.5 * x * (1.0 + (0.797_884_6 * (x + 0.044_715 * x * x * x)).tanh()), "approximate"),
            (|x| if x > 0.0 { x } else { 0.25 * x }, "leaky_relu"),
            (|x| x * ((x + 3.0) / 6.0).clamp(0.0, 1.0), "hardswish"),
            (|x| 3.0 * x - 1.0, "3x+-1"),
            (|x| x.clamp(0.0, 5.0), "none"),
            (|x| (0.2 * x + 0.5).clamp(0.0, 1.0), "none"),
            (|x| x.sqrt(), "none"),
        ] {
            assert!(name(&f).contains(words), "{} should be {words}", name(&f));
        }
    }
}
