//! What would help after an error, as data: an application can act on it or word it for its users; the command line turns
//! keys into flags.

use std::borrow::Cow;

/// A way out of an error.
///
/// Keys are those of the configuration (`batch`, `optimizer.momentum`), or what else a caller passes (`adapter`, `out`,
/// `data`, `model`).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Hint {
    /// Give a key this value.
    Set {
        /// The key in question.
        key: &'static str,
        /// Its value, as a configuration file spells it without quotes.
        value: String,
    },
    /// Give a key any other value.
    Change {
        /// The key in question.
        key: &'static str,
    },
    /// Leave a key at its default.
    Unset {
        /// The key in question.
        key: &'static str,
    },
    /// A smaller value of a key.
    Smaller {
        /// The key in question.
        key: &'static str,
    },
    /// A larger value of a key.
    Larger {
        /// The key in question.
        key: &'static str,
    },
    /// A smaller batch; `accumulate` where several of them may make one update, which learns at the same rate.
    SmallerBatch {
        /// Whether accumulating is possible.
        accumulate: bool,
    },
    /// One of these names in place of the one that was given.
    OneOf {
        /// The name that was given.
        wanted: String,
        /// The names that there are.
        names: Vec<String>,
        /// Arguments of the program's command that lists them, such as `["models"]`; none if there is no such command.
        listed_by: &'static [&'static str],
    },
    /// Run another command of the program: its name and arguments, such as `["data", "fetch", "mnist"]`.
    Command {
        /// Name and arguments.
        words: Vec<String>,
    },
    /// Something outside of the configuration, in words that name no flag.
    Advice(Cow<'static, str>),
}

impl Hint {
    /// `key = value`
    pub fn set(key: &'static str, value: impl ToString) -> Self {
        Hint::Set { key, value: value.to_string() }
    }

    /// One of `names` in place of `wanted`.
    pub fn one_of<T: Into<String>>(wanted: &str, names: impl IntoIterator<Item = T>) -> Self {
        Self::one_listed(wanted, names, &[])
    }

    /// One of `names`, which a command lists, in place of `wanted`.
    pub fn one_listed<T: Into<String>>(
        wanted: &str,
        names: impl IntoIterator<Item = T>,
        listed_by: &'static [&'static str],
    ) -> Self {
        Hint::OneOf { wanted: wanted.into(), names: names.into_iter().map(Into::into).collect(), listed_by }
    }

    /// The key of the configuration that it is about, if it is about one.
    pub fn key(&self) -> Option<&'static str> {
        match self {
            Hint::Set { key, .. }
            | Hint::Change { key }
            | Hint::Unset { key }
            | Hint::Smaller { key }
            | Hint::Larger { key } => Some(key),
            Hint::SmallerBatch { .. } => Some("batch"),
            _ => None,
        }
    }

    /// Advice in words.
    pub fn advice(text: impl Into<Cow<'static, str>>) -> Self {
        Hint::Advice(text.into())
    }

    /// A command of the program.
    pub fn command<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        Hint::Command { words: words.into_iter().map(String::from).collect() }
    }
}

/// An error that knows ways out. Its `Display` says what went wrong, where, and both numbers; the ways out are here.
pub trait Hints {
    /// The ways out, best first; none where nothing is known to help. Any one of them may do.
    fn hints(&self) -> Vec<Hint> {
        Vec::new()
    }
}
