//! Adam (Kingma and Ba 2015), as `torch.optim.Adam`.

use lepton_kernels::adam;
use lepton_kernels::op::Precision;
use serde::{Deserialize, Serialize};

use super::{BETA1, BETA2, L2, MOMENTS, Member, Optimizer, OptimizerOp, State, epsilon, read, weight_decay};

/// This optimiser in `OPTIMIZERS`.
pub const ENTRY: Member<dyn Optimizer> = Member {
    name: "adam",
    summary: "Adam",
    options: &[BETA1, BETA2, epsilon("1e-8"), weight_decay("0.0", L2)],
    read: read::<Adam>,
};

/// Adam (Kingma and Ba 2015), as `torch.optim.Adam`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Adam {
    /// Decay of the first moment.
    pub beta1: f32,
    /// Decay of the second moment.
    pub beta2: f32,
    /// Added to the root of the second moment.
    pub epsilon: f32,
    /// L2 penalty: this times a parameter is added to its gradient.
    pub weight_decay: f32,
}

impl Default for Adam {
    fn default() -> Self {
        ENTRY.with_defaults()
    }
}

/// Bias corrections of two moments with these decays.
pub(super) fn bias_corrections(beta1: f32, beta2: f32, t: u64) -> [f32; 2] {
    adam::Adam { beta1, beta2, ..adam::Adam::default() }.bias_corrections(t)
}

impl Optimizer for Adam {
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
        let Adam { beta1, beta2, epsilon, weight_decay } = *self;
        Box::new(adam::Adam { beta1, beta2, epsilon, weight_decay, decoupled: false, precision, slabs })
    }

    fn bias_corrections(&self, t: u64) -> [f32; 2] {
        bias_corrections(self.beta1, self.beta2, t)
    }
}
