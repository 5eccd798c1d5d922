//! The schedules of the learning rate. A new one is a file with its row and its type, and a line in [`SCHEDULES`].
//!
//! On the command line a schedule is a text: `step:every=30,gamma=0.1`.

use std::f64::consts::PI;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::table::OptionError;
use crate::table::{Chosen, Member, Own, Settings, Table};
use crate::table::{Field, Takes};

mod constant;
mod cosine;
mod exponential;
mod multistep;
mod one_cycle;
mod plateau;
mod polynomial;
mod step;
mod warmup;

pub use constant::Constant;
pub use cosine::Cosine;
pub use exponential::Exponential;
pub use multistep::Multistep;
pub use one_cycle::OneCycle;
pub use plateau::Plateau;
pub use polynomial::Polynomial;
pub use step::Step;
pub use warmup::Warmup;

/// Every schedule, in the order in which they are listed for people.
pub const SCHEDULES: &[Member<dyn Schedule>] = &[
    constant::ENTRY,
    step::ENTRY,
    multistep::ENTRY,
    cosine::ENTRY,
    one_cycle::ENTRY,
    polynomial::ENTRY,
    exponential::ENTRY,
    plateau::ENTRY,
];

/// The schedule of a run and its options.
pub type ScheduleConfig = Chosen<dyn Schedule>;

/// The course of the learning rate after warm-up.
pub trait Schedule: Settings {
    /// Its row in [`SCHEDULES`].
    fn entry(&self) -> &'static Member<dyn Schedule>;

    /// What the configured learning rate is multiplied by.
    fn factor(&self, now: &Moment) -> f64;

    /// How many epochs in a row may be no better than the best one before the rate is reduced, of a schedule that looks at
    /// losses.
    fn patience(&self) -> Option<u32> {
        None
    }
}

/// Where a run stands, for a schedule.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// Whole epochs done since the start of the run, warm-up included.
    pub epoch: i32,
    /// Steps done since the end of warm-up.
    pub step: u64,
    /// Steps of the whole run from the end of warm-up.
    pub total: u64,
    /// How often the rate was reduced because the loss got no better.
    pub reductions: u32,
}

impl Moment {
    /// The share of the run that is done, from 0 to 1.
    fn share(&self) -> f64 {
        (self.step as f64 / self.total.max(1) as f64).min(1.0)
    }
}

/// How a rate goes from one value to another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Anneal {
    /// Along half a cosine.
    #[default]
    Cosine,
    /// Along a line.
    Linear,
}

impl Anneal {
    /// From `first` at 0 to `last` at 1.
    fn between(self, first: f64, last: f64, share: f64) -> f64 {
        match self {
            Anneal::Cosine => last + (first - last) * 0.5 * (1.0 + (PI * share).cos()),
            Anneal::Linear => first + (last - first) * share,
        }
    }
}

impl Table for dyn Schedule {
    const KEY: &'static str = "schedule";

    fn members() -> &'static [Member<Self>] {
        SCHEDULES
    }

    fn own() -> &'static Own<Self> {
        static OWN: Own<dyn Schedule> = Own::new();
        &OWN
    }

    fn member(&self) -> &'static Member<Self> {
        self.entry()
    }

    fn check_together(&self) -> Result<(), OptionError> {
        Ok(())
    }
}

impl<M: Schedule> From<M> for ScheduleConfig {
    fn from(schedule: M) -> Self {
        Chosen::new(Arc::new(schedule))
    }
}

impl Default for ScheduleConfig {
    fn default() -> Self {
        Constant {}.into()
    }
}

/// Reads the options of a schedule.
fn read<M: Schedule + DeserializeOwned>(options: toml::Table) -> Result<Arc<dyn Schedule>, toml::de::Error> {
    Ok(Arc::new(options.try_into::<M>()?))
}

impl FromStr for ScheduleConfig {
    type Err = OptionError;

    /// Reads `cosine` or `step:every=30,gamma=0.1`.
    fn from_str(text: &str) -> Result<Self, OptionError> {
        let (name, rest) = text.split_once(':').unwrap_or((text, ""));
        let mut given = toml::Table::new();
        for part in rest.split(',').filter(|part| !part.is_empty()) {
            let wrong = |problem: &str| OptionError::Malformed {
                table: <dyn Schedule>::KEY,
                member: SCHEDULES.iter().find(|member| member.flag_value() == name).map_or("", |member| member.name),
                problem: format!("`{part}` {problem}"),
            };
            let (key, value) = part.split_once('=').ok_or_else(|| wrong("is not of the form option=value"))?;
            let numbers = value.split('+').map(|number| number.parse::<toml::Value>().ok()).collect::<Option<Vec<_>>>();
            let value = match numbers {
                Some(mut one) if one.len() == 1 => one.remove(0),
                Some(several) => several.into(),
                None if value.chars().all(|c| c.is_ascii_alphabetic()) => value.into(),
                None => return Err(wrong("is not a number")),
            };
            given.insert(key.into(), value);
        }
        let schedule = Self::read(name, given)?;
        schedule.check()?;
        Ok(schedule)
    }
}

impl fmt::Display for ScheduleConfig {
    /// As it is written on the command line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (member, options) = (self.entry(), self.options());
        let given = member.options.iter().filter_map(|field| Some((field.key, options.get(field.key)?)));
        let words: Vec<String> = given.map(|(key, value)| format!("{key}={}", word(value))).collect();
        let colon = if words.is_empty() { "" } else { ":" };
        write!(f, "{}{colon}{}", member.flag_value(), words.join(","))
    }
}

fn word(value: &toml::Value) -> String {
    match value {
        toml::Value::String(word) => word.clone(),
        toml::Value::Float(number) => number.to_string(),
        toml::Value::Array(list) => list.iter().map(word).collect::<Vec<_>>().join("+"),
        other => other.to_string(),
    }
}

/// What can be written on the command line, with the default of every option: `constant, step:every=N,gamma=0.1, …`.
pub fn forms() -> String {
    let form = |member: &Member<dyn Schedule>| {
        let given = |field: &Field| {
            let value = if field.default.is_empty() { "N" } else { field.default };
            format!("{}={value}", field.key)
        };
        let words: Vec<String> = member.options.iter().map(given).collect();
        let colon = if words.is_empty() { "" } else { ":" };
        format!("{}{colon}{}", member.flag_value(), words.join(","))
    };
    SCHEDULES.iter().map(form).collect::<Vec<_>>().join(", ")
}

/// The row of an option of a schedule; schedules have one flag for all.
const fn option(key: &'static str, takes: Takes, default: &'static str, doc: &'static str) -> Field {
    Field { key, flag: None, takes, default, doc }
}

const fn number(min: f64, max: f64) -> Takes {
    Takes::Number { min, max }
}

const fn gamma(default: &'static str) -> Field {
    option("gamma", number(0.0, 10.0), default, "Factor by which the learning rate is multiplied.")
}

/// Numbers of epochs.
const fn epochs(min: u64) -> Takes {
    Takes::Whole { min, max: i32::MAX as u64 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::member::tests::a_table_is_complete;

    const WRITTEN: [&str; 8] = [
        "constant",
        "step:every=30,gamma=0.1",
        "multistep:at=80+120,gamma=0.1",
        "cosine:last=0",
        "one-cycle:peak=0.3,start=25,end=10000,anneal=cosine",
        "polynomial:power=1",
        "exponential:gamma=0.95",
        "plateau:factor=0.1,patience=10",
    ];

    #[test]
    fn the_table_is_complete() {
        a_table_is_complete::<dyn Schedule>(&[("step", "every = 30"), ("multistep", "at = [80, 120]")]);
    }

    #[test]
    fn every_schedule_is_read_as_it_is_written() {
        assert_eq!(WRITTEN.len(), SCHEDULES.len());
        for (text, member) in WRITTEN.iter().zip(SCHEDULES) {
            let schedule: ScheduleConfig = text.parse().unwrap();
            assert_eq!((schedule.name(), schedule.to_string().as_str()), (member.name, *text));
            let toml = toml::to_string(&schedule).unwrap();
            assert_eq!(toml::from_str::<ScheduleConfig>(&toml).unwrap(), schedule, "{toml}");
        }
        assert_eq!("multistep:at=3".parse::<ScheduleConfig>().unwrap().to_string(), "multistep:at=3,gamma=0.1");
        assert!(forms().starts_with("constant, step:every=N,gamma=0.1, multistep:at=N,gamma=0.1, cosine:last=0"));
    }

    #[test]
    fn files_are_spelt_as_they_were() {
        let spelt = [
            "name = \"constant\"\n",
            "name = \"step\"\nevery = 30\ngamma = 0.1\n",
            "name = \"multistep\"\nat = [80, 120]\ngamma = 0.1\n",
            "name = \"cosine\"\nlast = 0.0\n",
            "name = \"one_cycle\"\npeak = 0.3\nstart = 25.0\nend = 10000.0\nanneal = \"cosine\"\n",
            "name = \"polynomial\"\npower = 1.0\n",
            "name = \"exponential\"\ngamma = 0.95\n",
            "name = \"plateau\"\nfactor = 0.1\npatience = 10\n",
        ];
        for (text, spelt) in WRITTEN.iter().zip(spelt) {
            assert_eq!(toml::to_string(&text.parse::<ScheduleConfig>().unwrap()).unwrap(), spelt);
        }
    }

    #[test]
    fn mistakes_are_named() {
        let cases = [
            ("cosin", "unknown schedule `cosin`; expected one of constant, step"),
            ("step", "needs `every`"),
            ("step:every=0", "`every` is 0, but must be a whole number from 1"),
            ("step:every=x", "invalid type: string \"x\", expected u32"),
            ("step:every=1.5.2", "`every=1.5.2` is not a number"),
            ("cosine:gamma=1", "cosine does not have the option `gamma`, only step, multistep and exponential do"),
            ("cosine:last", "`last` is not of the form option=value"),
            ("cosine:last=2", "`last` is 2, but must be from 0 to 1"),
            ("cosine:last=nan", "must be from 0 to 1"),
            ("multistep:at=3+b", "`at=3+b` is not a number"),
            ("one-cycle:anneal=up", "expected `cosine` or `linear`"),
        ];
        for (text, part) in cases {
            let error = text.parse::<ScheduleConfig>().unwrap_err().to_string();
            assert!(error.contains(part), "{error}\nshould say: {part}");
        }
    }
}
