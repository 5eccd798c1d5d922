//! Adafactor (Shazeer and Stern 2018), as `torch.optim.Adafactor`: states that are nearly nothing beside the parameters.

use lepton_kernels::adafactor::{self, column_state, row_state, whole_state};
use lepton_kernels::op::Precision;
use lepton_kernels::parameters::Factors;
use lepton_kernels::{Shape, sgd};
use serde::{Deserialize, Serialize};

use super::{
    DECOUPLED, Field, Member, Optimizer, OptimizerOp, OwnOp, State, StateShape, Takes, epsilon, read, weight_decay,
};

/// This optimiser in `OPTIMIZERS`.
pub const ENTRY: Member<dyn Optimizer> = Member {
    name: "adafactor",
    summary: "Adafactor: stores row and column means instead of the second moment, for large models",
    options: &[
        Field {
            key: "decay_rate",
            flag: None,
            takes: Takes::Number { min: -1.0, max: 0.0 },
            default: "-0.8",
            doc: "In step t, the squared gradient enters the second moment with weight t^decay_rate.",
        },
        // PyTorch's: the smallest difference from 1 in f32
        epsilon("1.1920929e-7"),
        Field {
            key: "minimum_scale",
            flag: None,
            takes: Takes::Number { min: 0.0, max: f32::MAX as f64 },
            default: "1e-3",
            doc: "Lower bound for a parameter's root mean square, to which steps are proportional.",
        },
        Field {
            key: "clip_threshold",
            flag: None,
            takes: Takes::Number { min: 1e-6, max: f32::MAX as f64 },
            default: "1.0",
            doc: "Largest root mean square of an update; larger updates are scaled down to it.",
        },
        weight_decay("0.0", DECOUPLED),
    ],
    read: read::<Adafactor>,
};

/// Adafactor (Shazeer and Stern 2018), as `torch.optim.Adafactor`, factored over the last two axes: `c_in` and `c_out` of
/// filters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Adafactor {
    /// The second moment takes in `t^decay_rate` of the square of gradient number `t`.
    pub decay_rate: f32,
    /// Keeps the second moment away from 0.
    pub epsilon: f32,
    /// The smallest root mean square that a parameter is taken to have.
    pub minimum_scale: f32,
    /// Updates whose root mean square is larger are scaled down to it.
    pub clip_threshold: f32,
    /// Decoupled weight decay.
    pub weight_decay: f32,
}

impl Default for Adafactor {
    fn default() -> Self {
        ENTRY.with_defaults()
    }
}

impl Optimizer for Adafactor {
    fn entry(&self) -> &'static Member<dyn Optimizer> {
        &ENTRY
    }

    fn default_learning_rate(&self) -> f32 {
        0.01
    }

    fn states(&self) -> Vec<State> {
        vec![
            State { name: "row_means", shape: StateShape::Of(row_state) },
            State { name: "column_means", shape: StateShape::Of(column_state) },
            State { name: "second_moment", shape: StateShape::Of(whole_state) },
        ]
    }

    /// Every parameter has an op of its own; this one finds nothing to update.
    fn op(&self, precision: Precision, slabs: usize) -> Box<dyn OptimizerOp> {
        Box::new(sgd::Sgd { momentum: 0.0, nesterov: false, weight_decay: 0.0, precision, slabs })
    }

    /// What follows from the number of the update: the share of a new square, and the largest rate.
    fn bias_corrections(&self, t: u64) -> [f32; 2] {
        let t = t as f64;
        [t.powf(f64::from(self.decay_rate)) as f32, (1.0 / t.sqrt()) as f32]
    }

    fn has_own_ops(&self) -> bool {
        true
    }

    fn own_op(&self, shape: &Shape, factors: Factors, precision: Precision) -> Option<OwnOp> {
        let factored = row_state(shape).is_some();
        let op = adafactor::Adafactor {
            factored,
            epsilon: self.epsilon,
            floor: self.minimum_scale,
            clip: self.clip_threshold,
            weight_decay: self.weight_decay,
            factors,
            precision,
        };
        Some(OwnOp { op: Box::new(op), states: if factored { &[0, 1] } else { &[2] } })
    }
}
