//! The ops of an optimiser: one over all parameters at once, and for some parameters one of their own.

use lepton_kernels::Shape;
use lepton_kernels::adam::Adam;
use lepton_kernels::lamb::Lamb;
use lepton_kernels::lion::Lion;
use lepton_kernels::muon::Muon;
use lepton_kernels::op::Precision;
use lepton_kernels::optimizer::Optimizer;
use lepton_kernels::parameters::Factors;
use lepton_kernels::rmsprop::RmsProp;
use lepton_kernels::sgd::Sgd;

use crate::config::OptimizerConfig;

/// Names of the states that Adam and its relatives keep.
const MOMENTS: [&str; 2] = ["moment1", "moment2"];

/// The op over all parameters that have none of their own, whose gradients have so many slabs at the most, and the names of
/// the optimiser's states.
pub(crate) fn optimizer(
    config: &OptimizerConfig,
    precision: Precision,
    slabs: usize,
) -> (Box<dyn Optimizer>, Vec<&'static str>) {
    match *config {
        OptimizerConfig::Sgd { momentum, nesterov, weight_decay } => {
            let op = Sgd { momentum, nesterov, weight_decay, precision, slabs };
            let states = if op.states() == 0 { vec![] } else { vec!["momentum"] };
            (Box::new(op), states)
        }
        OptimizerConfig::Adam { beta1, beta2, epsilon, weight_decay } => (
            Box::new(Adam { beta1, beta2, epsilon, weight_decay, decoupled: false, precision, slabs }),
            MOMENTS.to_vec(),
        ),
        OptimizerConfig::AdamW { beta1, beta2, epsilon, weight_decay }
        | OptimizerConfig::Lamb { beta1, beta2, epsilon, weight_decay }
        | OptimizerConfig::Muon { beta1, beta2, epsilon, weight_decay, .. } => (
            Box::new(Adam { beta1, beta2, epsilon, weight_decay, decoupled: true, precision, slabs }),
            MOMENTS.to_vec(),
        ),
        OptimizerConfig::RmsProp { alpha, epsilon, momentum, weight_decay } => {
            let op = RmsProp { alpha, epsilon, momentum, weight_decay, precision, slabs };
            let states = ["square_average", "momentum"][..op.states()].to_vec();
            (Box::new(op), states)
        }
        OptimizerConfig::Lion { beta1, beta2, weight_decay } => {
            (Box::new(Lion { beta1, beta2, weight_decay, precision, slabs }), vec!["moment1"])
        }
    }
}

/// Whether some parameters may have an op of their own: it reads whole gradients.
pub(super) fn has_own(config: &OptimizerConfig) -> bool {
    matches!(config, OptimizerConfig::Lamb { .. } | OptimizerConfig::Muon { .. })
}

/// A parameter's own op: LAMB's for what decays, Muon's for filters.
pub(super) fn own(
    config: &OptimizerConfig,
    shape: &Shape,
    factors: Factors,
    precision: Precision,
) -> Option<Box<dyn Optimizer>> {
    match *config {
        OptimizerConfig::Lamb { beta1, beta2, epsilon, weight_decay } if factors.decay != 0.0 => {
            Some(Box::new(Lamb { beta1, beta2, epsilon, weight_decay, factors, precision }))
        }
        OptimizerConfig::Muon { momentum, nesterov, weight_decay, .. } if shape.sizes().len() > 2 => {
            Some(Box::new(Muon { momentum, nesterov, weight_decay, factors, precision }))
        }
        _ => None,
    }
}

/// What the learning rate of the op over all parameters is multiplied by.
pub(super) fn shared_rate(config: &OptimizerConfig) -> f32 {
    match *config {
        OptimizerConfig::Muon { auxiliary, .. } => auxiliary,
        _ => 1.0,
    }
}
