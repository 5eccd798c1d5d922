//! Options that several layers take, as a model file writes them.

use lepton_kernels::activation::ActivationKind;
use lepton_kernels::{Padding, ShapeError};
use serde::{Deserialize, Serialize};

use super::OptionDoc;

/// A size along both axes: `3` or `[3, 2]` (height, width).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Pair {
    /// The same along both.
    Same(usize),
    /// Height, then width.
    Each([usize; 2]),
}

impl Pair {
    /// Height, then width.
    pub fn sizes(self) -> [usize; 2] {
        match self {
            Pair::Same(size) => [size, size],
            Pair::Each(sizes) => sizes,
        }
    }
}

/// `"valid"`, `"same"`, `1`, `[1, 2]` (height, width) or `[top, bottom, left, right]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PaddingSpec {
    /// `"valid"` or `"same"`.
    Named(NamedPadding),
    /// The same on all sides.
    All(usize),
    /// Two or four numbers.
    Sides(Vec<usize>),
}

/// How much padding there is, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NamedPadding {
    /// No padding: windows stay inside the image.
    Valid,
    /// Output as large as the input, divided by the stride.
    Same,
}

impl PaddingSpec {
    /// The padding that ops take.
    ///
    /// # Errors
    /// If it has another number of sides than 1, 2 or 4.
    pub fn resolve(&self) -> Result<Padding, ShapeError> {
        let sides = |[top, bottom, left, right]: [usize; 4]| Padding::Explicit { top, bottom, left, right };
        Ok(match self {
            PaddingSpec::Named(NamedPadding::Valid) => Padding::Valid,
            PaddingSpec::Named(NamedPadding::Same) => Padding::Same,
            PaddingSpec::All(all) => sides([*all; 4]),
            PaddingSpec::Sides(s) if s.len() == 2 => sides([s[0], s[0], s[1], s[1]]),
            PaddingSpec::Sides(s) if s.len() == 4 => sides([s[0], s[1], s[2], s[3]]),
            PaddingSpec::Sides(s) => {
                return Err(ShapeError::new(format!("padding has {} numbers; it takes 1, 2 or 4", s.len()))
                    .hint("padding = [height, width] or [top, bottom, left, right]"));
            }
        })
    }
}

/// No padding: the default of windows.
pub fn valid() -> PaddingSpec {
    PaddingSpec::Named(NamedPadding::Valid)
}

/// 1 along both axes.
pub fn one() -> Pair {
    Pair::Same(1)
}

/// On, for switches that are on if nothing is said.
pub fn yes() -> bool {
    true
}

/// 1.
pub fn ones() -> usize {
    1
}

/// What follows a layer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// The layer's own output, as it is.
    #[default]
    None,
    /// `max(x, 0)`.
    Relu,
    /// `x` above 0, `x / 100` elsewhere.
    LeakyRelu,
    /// `x` above 0, `exp(x) - 1` elsewhere.
    Elu,
    /// `x` times the normal distribution function.
    Gelu,
    /// The same, approximated with tanh.
    GeluTanh,
    /// `x · sigmoid(x)`.
    Silu,
    /// `x · hardsigmoid(x)`.
    Hardswish,
    /// `1 / (1 + exp(-x))`.
    Sigmoid,
    /// The hyperbolic tangent.
    Tanh,
    /// `min(max(x + 3, 0), 6) / 6`.
    Hardsigmoid,
    /// `min(max(x, 0), 6)`.
    Relu6,
    /// `log(1 + exp(x))`.
    Softplus,
    /// `x · tanh(softplus(x))`.
    Mish,
}

impl Activation {
    /// The kind of the op `activation`; none for nothing, and for ReLU, which is an op of its own.
    pub fn kind(self) -> Option<ActivationKind> {
        Some(match self {
            Activation::None | Activation::Relu => return None,
            Activation::LeakyRelu => ActivationKind::LeakyRelu { negative_slope: 0.01 },
            Activation::Elu => ActivationKind::Elu { alpha: 1.0 },
            Activation::Gelu => ActivationKind::Gelu,
            Activation::GeluTanh => ActivationKind::GeluTanh,
            Activation::Silu => ActivationKind::Silu,
            Activation::Hardswish => ActivationKind::Hardswish,
            Activation::Sigmoid => ActivationKind::Sigmoid,
            Activation::Tanh => ActivationKind::Tanh,
            Activation::Hardsigmoid => ActivationKind::Hardsigmoid,
            Activation::Relu6 => ActivationKind::Relu6,
            Activation::Softplus => ActivationKind::Softplus,
            Activation::Mish => ActivationKind::Mish,
        })
    }
}

/// Every name of an activation.
pub const ACTIVATION_NAMES: &str = "\"none\", \"relu\", \"leaky_relu\", \"elu\", \"gelu\", \"gelu_tanh\", \"silu\", \
    \"hardswish\", \"sigmoid\", \"tanh\", \"hardsigmoid\", \"relu6\", \"softplus\" or \"mish\"";

/// The row of an option that must be given.
pub const fn required(name: &'static str, takes: &'static str, meaning: &'static str) -> OptionDoc {
    OptionDoc { name, takes, default: None, meaning }
}

/// An option with a default.
pub const fn optional(
    name: &'static str,
    takes: &'static str,
    default: &'static str,
    meaning: &'static str,
) -> OptionDoc {
    OptionDoc { name, takes, default: Some(default), meaning }
}

/// What a size along both axes may be.
pub const PAIR: &str = "number or [height, width]";
/// What a padding may be.
pub const PADDING: &str = "\"valid\", \"same\", number, [height, width] or [top, bottom, left, right]";
/// The option `padding`.
pub const PADDING_OPTION: OptionDoc = optional("padding", PADDING, "\"valid\"", "zeros around the image");
/// The option `bias`.
pub const BIAS: OptionDoc = optional("bias", "true or false", "true", "add a learned bias to each output channel");
/// The option `activation`.
pub const ACTIVATION: OptionDoc =
    optional("activation", ACTIVATION_NAMES, "\"none\"", "activation applied to the output");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_activations_are_those_that_are_read() {
        let names: Vec<&str> = ACTIVATION_NAMES.split('"').skip(1).step_by(2).collect();
        for name in &names {
            let read = toml::Value::String((*name).into()).try_into::<Activation>().unwrap();
            let expected = if matches!(*name, "none" | "relu") { None } else { Some(*name) };
            assert_eq!(read.kind().map(ActivationKind::name), expected);
        }
        let error = toml::Value::String("x".into()).try_into::<Activation>().unwrap_err().to_string();
        let (_, known) = error.split_once("expected").unwrap();
        assert_eq!(known.split('`').skip(1).step_by(2).collect::<Vec<_>>(), names);
    }
}
