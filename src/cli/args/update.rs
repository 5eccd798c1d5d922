//! What was typed about the optimiser and the update, for `train`.

use super::names;
use crate::config::Lookahead;
use crate::optim::OPTIMIZERS;

/// The optimiser and what surrounds it.
#[derive(Debug, Default, clap::Args)]
pub struct UpdateArgs {
    /// The optimiser [default: adam].
    #[arg(long, value_parser = names(OPTIMIZERS))]
    pub optimizer: Option<String>,
    /// Learning rate [default: 0.001; sgd and lamb 0.01, lion 0.0001, muon 0.02].
    #[arg(long, value_name = "F", allow_negative_numbers = true)]
    pub lr: Option<f32>,
    /// Momentum [default: 0.9 for sgd, 0 for rmsprop, 0.95 for muon].
    #[arg(long, value_name = "F", allow_negative_numbers = true)]
    pub momentum: Option<f32>,
    /// Nesterov's form of momentum, for sgd; muon has it anyway.
    #[arg(long)]
    pub nesterov: bool,
    /// Weight decay: an L2 penalty for sgd, adam and rmsprop, decoupled for the others [default: 0; adamw and lamb 0.01].
    #[arg(long, value_name = "F", allow_negative_numbers = true)]
    pub weight_decay: Option<f32>,
    /// Decay biases and the scales of norms, too; otherwise only weights of two axes and more decay.
    #[arg(long)]
    pub decay_all: bool,
    /// Decay of the first moment [default: 0.9].
    #[arg(long, value_name = "F", allow_negative_numbers = true)]
    pub beta1: Option<f32>,
    /// Decay of the second moment [default: 0.999; lion 0.99].
    #[arg(long, value_name = "F", allow_negative_numbers = true)]
    pub beta2: Option<f32>,
    /// Decay of the mean of squares, for rmsprop [default: 0.99].
    #[arg(long, value_name = "F", allow_negative_numbers = true)]
    pub alpha: Option<f32>,
    /// Added where a root divides [default: 1e-8; lamb 1e-6].
    #[arg(long, value_name = "F", allow_negative_numbers = true)]
    pub eps: Option<f32>,
    /// Scale all gradients down to this norm.
    #[arg(long, value_name = "F", allow_negative_numbers = true)]
    pub clip_norm: Option<f32>,
    /// Cut every element of a gradient off at ± this.
    #[arg(long, value_name = "F", allow_negative_numbers = true)]
    pub clip_value: Option<f32>,
    /// Batches of one step: as a batch K times as large, in the memory of one [default: 1].
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u32).range(1..=65_536))]
    pub accumulate: Option<u32>,
    /// Keep a moving average of the weights with this decay, such as 0.999, and validate and answer with it.
    #[arg(long, value_name = "DECAY", allow_negative_numbers = true)]
    pub ema: Option<f32>,
    /// Lookahead: after every K updates slow weights go the share ALPHA [default: 0.5] of the way to the fast ones, which start
    /// again from there; validate and answer with the slow ones. With RAMP the share falls from 1 along (t / T) ^ RAMP.
    #[arg(long, value_name = "K[:ALPHA[:RAMP]]")]
    pub lookahead: Option<Lookahead>,
    /// Keep the parameters as they are whose name matches, such as conv1.* (may be repeated).
    #[arg(long, value_name = "PATTERN")]
    pub freeze: Vec<String>,
    /// Multiply the learning rate of the parameters whose name matches, such as 'dense.*=0.1' (may be repeated).
    #[arg(long, value_name = "PATTERN=F")]
    pub lr_factor: Vec<String>,
    /// Multiply the weight decay of the parameters whose name matches (may be repeated).
    #[arg(long, value_name = "PATTERN=F")]
    pub decay_factor: Vec<String>,
}
