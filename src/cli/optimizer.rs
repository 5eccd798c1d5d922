//! What the flags about the optimiser and the update mean.

use super::CliError;
use super::args::UpdateArgs;
use crate::config::{OptimizerConfig, ParameterRule, UpdateConfig};

/// The optimiser `base` with what was typed; another one comes with its defaults.
pub fn optimizer(base: OptimizerConfig, args: &UpdateArgs) -> Result<OptimizerConfig, CliError> {
    let number = |value: Option<f32>| value.map(decimal);
    let typed = [
        ("momentum", number(args.momentum)),
        ("nesterov", args.nesterov.then_some(true.into())),
        ("beta1", number(args.beta1)),
        ("beta2", number(args.beta2)),
        ("alpha", number(args.alpha)),
        ("epsilon", number(args.eps)),
        ("weight_decay", number(args.weight_decay)),
    ];
    let mut config = args.optimizer.as_ref().map_or(Ok(base), |name| OptimizerConfig::named(name))?;
    for (key, value) in typed {
        if let Some(value) = value {
            config = config.with(key, value)?;
        }
    }
    config.check()?;
    Ok(config)
}

/// A number as it was typed, as a value of a configuration file.
pub(super) fn decimal(number: f32) -> toml::Value {
    number.to_string().parse::<f64>().unwrap_or(f64::NAN).into()
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
    config.check()?;
    Ok(config)
}

/// `PATTERN=F`
fn factor<'a>(flag: &str, text: &'a str) -> Result<(&'a str, f32), CliError> {
    let parsed = text.rsplit_once('=').and_then(|(pattern, factor)| Some((pattern, factor.parse().ok()?)));
    parsed.ok_or_else(|| {
        CliError::Usage(format!("{flag} {text} is no pattern with a number\n  try: {flag} 'conv1.*=0.1'"))
    })
}
