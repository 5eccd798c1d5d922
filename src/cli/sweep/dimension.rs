//! `--vary KEY=VALUES`: a setting, and what it may be.

use lepton_kernels::random::uniform;

use super::super::CliError;
use super::super::args::{OPTIONS, Typed};
use super::super::hint::flag;
use crate::config::{FIELDS, Setting, Takes};

/// A word that stands for what the setting is where nothing is typed.
const DEFAULT: &str = "default";
/// Names that other programs have for a setting.
const ALIASES: [(&str, &str); 1] = [("batch_size", "batch")];
/// Options that are no part of a configuration, and that may be varied all the same.
const ALSO: [&str; 2] = ["size", "from_scratch"];

const OTHER_DATA: &str =
    "it must be the same for all runs: otherwise they would learn from different data, and could not be compared";
const OTHER_IMAGES: &str = "it must be the same for all runs: otherwise they would be validated on different images, and could not be compared";

/// What is varied most often, with which a list of names begins.
const OFTEN: [&str; 9] = ["lr", "batch", "optimizer", "model", "epochs", "schedule", "augment", "loss", "seed"];

/// Settings that all runs share, by the beginning of their keys, and why.
const SHARED: [(&str, &str); 12] = [
    ("data", OTHER_DATA),
    ("labels", OTHER_DATA),
    ("images.layout", OTHER_DATA),
    ("images.skip_damaged", OTHER_DATA),
    ("images.coarse", OTHER_DATA),
    ("table.", OTHER_DATA),
    ("text.coarse_labels", OTHER_DATA),
    ("normal", OTHER_DATA),
    ("validation", OTHER_IMAGES),
    ("split_seed", OTHER_IMAGES),
    ("limit", OTHER_IMAGES),
    ("best_by", "runs are compared by one measure, so it must be the same for all"),
];

/// A setting that is varied.
#[derive(Clone, Debug)]
pub struct Dimension {
    /// Its row.
    pub setting: &'static Setting,
    /// What it may be.
    pub values: Values,
    /// Whether `true` leaves its flag out, because that says no: `fuse` and `--no-fuse`.
    negated: bool,
}

/// What a setting may be.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// One of these.
    List(Vec<String>),
    /// Any number of a range.
    Range(Range),
}

/// The range of a number, with both ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
    /// Whether numbers are whole.
    pub whole: bool,
    /// Whether equal factors are equally likely.
    pub log: bool,
}

impl Dimension {
    /// As it was typed.
    ///
    /// # Errors
    /// [`CliError`]: no such setting, one that all runs share, or values that it cannot have.
    pub fn parse(text: &str) -> Result<Self, CliError> {
        let wrong = |problem: &str, way: &str| CliError::Usage(format!("--vary {text}: {problem}\n  try: {way}"));
        let Some((name, values)) = text.split_once('=').filter(|(name, _)| !name.trim().is_empty()) else {
            return Err(wrong("expected KEY=VALUES", "--vary lr=0.001,0.01"));
        };
        let (setting, negated) = named(name.trim())?;
        let key = setting.field.key;
        if let Some(why) = shared(key) {
            return Err(wrong(why, &format!("{} once, or a sweep for each value", flag(key))));
        }
        if let Some(range) = range(setting, values) {
            let range =
                range.map_err(|problem| wrong(&problem, &format!("--vary {name}=LOW..HIGH, or LOW..HIGH:log")))?;
            return Ok(Dimension { setting, values: Values::Range(range), negated });
        }
        let sign = if values.contains(';') { ';' } else { ',' };
        let list: Vec<String> = values.split(sign).map(|value| value.trim().to_string()).collect();
        let one = Dimension { setting, values: Values::List(Vec::new()), negated };
        for (i, value) in list.iter().enumerate() {
            if value.is_empty() {
                return Err(wrong("a value is empty", &format!("--vary {name}=VALUE,VALUE")));
            }
            if list[..i].iter().any(|other| one.is_same(other, value)) {
                return Err(wrong(&format!("{value} is listed twice"), "each value once"));
            }
            one.check(value)?;
        }
        Ok(Dimension { values: Values::List(list), ..one })
    }

    /// What it is called on the command line.
    pub fn name(&self) -> &'static str {
        match self.setting.field.flag {
            Some(flag) if !self.negated => flag,
            _ => self.setting.field.key,
        }
    }

    /// Whether two values are the same one, of numbers however they are written.
    fn is_same(&self, a: &str, b: &str) -> bool {
        let is_number = !matches!(self.setting.field.takes, Takes::Switch | Takes::OneOf(_) | Takes::Text(_));
        a == b || is_number && matches!((a.parse::<f64>(), b.parse::<f64>()), (Ok(a), Ok(b)) if a == b)
    }

    /// Refuses a value that its row does not take; what only its own parser knows is left to that.
    fn check(&self, value: &str) -> Result<(), CliError> {
        let field = &self.setting.field;
        if value == DEFAULT || self.setting.word() == Some(value) {
            return Ok(());
        }
        let fits = match field.takes {
            Takes::Switch => ["true", "false"].contains(&value),
            Takes::OneOf(words) => words.contains(&value),
            Takes::Whole { .. } => value.parse::<u64>().is_ok_and(|whole| field.check(whole as f64).is_ok()),
            // of classes or betas there may be several
            Takes::Number { .. } | Takes::Below { .. } | Takes::Between { .. }
                if self.setting.form.is_some_and(|form| form.contains(',')) =>
            {
                true
            }
            Takes::Number { .. } | Takes::Below { .. } | Takes::Between { .. } => {
                value.parse::<f64>().is_ok_and(|number| field.check(number).is_ok())
            }
            Takes::Text(_) => true,
        };
        if fits {
            return Ok(());
        }
        let (name, word) = (self.name(), self.setting.word().map_or(String::new(), |word| format!(", or `{word}`")));
        let way =
            field.example().map_or_else(|| "another value".into(), |example| format!("--vary {name}={example},…"));
        Err(CliError::Usage(format!(
            "--vary {name}: {value} is not a valid value: expected {}{word}\n  try: {way}",
            field.takes
        )))
    }

    /// Adds one of its values to what was typed for a run.
    pub fn set(&self, typed: &mut Typed, value: &str) {
        let key = self.setting.field.key;
        match self.setting.field.takes {
            _ if value == DEFAULT => {}
            Takes::Switch if (value == "true") == self.negated => {}
            Takes::Switch => typed.set(key, "true".into()),
            _ => typed.set(key, value.into()),
        }
    }

    /// The value of a random run: number `element` of stream `stream`.
    pub fn draw(&self, seed: u64, stream: u64, element: u64) -> String {
        let share = uniform(seed, stream, element);
        match &self.values {
            Values::List(list) => list[(share * list.len() as f64) as usize].clone(),
            Values::Range(range) => {
                let number = range.at(share);
                // four digits can be read and typed; at an open end they could leave the range
                let short: f64 = format!("{number:.3e}").parse().unwrap_or(number);
                let is_inside = short >= range.low && short <= range.high && self.setting.field.check(short).is_ok();
                if range.whole || !is_inside { number.to_string() } else { short.to_string() }
            }
        }
    }

    /// How many values there are; none of a range, which has any number.
    pub fn count(&self) -> Option<usize> {
        match &self.values {
            Values::List(list) => Some(list.len()),
            Values::Range(_) => None,
        }
    }
}

impl Range {
    /// The number at a share of the range, from 0 to below 1. Each whole number has the same part of it.
    fn at(&self, share: f64) -> f64 {
        let half = if self.whole { 0.5 } else { 0.0 };
        let (low, high) = (self.low - half, self.high + half);
        let number = if self.log { low * (high / low).powf(share) } else { low + (high - low) * share };
        if self.whole { number.round().clamp(self.low, self.high) } else { number.clamp(self.low, self.high) }
    }
}

/// The range that was typed for a number; none if it is a list.
fn range(setting: &Setting, text: &str) -> Option<Result<Range, String>> {
    let whole = match setting.field.takes {
        Takes::Whole { .. } => true,
        Takes::Number { .. } | Takes::Below { .. } | Takes::Between { .. } => false,
        Takes::Switch | Takes::OneOf(_) | Takes::Text(_) => return None,
    };
    let (low, rest) = text.split_once("..")?;
    let (high, scale) = rest.split_once(':').unwrap_or((rest, "linear"));
    Some((|| {
        let number = |text: &str| text.trim().parse::<f64>().map_err(|_| format!("{} is no number", text.trim()));
        let (low, high) = (number(low)?, number(high)?);
        let log = match scale {
            "log" => true,
            "linear" => false,
            other => return Err(format!("`{other}` is no scale: expected log or linear")),
        };
        for end in [low, high] {
            setting.field.check(end).map_err(|error| error.to_string())?;
        }
        match (low < high, log && low <= 0.0) {
            (false, _) => Err(format!("the range from {low} to {high} is empty")),
            (_, true) => Err(format!("a range on a logarithmic scale begins above 0, not at {low}")),
            _ => Ok(Range { low, high, whole, log }),
        }
    })())
}

/// The setting of a name: its key, the last part of that, or its flag; and whether its flag says the opposite.
fn named(name: &str) -> Result<(&'static Setting, bool), CliError> {
    let name = name.trim_start_matches("--").replace('-', "_");
    let name = ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name.as_str(), |(_, key)| key);
    let rows = || FIELDS.iter().chain(OPTIONS.iter().filter(|row| ALSO.contains(&row.field.key)));
    let has_flag = |row: &&Setting| row.field.flag.is_some();
    let flag_of = |row: &Setting| row.field.flag.map(|flag| flag.replace('-', "_"));
    if let Some(row) = rows().find(|row| flag_of(row).as_deref() == Some(name)) {
        return Ok((row, false));
    }
    let all = || rows().filter(has_flag);
    let is_exact = |row: &&Setting| row.field.key == name || row.field.key.strip_suffix(".name") == Some(name);
    // the last part of a key, where only one has it
    let last = |row: &&Setting| row.field.key.rsplit_once('.').is_some_and(|(_, last)| last == name);
    let alone = || Some(all().find(last)?).filter(|_| all().filter(last).count() == 1);
    if let Some(row) = all().find(is_exact).or_else(alone) {
        return Ok((row, row.field.flag.is_some_and(|flag| flag.starts_with("no-"))));
    }
    if let Some(row) = OPTIONS.iter().find(|row| row.field.key == name || flag_of(row).as_deref() == Some(name)) {
        let flag = row.field.flag.unwrap_or(row.field.key);
        return Err(CliError::Usage(format!(
            "--vary {flag}: it is the same for all runs of a sweep\n  try: --{flag} without --vary, or a setting of the runs"
        )));
    }
    let own = || rows().filter(|row| has_flag(row) && shared(row.field.key).is_none());
    let mut names = OFTEN.to_vec();
    for other in own().filter_map(|row| row.field.flag).chain(own().map(|row| row.field.key)) {
        if !names.contains(&other) {
            names.push(other);
        }
    }
    Err(CliError::unknown("setting to vary", name, names, &[]))
}

/// Why all runs share a setting, if they do.
fn shared(key: &str) -> Option<&'static str> {
    SHARED.iter().find(|(own, _)| key == *own || own.ends_with('.') && key.starts_with(own)).map(|(_, why)| *why)
}
