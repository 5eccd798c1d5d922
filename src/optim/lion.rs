//! Lion (Chen et al. 2023).

use lepton_kernels::op::Precision;
use serde::{Deserialize, Serialize};

use super::{BETA1, BETA2, DECOUPLED, Field, Member, Optimizer, OptimizerOp, State, read, weight_decay};

/// This optimiser in `OPTIMIZERS`.
pub const ENTRY: Member<dyn Optimizer> = Member {
    name: "lion",
    summary: "Lion: updates with the sign of the momentum",
    options: &[
        Field { doc: "Weight of the momentum in the update's direction.", ..BETA1 },
        Field { default: "0.99", doc: "Decay rate of the momentum.", ..BETA2 },
        weight_decay("0.0", DECOUPLED),
    ],
    read: read::<Lion>,
};

/// Lion (Chen et al. 2023).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lion {
    /// Weight of the momentum in the direction of a step.
    pub beta1: f32,
    /// Decay of the momentum.
    pub beta2: f32,
    /// Decoupled weight decay.
    pub weight_decay: f32,
}

impl Default for Lion {
    fn default() -> Self {
        ENTRY.with_defaults()
    }
}

impl Optimizer for Lion {
    fn entry(&self) -> &'static Member<dyn Optimizer> {
        &ENTRY
    }

    fn default_learning_rate(&self) -> f32 {
        0.0001
    }

    fn states(&self) -> Vec<State> {
        vec![State::whole("moment1")]
    }

    fn op(&self, precision: Precision, slabs: usize) -> Box<dyn OptimizerOp> {
        let Lion { beta1, beta2, weight_decay } = *self;
        Box::new(lepton_kernels::lion::Lion { beta1, beta2, weight_decay, precision, slabs })
    }
}
