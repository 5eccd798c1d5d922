//! The optimiser of a run.

use serde::{Deserialize, Serialize};

/// The optimiser and its constants.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case", deny_unknown_fields)]
pub enum OptimizerConfig {
    /// Stochastic gradient descent, as `torch.optim.SGD`.
    Sgd {
        /// Momentum; 0 keeps no buffer.
        momentum: f32,
        /// Nesterov's form.
        nesterov: bool,
        /// L2 penalty.
        weight_decay: f32,
    },
    /// Adam, as `torch.optim.Adam`.
    Adam {
        /// Decay of the first moment.
        beta1: f32,
        /// Decay of the second moment.
        beta2: f32,
        /// Added to the root of the second moment.
        epsilon: f32,
        /// L2 penalty.
        weight_decay: f32,
    },
}

impl Default for OptimizerConfig {
    fn default() -> Self {
        OptimizerConfig::Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0.0 }
    }
}
