//! AdamW (Loshchilov and Hutter 2019), as `torch.optim.AdamW`.

use lepton_kernels::adam;
use lepton_kernels::op::Precision;
use serde::{Deserialize, Serialize};

use super::adam::bias_corrections;
use super::{BETA1, BETA2, DECOUPLED, MOMENTS, Member, Optimizer, OptimizerOp, State, epsilon, read, weight_decay};

/// This optimiser in `OPTIMIZERS`.
pub const ENTRY: Member<dyn Optimizer> = Member {
    name: "adamw",
    summary: "Adam with decoupled weight decay",
    options: &[BETA1, BETA2, epsilon("1e-8"), weight_decay("0.01", DECOUPLED)],
    read: read::<AdamW>,
};

/// AdamW (Loshchilov and Hutter 2019), as `torch.optim.AdamW`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdamW {
    /// Decay of the first moment.
    pub beta1: f32,
    /// Decay of the second moment.
    pub beta2: f32,
    /// Added to the root of the second moment.
    pub epsilon: f32,
    /// Decoupled weight decay.
    pub weight_decay: f32,
}

impl Default for AdamW {
    fn default() -> Self {
        ENTRY.with_defaults()
    }
}

impl Optimizer for AdamW {
    fn entry(&self) -> &'static Member<dyn Optimizer> {
        &ENTRY
    }

    fn default_learning_rate(&self) -> f32 {
        0.001
    }

    fn states(&self) -> Vec<State> {
        MOMENTS.to_vec()
    }

    fn op(&self, precision: Precision, slabs: usize) -> Box<dyn OptimizerOp> {
        let AdamW { beta1, beta2, epsilon, weight_decay } = *self;
        Box::new(adam::Adam { beta1, beta2, epsilon, weight_decay, decoupled: true, precision, slabs })
    }

    fn bias_corrections(&self, t: u64) -> [f32; 2] {
        bias_corrections(self.beta1, self.beta2, t)
    }
}
