//! The optimiser of a run.

use lepton_kernels::adam::Adam;
use serde::{Deserialize, Serialize};

/// The optimiser and its constants. Weight decay is an L2 penalty in SGD, Adam and RMSprop, and decoupled in the others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "lowercase", deny_unknown_fields)]
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
    /// AdamW (Loshchilov and Hutter 2019), as `torch.optim.AdamW`.
    AdamW {
        /// Decay of the first moment.
        beta1: f32,
        /// Decay of the second moment.
        beta2: f32,
        /// Added to the root of the second moment.
        epsilon: f32,
        /// Decoupled weight decay.
        weight_decay: f32,
    },
    /// RMSprop, as `torch.optim.RMSprop`.
    RmsProp {
        /// Decay of the mean of squares.
        alpha: f32,
        /// Added to the root of the mean of squares.
        epsilon: f32,
        /// Momentum; 0 keeps no buffer.
        momentum: f32,
        /// L2 penalty.
        weight_decay: f32,
    },
    /// LAMB (You et al. 2020); parameters that do not decay are updated by AdamW.
    Lamb {
        /// Decay of the first moment.
        beta1: f32,
        /// Decay of the second moment.
        beta2: f32,
        /// Added to the root of the second moment.
        epsilon: f32,
        /// Decoupled weight decay.
        weight_decay: f32,
    },
    /// Lion (Chen et al. 2023).
    Lion {
        /// Weight of the momentum in the direction.
        beta1: f32,
        /// Decay of the momentum.
        beta2: f32,
        /// Decoupled weight decay.
        weight_decay: f32,
    },
    /// Muon, as `torch.optim.Muon`, on the filters of convolutions; everything else is updated by AdamW.
    Muon {
        /// Momentum.
        momentum: f32,
        /// Nesterov's form.
        nesterov: bool,
        /// AdamW's decay of the first moment.
        beta1: f32,
        /// AdamW's decay of the second moment.
        beta2: f32,
        /// AdamW's epsilon.
        epsilon: f32,
        /// Decoupled weight decay, of both.
        weight_decay: f32,
        /// What AdamW's learning rate is, as a share of Muon's.
        auxiliary: f32,
    },
}

impl Default for OptimizerConfig {
    fn default() -> Self {
        OptimizerConfig::Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0.0 }
    }
}

impl OptimizerConfig {
    /// The usual learning rate.
    pub fn default_learning_rate(&self) -> f32 {
        match self {
            // LAMB's rate is the share of a tensor's norm that a step moves it
            OptimizerConfig::Sgd { .. } | OptimizerConfig::Lamb { .. } => 0.01,
            OptimizerConfig::Lion { .. } => 0.0001,
            OptimizerConfig::Muon { .. } => 0.02,
            _ => 0.001,
        }
    }

    /// Adam's bias corrections of update `t`, from 1; other optimisers have none.
    pub fn bias_corrections(&self, t: u64) -> [f32; 2] {
        match *self {
            OptimizerConfig::Adam { beta1, beta2, .. }
            | OptimizerConfig::AdamW { beta1, beta2, .. }
            | OptimizerConfig::Lamb { beta1, beta2, .. }
            | OptimizerConfig::Muon { beta1, beta2, .. } => {
                Adam { beta1, beta2, ..Adam::default() }.bias_corrections(t)
            }
            OptimizerConfig::Sgd { .. } | OptimizerConfig::RmsProp { .. } | OptimizerConfig::Lion { .. } => [1.0, 1.0],
        }
    }
}
