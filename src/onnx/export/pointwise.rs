//! Rows of ops on single values and channels: activations, sums and products, linear layers.

use lepton_kernels::activation::{Activate, ActivationKind};
use lepton_kernels::scale_channels::ScaleChannels;
use lepton_kernels::softmax::Softmax;

use super::site::Site;
use super::writer::{float, int};

/// `linear`: weights become `[units, features]`, as PyTorch has them.
pub fn linear(site: &mut Site) -> String {
    let weight = site.weight(0, &[1, 0]);
    let bias = (site.weights.len() > 1).then(|| site.weight(1, &[0]));
    let x = site.inputs[0].clone();
    let inputs: Vec<&str> = [x.as_str(), &weight].into_iter().chain(bias.as_deref()).collect();
    site.node("Gemm", &inputs, vec![int("transB", 1)])
}

/// `relu`.
pub fn relu(site: &mut Site) -> String {
    site.unary("Relu", Vec::new())
}

/// `activation`: one op where opset 17 has it, its formula where it has not.
pub fn activation(site: &mut Site) -> String {
    let x = site.inputs[0].clone();
    match site.op::<Activate>().kind {
        ActivationKind::LeakyRelu { negative_slope } => site.unary("LeakyRelu", vec![float("alpha", negative_slope)]),
        ActivationKind::Elu { alpha } => site.unary("Elu", vec![float("alpha", alpha)]),
        ActivationKind::Gelu => {
            let scaled = times(site, &x, std::f32::consts::FRAC_1_SQRT_2);
            let erf = site.node("Erf", &[&scaled], Vec::new());
            half_of_one_and(site, &x, &erf)
        }
        ActivationKind::GeluTanh => {
            let square = site.node("Mul", &[&x, &x], Vec::new());
            let cube = site.node("Mul", &[&square, &x], Vec::new());
            let small = times(site, &cube, 0.044_715);
            let sum = site.node("Add", &[&x, &small], Vec::new());
            let scaled = times(site, &sum, (2.0 / std::f32::consts::PI).sqrt());
            let tanh = site.node("Tanh", &[&scaled], Vec::new());
            half_of_one_and(site, &x, &tanh)
        }
        ActivationKind::Silu => {
            let gate = site.unary("Sigmoid", Vec::new());
            site.node("Mul", &[&x, &gate], Vec::new())
        }
        ActivationKind::Hardswish => site.unary("HardSwish", Vec::new()),
        ActivationKind::Hardsigmoid => site.unary("HardSigmoid", vec![float("alpha", 1.0 / 6.0), float("beta", 0.5)]),
        ActivationKind::Relu6 => {
            let [low, high] = [("min", 0.0), ("max", 6.0)].map(|(name, value)| site.constant(name, &[], &[value]));
            site.node("Clip", &[&x, &low, &high], Vec::new())
        }
        ActivationKind::Sigmoid => site.unary("Sigmoid", Vec::new()),
        ActivationKind::Tanh => site.unary("Tanh", Vec::new()),
        ActivationKind::Softplus => site.unary("Softplus", Vec::new()),
        ActivationKind::Mish => {
            let soft = site.unary("Softplus", Vec::new());
            let tanh = site.node("Tanh", &[&soft], Vec::new());
            site.node("Mul", &[&x, &tanh], Vec::new())
        }
    }
}

fn times(site: &mut Site, x: &str, factor: f32) -> String {
    let factor = site.constant("factor", &[], &[factor]);
    site.node("Mul", &[x, &factor], Vec::new())
}

/// `x · (1 + y) / 2`
fn half_of_one_and(site: &mut Site, x: &str, y: &str) -> String {
    let one = site.constant("one", &[], &[1.0]);
    let sum = site.node("Add", &[y, &one], Vec::new());
    let product = site.node("Mul", &[x, &sum], Vec::new());
    times(site, &product, 0.5)
}

/// `scale_channels`: factors, or slopes below 0.
pub fn scale_channels(site: &mut Site) -> String {
    let op = if site.op::<ScaleChannels>().below { "PRelu" } else { "Mul" };
    let count = site.weights[0].values.len();
    let factors = site.weight_as(0, &site.per_channel(0, count));
    let x = site.inputs[0].clone();
    site.node(op, &[&x, &factors], Vec::new())
}

/// `softmax` and its logarithm, over channels.
pub fn softmax(site: &mut Site) -> String {
    let op = if site.op::<Softmax>().log { "LogSoftmax" } else { "Softmax" };
    let axis = site.channel_axis(0);
    site.unary(op, vec![int("axis", axis)])
}

/// `add`.
pub fn add(site: &mut Site) -> String {
    let [a, b] = [site.inputs[0].clone(), site.inputs[1].clone()];
    site.node("Add", &[&a, &b], Vec::new())
}

/// `multiply`: a row of channels meets images as images of one pixel.
pub fn multiply(site: &mut Site) -> String {
    let images = site.is_images(0) || site.is_images(1);
    let inputs: Vec<String> = (0..2)
        .map(|i| {
            let x = site.inputs[i].clone();
            if !images || site.is_images(i) {
                return x;
            }
            let axes = site.writer.numbers(&format!("{}.axes", site.layer), &[2, 3]);
            site.node("Unsqueeze", &[&x, &axes], Vec::new())
        })
        .collect();
    site.node("Mul", &[&inputs[0], &inputs[1]], Vec::new())
}
