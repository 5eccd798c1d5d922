//! What surrounds the optimiser: how gradients become an update, and which parameters take part.

use std::str::FromStr;

use lepton_kernels::ema;
use serde::{Deserialize, Serialize};

use crate::hint::{Hint, Hints};

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
    /// Whether that decay holds from the first update on, instead of growing toward it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ema_constant: bool,
    /// Whether weights of one axis (biases, the scales of norms) decay like all others.
    #[serde(default)]
    pub decay_all: bool,
    /// Slow weights, which evaluation reads and the others return to; in place of `ema`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lookahead: Option<Lookahead>,
    /// Rules for parameters by name; a later one has the last word.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<ParameterRule>,
}

/// Lookahead (Zhang et al. 2019): after every `steps` updates the slow weights go the share `alpha` of the way to the fast ones,
/// which start again from there.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lookahead {
    /// Updates from one step of the slow weights to the next (the paper's k).
    pub steps: u32,
    /// The share at the end of the run.
    pub alpha: f32,
    /// The share falls from 1 along `1 - (1 - alpha) (t / T) ^ ramp`, with `t` updates of `T` done; 0 is the paper's constant.
    #[serde(default)]
    pub ramp: f32,
}

impl Lookahead {
    /// What the slow weights keep of themselves after update `t` of `total`: 1 where they make no step.
    fn decay(&self, t: u64, total: u64) -> f32 {
        if t.is_multiple_of(u64::from(self.steps)) {
            ((1.0 - f64::from(self.alpha)) * (t as f64 / total.max(1) as f64).min(1.0).powf(f64::from(self.ramp)))
                as f32
        } else {
            1.0
        }
    }
}

impl FromStr for Lookahead {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts: Vec<&str> = text.split(':').collect();
        let number = |part: &str| part.parse::<f32>().map_err(|_| format!("`{part}` is not a number"));
        let (steps, alpha, ramp) = match parts[..] {
            [steps] => (steps, 0.5, 0.0),
            [steps, alpha] => (steps, number(alpha)?, 0.0),
            [steps, alpha, ramp] => (steps, number(alpha)?, number(ramp)?),
            _ => return Err("expected at most three numbers".into()),
        };
        let steps = steps.parse().map_err(|_| format!("`{steps}` is not a number of steps"))?;
        Ok(Lookahead { steps, alpha, ramp })
    }
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
            ema_constant: false,
            decay_all: false,
            lookahead: None,
            parameters: Vec::new(),
        }
    }
}

impl UpdateConfig {
    /// What a run did whose configuration says nothing about it: every weight decayed.
    pub(super) fn unsaid() -> Self {
        UpdateConfig { decay_all: true, ..UpdateConfig::default() }
    }

    /// Whether evaluation reads other weights than those that gradients update: their moving average, or the slow ones.
    pub fn averages(&self) -> bool {
        self.ema.is_some() || self.lookahead.is_some()
    }

    /// What these keep of themselves after update `t` (from 1) of `total`.
    pub fn average_decay(&self, t: u64, total: u64) -> f32 {
        let slow = || self.lookahead.map_or(0.0, |lookahead| lookahead.decay(t, total));
        self.ema.map_or_else(slow, |decay| if self.ema_constant { decay } else { ema::decay(decay, t) })
    }

    /// Looks for values that do not go together; ranges of single numbers are in their rows.
    ///
    /// # Errors
    /// [`UpdateError`] with the first two that contradict each other, a lookahead out of range, or a factor that is negative or
    /// not finite.
    pub fn check(&self) -> Result<(), UpdateError> {
        if self.ema_constant && self.ema.is_none() {
            return Err(UpdateError::NoAverage);
        }
        if let Some(lookahead) = self.lookahead {
            let Lookahead { steps, alpha, ramp } = lookahead;
            if self.ema.is_some() {
                return Err(UpdateError::TwoAverages);
            }
            if steps == 0 || !(alpha > 0.0 && alpha <= 1.0) || !(ramp.is_finite() && ramp >= 0.0) {
                return Err(UpdateError::Lookahead { steps, alpha, ramp });
            }
        }
        for ParameterRule { pattern, lr, weight_decay, .. } in &self.parameters {
            for (what, factor) in [("learning rate", lr), ("weight decay", weight_decay)] {
                if let Some(factor) = factor.filter(|f| !(f.is_finite() && *f >= 0.0)) {
                    return Err(UpdateError::Factor { pattern: pattern.clone(), what, factor });
                }
            }
        }
        Ok(())
    }
}

/// Numbers about updates that make no sense.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum UpdateError {
    /// Two kinds of weights to evaluate with.
    #[error("`ema` and `lookahead` both choose the weights to evaluate, so only one of them can be set")]
    TwoAverages,
    /// How an average decays that there is not.
    #[error("`ema_constant` says how the moving average decays, but `ema` sets none")]
    NoAverage,
    /// Slow weights that never move, or move too far.
    #[error(
        "`lookahead` is {steps}:{alpha}:{ramp}; it needs 1 step or more, a fraction above 0 and up to 1, and a ramp of 0 or more"
    )]
    Lookahead {
        /// Updates from one step of the slow weights to the next.
        steps: u32,
        /// The share at the end of the run.
        alpha: f32,
        /// How the share falls.
        ramp: f32,
    },
    /// A factor of some parameters that is negative, or no number.
    #[error("the {what} factor of `{pattern}` is {factor}, but must be a finite number of 0 or more")]
    Factor {
        /// The pattern of parameter names that the rule is for.
        pattern: String,
        /// What is multiplied: `learning rate` or `weight decay`.
        what: &'static str,
        /// The factor that was given.
        factor: f32,
    },
}

impl Hints for UpdateError {
    fn hints(&self) -> Vec<Hint> {
        vec![match self {
            UpdateError::TwoAverages => return ["ema", "lookahead"].map(|key| Hint::Unset { key }).into(),
            UpdateError::NoAverage => Hint::set("ema", 0.999),
            UpdateError::Lookahead { .. } => Hint::set("lookahead", "5:0.5"),
            UpdateError::Factor { .. } => Hint::advice("a factor such as 0.1"),
        }]
    }
}

#[cfg(test)]
mod tests {
    use super::super::RunConfig;
    use super::*;

    #[test]
    fn numbers_that_make_no_sense_are_refused() {
        let wrong = [
            UpdateConfig { accumulate: 0, ..UpdateConfig::default() },
            UpdateConfig { clip_norm: Some(0.0), ..UpdateConfig::default() },
            UpdateConfig { clip_value: Some(f32::NAN), ..UpdateConfig::default() },
            UpdateConfig { ema: Some(1.0), ..UpdateConfig::default() },
            UpdateConfig { ema_constant: true, ..UpdateConfig::default() },
            UpdateConfig { ema: Some(0.9), lookahead: Some("5".parse().unwrap()), ..UpdateConfig::default() },
            UpdateConfig { lookahead: Some("0".parse().unwrap()), ..UpdateConfig::default() },
            UpdateConfig { lookahead: Some("5:0".parse().unwrap()), ..UpdateConfig::default() },
            UpdateConfig { lookahead: Some("5:0.5:-1".parse().unwrap()), ..UpdateConfig::default() },
            UpdateConfig {
                parameters: vec![ParameterRule { pattern: "a".into(), lr: Some(-1.0), ..ParameterRule::default() }],
                ..UpdateConfig::default()
            },
        ];
        for config in wrong {
            let error = RunConfig { update: config.clone(), ..RunConfig::default() }.check().unwrap_err();
            assert!(error.key().starts_with("update"), "{config:?}: {error}");
        }
        RunConfig::default().check().unwrap();
    }

    #[test]
    fn averages_follow_quickly_at_first_or_as_they_are_told() {
        let grows = UpdateConfig { ema: Some(0.75), ..UpdateConfig::default() };
        // (1 + t) / (10 + t) until that is larger
        assert_eq!([1, 8, 26, 27, 99].map(|t| grows.average_decay(t, 100)), [2.0 / 11.0, 0.5, 0.75, 0.75, 0.75]);
        let constant = UpdateConfig { ema_constant: true, ..grows };
        assert_eq!([1, 8, 26, 99].map(|t| constant.average_decay(t, 100)), [0.75; 4]);
    }

    #[test]
    fn slow_weights_step_when_and_as_far_as_they_should() {
        let lookahead: Lookahead = "5:0.25:3".parse().unwrap();
        let update = UpdateConfig { lookahead: Some(lookahead), ..UpdateConfig::default() };
        assert_eq!([1, 4, 6, 99].map(|t| update.average_decay(t, 100)), [1.0; 4]);
        assert_eq!([50, 100].map(|t| update.average_decay(t, 100)), [0.75 / 8.0, 0.75]);
        assert_eq!(update.average_decay(250, 100), 0.75, "a range test may be longer than the run");
        let constant = UpdateConfig { lookahead: Some("2".parse().unwrap()), ..UpdateConfig::default() };
        assert_eq!([1, 2, 3, 4].map(|t| constant.average_decay(t, 10)), [1.0, 0.5, 1.0, 0.5]);
        for wrong in ["", "five", "5:half", "5:0.5:0:1", "-5"] {
            assert!(wrong.parse::<Lookahead>().is_err(), "{wrong}");
        }
    }
}
