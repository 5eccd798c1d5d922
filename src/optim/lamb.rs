//! LAMB (You et al. 2020) for what decays; AdamW updates the other parameters.

use lepton_kernels::op::Precision;
use lepton_kernels::parameters::Factors;
use lepton_kernels::{Shape, adam};
use serde::{Deserialize, Serialize};

use super::adam::bias_corrections;
use super::{
    BETA1, BETA2, DECOUPLED, MOMENTS, Member, Optimizer, OptimizerOp, OwnOp, State, epsilon, read, weight_decay,
};

/// This optimiser in `OPTIMIZERS`.
pub const ENTRY: Member<dyn Optimizer> = Member {
    name: "lamb",
    summary: "LAMB, for large batches",
    options: &[BETA1, BETA2, epsilon("1e-6"), weight_decay("0.01", DECOUPLED)],
    read: read::<Lamb>,
};

/// LAMB (You et al. 2020); parameters that do not decay are updated by AdamW.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lamb {
    /// Decay of the first moment.
    pub beta1: f32,
    /// Decay of the second moment.
    pub beta2: f32,
    /// Added to the root of the second moment.
    pub epsilon: f32,
    /// Decoupled weight decay.
    pub weight_decay: f32,
}

impl Default for Lamb {
    fn default() -> Self {
        ENTRY.with_defaults()
    }
}

impl Optimizer for Lamb {
    fn entry(&self) -> &'static Member<dyn Optimizer> {
        &ENTRY
    }

    /// The share of a tensor's norm that a step moves it.
    fn default_learning_rate(&self) -> f32 {
        0.01
    }

    fn states(&self) -> Vec<State> {
        MOMENTS.to_vec()
    }

    fn op(&self, precision: Precision, slabs: usize) -> Box<dyn OptimizerOp> {
        let Lamb { beta1, beta2, epsilon, weight_decay } = *self;
        Box::new(adam::Adam { beta1, beta2, epsilon, weight_decay, decoupled: true, precision, slabs })
    }

    fn bias_corrections(&self, t: u64) -> [f32; 2] {
        bias_corrections(self.beta1, self.beta2, t)
    }

    fn has_own_ops(&self) -> bool {
        true
    }

    fn own_op(&self, _shape: &Shape, factors: Factors, precision: Precision) -> Option<OwnOp> {
        if factors.decay == 0.0 {
            return None;
        }
        let Lamb { beta1, beta2, epsilon, weight_decay } = *self;
        let op = lepton_kernels::lamb::Lamb { beta1, beta2, epsilon, weight_decay, factors, precision };
        Some(OwnOp { op: Box::new(op), states: &[0, 1] })
    }
}
