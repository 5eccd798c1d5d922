//! Stochastic gradient descent, as `torch.optim.SGD` without dampening.

use lepton_kernels::op::Precision;
use serde::{Deserialize, Serialize};

use super::{L2, Member, Optimizer, OptimizerOp, OptionError, State, momentum, nesterov, read, weight_decay};

/// This optimiser in `OPTIMIZERS`.
pub const ENTRY: Member<dyn Optimizer> = Member {
    name: "sgd",
    summary: "stochastic gradient descent with momentum",
    options: &[momentum("0.9"), nesterov("false"), weight_decay("0.0", L2)],
    read: read::<Sgd>,
};

/// Stochastic gradient descent, as `torch.optim.SGD` without dampening.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sgd {
    /// Share of the last step that joins the next one; 0 keeps no buffer.
    pub momentum: f32,
    /// Nesterov's form of momentum.
    pub nesterov: bool,
    /// L2 penalty: this times a parameter is added to its gradient.
    pub weight_decay: f32,
}

impl Default for Sgd {
    fn default() -> Self {
        ENTRY.with_defaults()
    }
}

impl Optimizer for Sgd {
    fn entry(&self) -> &'static Member<dyn Optimizer> {
        &ENTRY
    }

    fn default_learning_rate(&self) -> f32 {
        0.01
    }

    fn states(&self) -> Vec<State> {
        if self.momentum == 0.0 { vec![] } else { vec![State::whole("momentum")] }
    }

    fn op(&self, precision: Precision, slabs: usize) -> Box<dyn OptimizerOp> {
        let Sgd { momentum, nesterov, weight_decay } = *self;
        Box::new(lepton_kernels::sgd::Sgd { momentum, nesterov, weight_decay, precision, slabs })
    }

    fn check_together(&self) -> Result<(), OptionError> {
        if self.nesterov && self.momentum == 0.0 {
            return Err(OptionError::Needs { key: "nesterov", needs: "momentum", value: "0".into(), better: "0.9" });
        }
        Ok(())
    }
}
