//! Muon (Jordan et al. 2024), as `torch.optim.Muon`, on the filters of convolutions; AdamW updates everything else.

use lepton_kernels::op::Precision;
use lepton_kernels::parameters::Factors;
use lepton_kernels::{Shape, adam};
use serde::{Deserialize, Serialize};

use super::adam::bias_corrections;
use super::{
    BETA1, BETA2, DECOUPLED, Field, MOMENTS, Member, Optimizer, OptimizerOp, OwnOp, State, Takes, epsilon, momentum,
    nesterov, read, weight_decay,
};

/// This optimiser in `OPTIMIZERS`.
pub const ENTRY: Member<dyn Optimizer> = Member {
    name: "muon",
    summary: "Muon for convolution filters, AdamW for everything else",
    options: &[
        momentum("0.95"),
        nesterov("true"),
        Field { doc: "Decay rate of AdamW's first moment.", ..BETA1 },
        Field { doc: "Decay rate of AdamW's second moment.", ..BETA2 },
        epsilon("1e-8"),
        weight_decay("0.0", DECOUPLED),
        Field {
            key: "auxiliary",
            flag: None,
            takes: Takes::Number { min: 0.0, max: f32::MAX as f64 },
            // 0.02 · 0.05 is Adam's 0.001
            default: "0.05",
            doc: "AdamW's learning rate, as a fraction of Muon's.",
        },
    ],
    read: read::<Muon>,
};

/// Muon (Jordan et al. 2024), as `torch.optim.Muon`, on the filters of convolutions; everything else is updated by AdamW.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Muon {
    /// Share of the last step that joins the next one.
    pub momentum: f32,
    /// Nesterov's form of momentum.
    pub nesterov: bool,
    /// AdamW's decay of the first moment.
    pub beta1: f32,
    /// AdamW's decay of the second moment.
    pub beta2: f32,
    /// Added to the root of AdamW's second moment.
    pub epsilon: f32,
    /// Decoupled weight decay, of both.
    pub weight_decay: f32,
    /// AdamW's learning rate, as a share of Muon's.
    pub auxiliary: f32,
}

impl Default for Muon {
    fn default() -> Self {
        ENTRY.with_defaults()
    }
}

impl Optimizer for Muon {
    fn entry(&self) -> &'static Member<dyn Optimizer> {
        &ENTRY
    }

    fn default_learning_rate(&self) -> f32 {
        0.02
    }

    /// Filters keep their momentum in the first one.
    fn states(&self) -> Vec<State> {
        MOMENTS.to_vec()
    }

    fn op(&self, precision: Precision, slabs: usize) -> Box<dyn OptimizerOp> {
        let Muon { beta1, beta2, epsilon, weight_decay, .. } = *self;
        Box::new(adam::Adam { beta1, beta2, epsilon, weight_decay, decoupled: true, precision, slabs })
    }

    fn bias_corrections(&self, t: u64) -> [f32; 2] {
        bias_corrections(self.beta1, self.beta2, t)
    }

    fn has_own_ops(&self) -> bool {
        true
    }

    fn own_op(&self, shape: &Shape, factors: Factors, precision: Precision) -> Option<OwnOp> {
        if shape.sizes().len() <= 2 {
            return None;
        }
        let Muon { momentum, nesterov, weight_decay, .. } = *self;
        let op = lepton_kernels::muon::Muon { momentum, nesterov, weight_decay, factors, precision };
        Some(OwnOp { op: Box::new(op), states: &[0] })
    }

    fn shared_rate(&self) -> f32 {
        self.auxiliary
    }
}
