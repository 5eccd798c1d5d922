//! What surrounds the optimiser: how gradients become an update, and which parameters take part.

use serde::{Deserialize, Serialize};

/// How gradients become an update.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpdateConfig {
    /// Batches of one update: the gradient is that of all of them as one batch.
    #[serde(default = "one")]
    pub accumulate: usize,
    /// The norm over all gradients is at most this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clip_norm: Option<f32>,
    /// Every element of a gradient is at most this, up or down; before their norm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clip_value: Option<f32>,
    /// Decay of a moving average of the parameters, which evaluation reads; none keeps no average.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ema: Option<f32>,
    /// Whether weights of one axis (biases, the scales of norms) decay like all others.
    #[serde(default)]
    pub decay_all: bool,
    /// Rules for parameters by name; a later one has the last word.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<ParameterRule>,
}

/// What holds for the parameters whose name a pattern matches.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParameterRule {
    /// A name such as `conv1.weight`; `*` stands for any letters, `?` for one.
    #[serde(rename = "match")]
    pub pattern: String,
    /// What the learning rate is multiplied by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lr: Option<f32>,
    /// What the weight decay is multiplied by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight_decay: Option<f32>,
    /// Whether they stay as they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frozen: Option<bool>,
}

fn one() -> usize {
    1
}

impl Default for UpdateConfig {
    fn default() -> Self {
        UpdateConfig {
            accumulate: 1,
            clip_norm: None,
            clip_value: None,
            ema: None,
            decay_all: false,
            parameters: Vec::new(),
        }
    }
}

impl UpdateConfig {
    /// What a run did whose configuration says nothing about it: every weight decayed.
    pub(super) fn unsaid() -> Self {
        UpdateConfig { decay_all: true, ..UpdateConfig::default() }
    }

    /// Looks for numbers that make no sense.
    ///
    /// # Errors
    /// With what is wrong and a way out, in the words of the command line.
    pub fn check(&self) -> Result<(), String> {
        let positive = |flag: &str, value: Option<f32>, usual: &str| match value {
            Some(v) if !(v.is_finite() && v > 0.0) => Err(format!("{flag} {v} must be above 0\n  try: {flag} {usual}")),
            _ => Ok(()),
        };
        positive("--clip-norm", self.clip_norm, "1")?;
        positive("--clip-value", self.clip_value, "0.5")?;
        if self.ema.is_some_and(|decay| !(decay > 0.0 && decay < 1.0)) {
            let decay = self.ema.unwrap_or_default();
            return Err(format!("--ema {decay} must be between 0 and 1\n  try: --ema 0.999"));
        }
        if self.accumulate == 0 {
            return Err("--accumulate 0 would never update\n  try: --accumulate 1, an update after every batch".into());
        }
        for ParameterRule { pattern, lr, weight_decay, .. } in &self.parameters {
            for (what, factor) in [("learning rate", lr), ("weight decay", weight_decay)] {
                if let Some(factor) = factor.filter(|f| !(f.is_finite() && *f >= 0.0)) {
                    let message = format!("the factor {factor} of the {what} of `{pattern}` must be 0 or more");
                    return Err(format!("{message}\n  try: {pattern}=0.1"));
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_make_no_sense_are_refused() {
        let wrong = [
            UpdateConfig { accumulate: 0, ..UpdateConfig::default() },
            UpdateConfig { clip_norm: Some(0.0), ..UpdateConfig::default() },
            UpdateConfig { clip_value: Some(f32::NAN), ..UpdateConfig::default() },
            UpdateConfig { ema: Some(1.0), ..UpdateConfig::default() },
            UpdateConfig {
                parameters: vec![ParameterRule { pattern: "a".into(), lr: Some(-1.0), ..ParameterRule::default() }],
                ..UpdateConfig::default()
            },
        ];
        for config in wrong {
            assert!(config.check().unwrap_err().contains("try:"), "{config:?}");
        }
        UpdateConfig::default().check().unwrap();
    }
}
