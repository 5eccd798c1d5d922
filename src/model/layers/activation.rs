//! Activations as layers of their own. `relu` stands with the plain layers: it is an op that other kernels take in.

use lepton_kernels::ShapeError;
use lepton_kernels::activation::{Activate, ActivationKind};
use serde::Deserialize;

use super::options::{Activation, optional};
use super::{Build, LayerBuilder, LayerType, OptionDoc, Reads, Value, parse};

/// `x · sigmoid(x)`, in `LAYERS`.
pub const SILU: LayerType = activation("silu", "`x * sigmoid(x)` (swish)", |t| alone(t, Activation::Silu));
/// Hardswish, in `LAYERS`.
pub const HARDSWISH: LayerType =
    activation("hardswish", "`x * min(max(x + 3, 0), 6) / 6`", |t| alone(t, Activation::Hardswish));
/// Logistic function, in `LAYERS`.
pub const SIGMOID: LayerType = activation("sigmoid", "`1 / (1 + exp(-x))`", |t| alone(t, Activation::Sigmoid));
/// Hyperbolic tangent, in `LAYERS`.
pub const TANH: LayerType = activation("tanh", "hyperbolic tangent", |t| alone(t, Activation::Tanh));
/// Piecewise linear sigmoid, in `LAYERS`.
pub const HARDSIGMOID: LayerType =
    activation("hardsigmoid", "`min(max(x + 3, 0), 6) / 6`", |t| alone(t, Activation::Hardsigmoid));
/// Rectified linear unit up to 6, in `LAYERS`.
pub const RELU6: LayerType = activation("relu6", "`min(max(x, 0), 6)`", |t| alone(t, Activation::Relu6));
/// A smooth ReLU, in `LAYERS`.
pub const SOFTPLUS: LayerType = activation("softplus", "`log(1 + exp(x))`", |t| alone(t, Activation::Softplus));
/// Mish, in `LAYERS`.
pub const MISH: LayerType = activation("mish", "`x * tanh(log(1 + exp(x)))`", |t| alone(t, Activation::Mish));

/// Leaky ReLU, in `LAYERS`.
pub const LEAKY_RELU: LayerType = LayerType {
    options: &[optional("negative_slope", "number", "0.01", "slope for negative `x`")],
    ..activation("leaky_relu", "`x` if `x > 0`, otherwise `negative_slope * x`", parse::<LeakyRelu>)
};
/// Exponential linear unit, in `LAYERS`.
pub const ELU: LayerType = LayerType {
    options: &[optional("alpha", "number", "1.0", "the limit for large negative `x` is `-alpha`")],
    ..activation("elu", "`x` if `x > 0`, otherwise `alpha * (exp(x) - 1)`", parse::<Elu>)
};
/// Gaussian error linear unit, in `LAYERS`.
pub const GELU: LayerType = LayerType {
    options: &[APPROXIMATE],
    ..activation("gelu", "`x` times the standard normal distribution function of `x`", parse::<Gelu>)
};

const APPROXIMATE: OptionDoc =
    optional("approximate", "\"none\" or \"tanh\"", "\"none\"", "approximation of the distribution function");

type Parse = fn(toml::Table) -> Result<Box<dyn Build>, String>;

const fn activation(name: &'static str, summary: &'static str, parse: Parse) -> LayerType {
    LayerType { name, summary, reads: Reads::Exactly(1), options: &[], parse }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NoOptions {}

/// An activation without options.
#[derive(Debug)]
struct Alone(Activation);

fn alone(attributes: toml::Table, activation: Activation) -> Result<Box<dyn Build>, String> {
    attributes.try_into::<NoOptions>().map_err(|e| e.message().to_string())?;
    Ok(Box::new(Alone(activation)))
}

impl Build for Alone {
    fn build(&self, layer: &mut LayerBuilder) -> Result<Value, ShapeError> {
        layer.activate_as("", self.0, Value::Input(0))
    }
}

fn add(layer: &mut LayerBuilder, kind: ActivationKind) -> Result<Value, ShapeError> {
    layer.add(Activate { kind }, &[Value::Input(0)])
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct LeakyRelu {
    negative_slope: f32,
}

impl Default for LeakyRelu {
    fn default() -> Self {
        LeakyRelu { negative_slope: 0.01 }
    }
}

impl Build for LeakyRelu {
    fn build(&self, layer: &mut LayerBuilder) -> Result<Value, ShapeError> {
        add(layer, ActivationKind::LeakyRelu { negative_slope: self.negative_slope })
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Elu {
    alpha: f32,
}

impl Default for Elu {
    fn default() -> Self {
        Elu { alpha: 1.0 }
    }
}

impl Build for Elu {
    fn build(&self, layer: &mut LayerBuilder) -> Result<Value, ShapeError> {
        add(layer, ActivationKind::Elu { alpha: self.alpha })
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Gelu {
    approximate: Approximation,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Approximation {
    #[default]
    None,
    Tanh,
}

impl Build for Gelu {
    fn build(&self, layer: &mut LayerBuilder) -> Result<Value, ShapeError> {
        let kind = match self.approximate {
            Approximation::None => ActivationKind::Gelu,
            Approximation::Tanh => ActivationKind::GeluTanh,
        };
        add(layer, kind)
    }
}
