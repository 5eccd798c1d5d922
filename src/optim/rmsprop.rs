//! RMSprop (Hinton 2012), as `torch.optim.RMSprop`, not centred.

use lepton_kernels::op::Precision;
use serde::{Deserialize, Serialize};

use super::{DECAY, Field, L2, Member, Optimizer, OptimizerOp, State, epsilon, momentum, read, weight_decay};

/// This optimiser in `OPTIMIZERS`.
pub const ENTRY: Member<dyn Optimizer> = Member {
    name: "rmsprop",
    summary: "RMSprop",
    options: &[
        Field {
            key: "alpha",
            flag: Some("alpha"),
            takes: DECAY,
            default: "0.99",
            doc: "Decay of the running mean of squared gradients.",
        },
        epsilon("1e-8"),
        momentum("0.0"),
        weight_decay("0.0", L2),
    ],
    read: read::<RmsProp>,
};

/// RMSprop (Hinton 2012), as `torch.optim.RMSprop`, not centred.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RmsProp {
    /// Decay of the mean of squared gradients.
    pub alpha: f32,
    /// Added to the root of the mean of squares.
    pub epsilon: f32,
    /// Share of the last step that joins the next one; 0 keeps no buffer.
    pub momentum: f32,
    /// L2 penalty: this times a parameter is added to its gradient.
    pub weight_decay: f32,
}

impl Default for RmsProp {
    fn default() -> Self {
        ENTRY.with_defaults()
    }
}

impl Optimizer for RmsProp {
    fn entry(&self) -> &'static Member<dyn Optimizer> {
        &ENTRY
    }

    fn default_learning_rate(&self) -> f32 {
        0.001
    }

    fn states(&self) -> Vec<State> {
        let names: &[&str] = if self.momentum == 0.0 { &["square_average"] } else { &["square_average", "momentum"] };
        names.iter().map(|name| State::whole(name)).collect()
    }

    fn op(&self, precision: Precision, slabs: usize) -> Box<dyn OptimizerOp> {
        let RmsProp { alpha, epsilon, momentum, weight_decay } = *self;
        Box::new(lepton_kernels::rmsprop::RmsProp { alpha, epsilon, momentum, weight_decay, precision, slabs })
    }
}
