//! How the learning rate changes during a run.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The course of the learning rate after warm-up. Rates are factors of the configured learning rate; `t` counts steps and
/// `T` is how many the whole run has, both from the end of warm-up.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case", deny_unknown_fields)]
pub enum ScheduleConfig {
    /// Always the same.
    #[default]
    Constant,
    /// `gamma` times as much after every `every` epochs of the run (`torch.optim.lr_scheduler.StepLR`).
    Step {
        /// Epochs from one change to the next.
        every: u32,
        /// What the rate is multiplied by.
        gamma: f64,
    },
    /// `gamma` times as much after each of these epochs of the run (`MultiStepLR`).
    Multistep {
        /// Epochs after which it changes.
        at: Vec<u32>,
        /// What the rate is multiplied by.
        gamma: f64,
    },
    /// Half a cosine from 1 down to `last` (`CosineAnnealingLR`; Loshchilov and Hutter 2017, without restarts).
    Cosine {
        /// The factor at the end of the run.
        last: f64,
    },
    /// Up and down once (`OneCycleLR`; Smith and Topin 2018): from `1 / start` to 1 at the share `peak` of the run, then
    /// down to `1 / (start * end)`. Momentum stays as it is.
    OneCycle {
        /// Share of the run at which the rate is highest.
        peak: f64,
        /// The first rate is 1 / `start`.
        start: f64,
        /// The last rate is the first one / `end`.
        end: f64,
        /// How it goes up and down.
        anneal: Anneal,
    },
    /// `(1 - t / T) ^ power` (`PolynomialLR`); linear with power 1.
    Polynomial {
        /// The exponent.
        power: f64,
    },
    /// `gamma` times as much after every epoch of the run (`ExponentialLR`).
    Exponential {
        /// What the rate is multiplied by.
        gamma: f64,
    },
    /// `factor` times as much after `patience` epochs whose loss was not better, by the share 1e-4, than the best before
    /// (`ReduceLROnPlateau`). It looks at the validation loss, or at the training loss where nothing validates.
    Plateau {
        /// What the rate is multiplied by.
        factor: f64,
        /// Epochs without progress that are accepted.
        patience: u32,
    },
}

/// How a one-cycle schedule goes up and down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Anneal {
    /// Along half a cosine.
    #[default]
    Cosine,
    /// Along a line.
    Linear,
}

/// A linear rise of the learning rate at the start of a run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Warmup {
    /// How long, in epochs; may be a part of one.
    pub epochs: f64,
    /// The factor of the first step (`LinearLR`'s `start_factor`).
    pub start: f64,
}

impl Warmup {
    /// The usual first factor.
    pub const START: f64 = 0.01;
}

/// What a schedule takes on the command line, for people.
pub const FORMS: &str = "constant, step:every=30,gamma=0.1, multistep:at=80+120,gamma=0.1, cosine:last=0, \
one-cycle:peak=0.3,start=25,end=10000,anneal=cosine, polynomial:power=1, exponential:gamma=0.95, plateau:factor=0.1,patience=10";

/// Options after the name of a schedule: `gamma=0.1,every=30`.
struct Options<'a> {
    schedule: &'a str,
    left: Vec<(&'a str, &'a str)>,
}

impl<'a> Options<'a> {
    fn parse(schedule: &'a str, text: &'a str) -> Result<Self, String> {
        let pairs = text.split(',').filter(|part| !part.is_empty());
        let left = pairs.map(|part| part.split_once('=').ok_or_else(|| format!("`{part}` is no option=value")));
        Ok(Options { schedule, left: left.collect::<Result<_, _>>()? })
    }

    fn take(&mut self, name: &str) -> Option<&'a str> {
        let at = self.left.iter().position(|(key, _)| *key == name)?;
        Some(self.left.remove(at).1)
    }

    fn read<T: FromStr>(&mut self, name: &str, default: Option<T>) -> Result<T, String> {
        match self.take(name) {
            Some(text) => text.parse().map_err(|_| format!("`{name}={text}` is not a number that fits")),
            None => default.ok_or_else(|| format!("`{}` needs {name}=…", self.schedule)),
        }
    }

    /// A number within `range`.
    fn number(&mut self, name: &str, default: f64, range: std::ops::RangeInclusive<f64>) -> Result<f64, String> {
        let value = self.read(name, Some(default))?;
        match range.contains(&value) {
            true => Ok(value),
            false => Err(format!("`{name}={value}` must be from {} to {}", range.start(), range.end())),
        }
    }

    fn finish(self, schedule: ScheduleConfig) -> Result<ScheduleConfig, String> {
        match self.left.first() {
            Some((unknown, _)) => Err(format!("`{}` has no option `{unknown}`", self.schedule)),
            None => Ok(schedule),
        }
    }
}

impl FromStr for ScheduleConfig {
    type Err = String;

    /// Reads `cosine` or `step:every=30,gamma=0.1`.
    fn from_str(text: &str) -> Result<Self, String> {
        let (name, options) = text.split_once(':').unwrap_or((text, ""));
        let mut options = Options::parse(name, options)?;
        let schedule = match name {
            "constant" => ScheduleConfig::Constant,
            "step" => {
                let every = options.read("every", None)?;
                if every == 0 {
                    return Err("`every=0` must be at least 1 epoch".into());
                }
                ScheduleConfig::Step { every, gamma: options.number("gamma", 0.1, 0.0..=10.0)? }
            }
            "multistep" => {
                let at: String = options.read("at", None)?;
                let parsed = at.split('+').map(|epoch| epoch.parse().map_err(|_| format!("`{epoch}` is no epoch")));
                let at = parsed.collect::<Result<_, _>>()?;
                ScheduleConfig::Multistep { at, gamma: options.number("gamma", 0.1, 0.0..=10.0)? }
            }
            "cosine" => ScheduleConfig::Cosine { last: options.number("last", 0.0, 0.0..=1.0)? },
            "one-cycle" => ScheduleConfig::OneCycle {
                peak: options.number("peak", 0.3, 0.0..=1.0)?,
                start: options.number("start", 25.0, 1.0..=1e9)?,
                end: options.number("end", 1e4, 1.0..=1e9)?,
                anneal: match options.take("anneal") {
                    None | Some("cosine") => Anneal::Cosine,
                    Some("linear") => Anneal::Linear,
                    Some(other) => return Err(format!("`anneal={other}` must be cosine or linear")),
                },
            },
            "polynomial" => ScheduleConfig::Polynomial { power: options.number("power", 1.0, 0.0..=100.0)? },
            "exponential" => ScheduleConfig::Exponential { gamma: options.number("gamma", 0.95, 0.0..=10.0)? },
            "plateau" => ScheduleConfig::Plateau {
                factor: options.number("factor", 0.1, 0.0..=1.0)?,
                patience: options.read("patience", Some(10))?,
            },
            other => return Err(format!("there is no schedule `{other}`; there are {FORMS}")),
        };
        options.finish(schedule)
    }
}

impl fmt::Display for ScheduleConfig {
    /// As it is written on the command line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ScheduleConfig::Constant => write!(f, "constant"),
            ScheduleConfig::Step { every, gamma } => write!(f, "step:every={every},gamma={gamma}"),
            ScheduleConfig::Multistep { at, gamma } => {
                let at: Vec<String> = at.iter().map(u32::to_string).collect();
                write!(f, "multistep:at={},gamma={gamma}", at.join("+"))
            }
            ScheduleConfig::Cosine { last } => write!(f, "cosine:last={last}"),
            ScheduleConfig::OneCycle { peak, start, end, anneal } => {
                let anneal = if *anneal == Anneal::Linear { "linear" } else { "cosine" };
                write!(f, "one-cycle:peak={peak},start={start},end={end},anneal={anneal}")
            }
            ScheduleConfig::Polynomial { power } => write!(f, "polynomial:power={power}"),
            ScheduleConfig::Exponential { gamma } => write!(f, "exponential:gamma={gamma}"),
            ScheduleConfig::Plateau { factor, patience } => write!(f, "plateau:factor={factor},patience={patience}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schedule_is_read_as_it_is_written() {
        for text in FORMS.split(", ") {
            let schedule: ScheduleConfig = text.parse().unwrap();
            assert_eq!(schedule.to_string(), text);
            let toml = toml::to_string(&schedule).unwrap();
            assert_eq!(toml::from_str::<ScheduleConfig>(&toml).unwrap(), schedule, "{toml}");
        }
    }

    #[test]
    fn mistakes_are_named() {
        let cases = [
            ("cosin", "no schedule `cosin`; there are constant, step"),
            ("step", "`step` needs every="),
            ("step:every=0", "at least 1 epoch"),
            ("step:every=x", "`every=x` is not a number"),
            ("cosine:gamma=1", "`cosine` has no option `gamma`"),
            ("cosine:last", "`last` is no option=value"),
            ("cosine:last=2", "`last=2` must be from 0 to 1"),
            ("cosine:last=nan", "must be from 0 to 1"),
            ("multistep:at=3+b", "`b` is no epoch"),
            ("one-cycle:anneal=up", "must be cosine or linear"),
        ];
        for (text, part) in cases {
            let error = text.parse::<ScheduleConfig>().unwrap_err();
            assert!(error.contains(part), "{error}\nshould say: {part}");
        }
    }
}
