//! What the flags about the optimiser and the update mean.

use super::CliError;
use super::args::{OptimizerName, UpdateArgs};
use crate::config::{OptimizerConfig, ParameterRule, UpdateConfig};

/// AdamW's learning rate beside Muon's: 0.02 · 0.05 is Adam's usual 0.001.
const AUXILIARY: f32 = 0.05;

/// The optimiser of this name with its usual constants.
pub fn usual(name: OptimizerName) -> OptimizerConfig {
    let (beta1, beta2, epsilon) = (0.9, 0.999, 1e-8);
    match name {
        OptimizerName::Sgd => OptimizerConfig::Sgd { momentum: 0.9, nesterov: false, weight_decay: 0.0 },
        OptimizerName::Adam => OptimizerConfig::Adam { beta1, beta2, epsilon, weight_decay: 0.0 },
        OptimizerName::AdamW => OptimizerConfig::AdamW { beta1, beta2, epsilon, weight_decay: 0.01 },
        OptimizerName::RmsProp => OptimizerConfig::RmsProp { alpha: 0.99, epsilon, momentum: 0.0, weight_decay: 0.0 },
        OptimizerName::Lamb => OptimizerConfig::Lamb { beta1, beta2, epsilon: 1e-6, weight_decay: 0.01 },
        OptimizerName::Lion => OptimizerConfig::Lion { beta1, beta2: 0.99, weight_decay: 0.0 },
        OptimizerName::Muon => OptimizerConfig::Muon {
            momentum: 0.95,
            nesterov: true,
            beta1,
            beta2,
            epsilon,
            weight_decay: 0.0,
            auxiliary: AUXILIARY,
        },
    }
}

/// The optimiser's constants, as far as it has them.
#[derive(Default)]
struct Constants<'a> {
    momentum: Option<&'a mut f32>,
    nesterov: Option<&'a mut bool>,
    beta1: Option<&'a mut f32>,
    beta2: Option<&'a mut f32>,
    alpha: Option<&'a mut f32>,
    epsilon: Option<&'a mut f32>,
    weight_decay: Option<&'a mut f32>,
}

fn constants(config: &mut OptimizerConfig) -> Constants<'_> {
    let none = Constants::default;
    match config {
        OptimizerConfig::Sgd { momentum, nesterov, weight_decay } => {
            Constants { momentum: Some(momentum), nesterov: Some(nesterov), weight_decay: Some(weight_decay), ..none() }
        }
        OptimizerConfig::Adam { beta1, beta2, epsilon, weight_decay }
        | OptimizerConfig::AdamW { beta1, beta2, epsilon, weight_decay }
        | OptimizerConfig::Lamb { beta1, beta2, epsilon, weight_decay } => Constants {
            beta1: Some(beta1),
            beta2: Some(beta2),
            epsilon: Some(epsilon),
            weight_decay: Some(weight_decay),
            ..none()
        },
        OptimizerConfig::RmsProp { alpha, epsilon, momentum, weight_decay } => Constants {
            alpha: Some(alpha),
            epsilon: Some(epsilon),
            momentum: Some(momentum),
            weight_decay: Some(weight_decay),
            ..none()
        },
        OptimizerConfig::Lion { beta1, beta2, weight_decay } => {
            Constants { beta1: Some(beta1), beta2: Some(beta2), weight_decay: Some(weight_decay), ..none() }
        }
        OptimizerConfig::Muon { momentum, nesterov, beta1, beta2, epsilon, weight_decay, .. } => Constants {
            momentum: Some(momentum),
            nesterov: Some(nesterov),
            beta1: Some(beta1),
            beta2: Some(beta2),
            epsilon: Some(epsilon),
            weight_decay: Some(weight_decay),
            ..none()
        },
    }
}

/// Sets a constant to what was typed.
fn set<T>(flag: &str, owners: &str, typed: Option<T>, constant: Option<&mut T>) -> Result<(), CliError> {
    match (typed, constant) {
        (None, _) => Ok(()),
        (Some(value), Some(constant)) => {
            *constant = value;
            Ok(())
        }
        (Some(_), None) => {
            let first = owners.split([',', ' ']).next().unwrap_or_default();
            Err(CliError::Usage(format!("{flag} belongs to {owners}\n  try: --optimizer {first}")))
        }
    }
}

fn below_one(flag: &str, value: Option<f32>) -> Result<(), CliError> {
    match value {
        Some(value) if !(0.0..1.0).contains(&value) => {
            Err(CliError::Usage(format!("{flag} {value} must be at least 0 and below 1\n  try: {flag} 0.9")))
        }
        _ => Ok(()),
    }
}

fn not_negative(flag: &str, value: Option<f32>, usual: &str) -> Result<(), CliError> {
    match value {
        Some(value) if !(value.is_finite() && value >= 0.0) => {
            Err(CliError::Usage(format!("{flag} {value} must be 0 or more\n  try: {flag} {usual}")))
        }
        _ => Ok(()),
    }
}

/// The optimiser `base` with what was typed; another one comes with its usual constants.
pub fn optimizer(base: OptimizerConfig, args: &UpdateArgs) -> Result<OptimizerConfig, CliError> {
    let unit =
        [("--momentum", args.momentum), ("--beta1", args.beta1), ("--beta2", args.beta2), ("--alpha", args.alpha)];
    unit.into_iter().try_for_each(|(flag, value)| below_one(flag, value))?;
    not_negative("--weight-decay", args.weight_decay, "0.0001")?;
    not_negative("--eps", args.eps, "1e-8")?;
    let mut config = args.optimizer.map_or(base, usual);
    let to = constants(&mut config);
    let adams = "adam, adamw, lamb, lion and muon";
    set("--momentum", "sgd, rmsprop and muon", args.momentum, to.momentum)?;
    set("--nesterov", "sgd and muon", args.nesterov.then_some(true), to.nesterov)?;
    set("--beta1", adams, args.beta1, to.beta1)?;
    set("--beta2", adams, args.beta2, to.beta2)?;
    set("--alpha", "rmsprop", args.alpha, to.alpha)?;
    set("--eps", "adam, adamw, rmsprop, lamb and muon", args.eps, to.epsilon)?;
    set("--weight-decay", "all", args.weight_decay, to.weight_decay)?;
    if let OptimizerConfig::Sgd { momentum: 0.0, nesterov: true, .. } = config {
        let message = "--nesterov is a form of momentum, and --momentum is 0\n  try: --momentum 0.9";
        return Err(CliError::Usage(message.into()));
    }
    Ok(config)
}

/// What surrounds it: `base` with what was typed. Rules are added, so that those that were typed have the last word.
pub fn update(base: UpdateConfig, args: &UpdateArgs) -> Result<UpdateConfig, CliError> {
    let rule = |pattern: &str| ParameterRule { pattern: pattern.into(), ..ParameterRule::default() };
    let mut parameters = base.parameters;
    for text in &args.lr_factor {
        let (pattern, factor) = factor("--lr-factor", text)?;
        parameters.push(ParameterRule { lr: Some(factor), ..rule(pattern) });
    }
    for text in &args.decay_factor {
        let (pattern, factor) = factor("--decay-factor", text)?;
        parameters.push(ParameterRule { weight_decay: Some(factor), ..rule(pattern) });
    }
    parameters.extend(args.freeze.iter().map(|pattern| ParameterRule { frozen: Some(true), ..rule(pattern) }));
    let config = UpdateConfig {
        accumulate: args.accumulate.map_or(base.accumulate, |batches| batches as usize),
        clip_norm: args.clip_norm.or(base.clip_norm),
        clip_value: args.clip_value.or(base.clip_value),
        // one takes the place of the other
        ema: args.ema.or(base.ema.filter(|_| args.lookahead.is_none())),
        lookahead: args.lookahead.or(base.lookahead.filter(|_| args.ema.is_none())),
        decay_all: args.decay_all || base.decay_all,
        parameters,
    };
    config.check().map_err(CliError::Usage)?;
    Ok(config)
}

/// `PATTERN=F`
fn factor<'a>(flag: &str, text: &'a str) -> Result<(&'a str, f32), CliError> {
    let parsed = text.rsplit_once('=').and_then(|(pattern, factor)| Some((pattern, factor.parse().ok()?)));
    parsed.ok_or_else(|| {
        CliError::Usage(format!("{flag} {text} is no pattern with a number\n  try: {flag} 'conv1.*=0.1'"))
    })
}
