//! The option `init`: how the weights of a layer start.

use serde::Deserialize;

use super::options::optional;
use super::{Init, OptionDoc};

/// The option `init`.
pub const INIT: OptionDoc = optional(
    "init",
    "\"glorot_uniform\", \"glorot_normal\", \"he_uniform\", \"he_normal\", \"torch\", \"truncated_normal\", \"orthogonal\" or \"zeros\"",
    "\"glorot_uniform\"",
    "how the weights start",
);

/// Standard deviation of `truncated_normal` before its ends are cut off, as in Keras.
const TRUNCATED_DEVIATION: f64 = 0.05;

/// How the weights of a layer start, by name. Biases start at 0, with `torch` as PyTorch's do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// Uniform of variance 2 / (fan_in + fan_out) (Glorot and Bengio 2010): Keras' default.
    #[default]
    GlorotUniform,
    /// Normal of variance 2 / (fan_in + fan_out) (Glorot and Bengio 2010; `torch.nn.init.xavier_normal_`).
    GlorotNormal,
    /// Uniform of variance 2 / fan_in (He et al. 2015; `torch.nn.init.kaiming_uniform_` for a ReLU).
    HeUniform,
    /// Normal of variance 2 / fan_in (He et al. 2015; `torch.nn.init.kaiming_normal_` for a ReLU).
    HeNormal,
    /// What `torch.nn.Conv2d` and `torch.nn.Linear` start with: weights and biases uniform in ±1 / sqrt(fan_in)
    /// (`kaiming_uniform_` with a = sqrt(5)).
    Torch,
    /// Normal of deviation 0.05 without what lies more than two deviations out: Keras' `TruncatedNormal`.
    TruncatedNormal,
    /// Rows or columns at right angles, of length 1 (Saxe et al. 2013).
    Orthogonal,
    /// Everywhere 0.
    Zeros,
}

/// Inputs of one output, and outputs that one input reaches.
#[derive(Clone, Copy, Debug)]
pub struct Fan {
    /// Inputs of one output.
    pub inputs: usize,
    /// Outputs that one input reaches.
    pub outputs: usize,
}

impl Start {
    /// How weights with these neighbours start; the last axis of their shape has `columns`.
    pub fn weights(self, fan: Fan, columns: usize) -> Init {
        let (fan_in, fan_out) = (fan.inputs, fan.outputs);
        let (inputs, both) = (fan_in as f64, (fan_in + fan_out) as f64);
        match self {
            Start::GlorotUniform => Init::GlorotUniform { fan_in, fan_out },
            Start::GlorotNormal => Init::Normal { deviation: (2.0 / both).sqrt() },
            Start::HeUniform => Init::Uniform { limit: (6.0 / inputs).sqrt() },
            Start::HeNormal => Init::Normal { deviation: (2.0 / inputs).sqrt() },
            Start::Torch => Init::Uniform { limit: 1.0 / inputs.sqrt() },
            Start::TruncatedNormal => Init::TruncatedNormal { deviation: TRUNCATED_DEVIATION },
            Start::Orthogonal => Init::Orthogonal { columns },
            Start::Zeros => Init::Constant(0.0),
        }
    }

    /// How a bias beside such weights starts.
    pub fn bias(self, fan: Fan) -> Init {
        match self {
            Start::Torch => self.weights(fan, 1),
            _ => Init::Constant(0.0),
        }
    }
}
