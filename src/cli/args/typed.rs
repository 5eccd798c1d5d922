//! Rows about settings as flags: clap's arguments are made from them, and what was typed is kept by key.

use std::collections::BTreeMap;

use clap::builder::PossibleValuesParser;
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches};

use super::super::CliError;
use crate::config::{Given, Setting, Takes};
use crate::data::Range;
use crate::defaults::DECIDES;

/// The flag of a row; its id is the row's key.
pub fn arg(setting: &Setting) -> Option<Arg> {
    let flag = setting.field.flag?;
    let arg = Arg::new(setting.field.key)
        .long(flag)
        .help(help(setting))
        .help_heading(setting.section.title())
        .hide_short_help(!setting.is_common);
    let arg = match setting.field.takes {
        Takes::Switch => return Some(arg.action(ArgAction::SetTrue)),
        // numbers are checked when all of them are known, with a message that says the range
        // a list of numbers may begin with a negative one
        Takes::Number { .. } | Takes::Below { .. } | Takes::Between { .. } => {
            arg.value_name(setting.form.unwrap_or("F")).allow_hyphen_values(true)
        }
        Takes::Whole { .. } => arg.value_name(setting.form.unwrap_or("N")).allow_negative_numbers(true),
        Takes::OneOf(words) => arg.value_name(flag.to_uppercase()).value_parser(PossibleValuesParser::new(words)),
        Takes::Text(form) => arg.value_name(form).allow_hyphen_values(setting.field.key == RANGE),
    };
    Some(match setting.given {
        Given::Once => arg,
        Given::Repeatedly => arg.action(ArgAction::Append),
        Given::List => arg.value_delimiter(','),
    })
}

/// The setting whose text is a range of numbers.
const RANGE: &str = "images.range";

/// What help says of a row.
pub fn help(setting: &Setting) -> String {
    let doc = setting.field.doc.trim_end_matches('.');
    let again = if setting.given == Given::Repeatedly { " (may be repeated)" } else { "" };
    match setting.field.default {
        _ if DECIDES.contains(&setting.field.key) => format!("{doc}{again} [default: chosen to suit the data]"),
        "" => format!("{doc}{again}"),
        default => format!("{doc}{again} [default: {default}]"),
    }
}

/// What was typed, by key.
#[derive(Clone, Debug, Default)]
pub struct Typed(BTreeMap<&'static str, Vec<String>>);

impl Typed {
    /// What was typed of these rows.
    pub fn of(settings: impl IntoIterator<Item = &'static Setting>, matches: &ArgMatches) -> Self {
        let flags = settings.into_iter().filter(|setting| setting.field.flag.is_some());
        let typed = flags.filter_map(|setting| {
            let key = setting.field.key;
            let on_line = [ValueSource::CommandLine, ValueSource::EnvVariable];
            if !matches.value_source(key).is_some_and(|source| on_line.contains(&source)) {
                return None;
            }
            let values = match setting.field.takes {
                Takes::Switch => vec!["true".to_string()],
                _ => matches.get_many::<String>(key)?.cloned().collect(),
            };
            Some((key, values))
        });
        Typed(typed.collect())
    }

    /// Notes a value that was typed without its flag.
    pub fn set(&mut self, key: &'static str, value: String) {
        self.0.insert(key, vec![value]);
    }

    /// Notes every value of a key.
    pub fn set_all(&mut self, key: &'static str, values: Vec<String>) {
        self.0.insert(key, values);
    }

    /// Every key with its text; several values with commas between them.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, String)> {
        self.0.iter().map(|(key, values)| (*key, values.join(",")))
    }

    /// Whether a key was given.
    pub fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    /// The value of a key that is given once.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(|values| values[0].as_str())
    }

    /// Every value of a key.
    pub fn all(&self, key: &str) -> &[String] {
        self.0.get(key).map_or(&[], Vec::as_slice)
    }

    /// What was typed for a row, as a configuration file has it.
    ///
    /// # Errors
    /// If it is not what the row takes.
    pub fn value(&self, setting: &Setting) -> Result<Option<toml::Value>, CliError> {
        let Some(text) = self.text(setting.field.key) else { return Ok(None) };
        value(setting, text).map(Some)
    }
}

/// A text that was typed for a row, as a configuration file has it.
fn value(setting: &Setting, text: &str) -> Result<toml::Value, CliError> {
    let (field, takes) = (&setting.field, setting.field.takes);
    if field.key == RANGE {
        Range::try_from(text.to_string()).map_err(|error| CliError::Usage(format!("--range: {error}")))?;
    }
    let value = match takes {
        Takes::Switch => Some(toml::Value::Boolean(true)),
        Takes::Whole { .. } => text.parse().ok().map(toml::Value::Integer),
        Takes::Number { .. } | Takes::Below { .. } | Takes::Between { .. } => text.parse().ok().map(toml::Value::Float),
        Takes::OneOf(_) | Takes::Text(_) => Some(toml::Value::String(text.into())),
    };
    let in_range = |value: &toml::Value| match value {
        toml::Value::Integer(whole) => field.check(*whole as f64).is_ok(),
        toml::Value::Float(number) => field.check(*number).is_ok(),
        _ => true,
    };
    value.filter(in_range).ok_or_else(|| {
        let flag = field.flag.unwrap_or(field.key);
        let word = setting.word().map_or(String::new(), |word| format!(", or `{word}`"));
        let example = field.example().map_or(String::new(), |example| format!("\n  try: --{flag} {example}"));
        CliError::Usage(format!("invalid --{flag} {text}: expected {takes}{word}{example}"))
    })
}
