//! Why a member of a table cannot be chosen, or one of its options cannot have a value.

use super::field::{Field, OutOfRange};
use crate::hint::{Hint, Hints};

/// Why a member cannot be chosen, or an option cannot have a value.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum OptionError {
    /// No member has this name.
    #[error("unknown {table} `{name}`; expected one of {}", members.join(", "))]
    NoMember {
        /// What was to be chosen, such as `optimizer`.
        table: &'static str,
        /// The name that was given.
        name: String,
        /// The names that there are.
        members: Vec<&'static str>,
    },
    /// An application's own member has the name of another one.
    #[error("there already is a {table} `{member}`")]
    Taken {
        /// The table, such as `optimizer`.
        table: &'static str,
        /// The name.
        member: &'static str,
    },
    /// The member does not have this option.
    #[error("the {table} {member} does not have the option `{key}`{}", who_has_it(.owners))]
    NoOption {
        /// What was chosen, such as `optimizer`.
        table: &'static str,
        /// Name of the member that was chosen, such as `adamw`.
        member: &'static str,
        /// The option that it does not have.
        key: String,
        /// The members that have it.
        owners: Vec<&'static str>,
        /// Its row in one of them.
        row: Option<&'static Field>,
    },
    /// A value outside of its range.
    #[error("{error}")]
    OutOfRange {
        /// Name of the option.
        key: &'static str,
        /// Its value and its range.
        error: OutOfRange,
        /// Its default; empty if it has none.
        default: &'static str,
    },
    /// An option has no effect without another.
    #[error("`{key}` needs `{needs}`, but that is {value}")]
    Needs {
        /// Name of the option without effect.
        key: &'static str,
        /// Name of the option that it needs.
        needs: &'static str,
        /// Value of that option.
        value: String,
        /// A value with which both go together.
        better: &'static str,
    },
    /// An option without a default was not given.
    #[error("the {table} {member} needs `{key}`")]
    Missing {
        /// What was chosen, such as `schedule`.
        table: &'static str,
        /// Name of the member that was chosen.
        member: &'static str,
        /// Name of the option that was not given.
        key: &'static str,
    },
    /// A value of the wrong kind.
    #[error("the {table} {member}: {problem}")]
    Malformed {
        /// What was chosen, such as `optimizer`.
        table: &'static str,
        /// Name of the member that was chosen.
        member: &'static str,
        /// What is wrong, with the option's name.
        problem: String,
    },
}

fn who_has_it(owners: &[&str]) -> String {
    match owners {
        [] => String::new(),
        [one] => format!(", only {one} does"),
        [first @ .., last] => format!(", only {} and {last} do", first.join(", ")),
    }
}

impl OptionError {
    /// The option that it is about, if there is one.
    pub fn key(&self) -> Option<&str> {
        match self {
            OptionError::NoOption { key, .. } => Some(key),
            OptionError::OutOfRange { key, .. } | OptionError::Needs { key, .. } | OptionError::Missing { key, .. } => {
                Some(key)
            }
            OptionError::NoMember { .. } | OptionError::Taken { .. } | OptionError::Malformed { .. } => None,
        }
    }
}

impl Hints for OptionError {
    fn hints(&self) -> Vec<Hint> {
        match self {
            OptionError::NoMember { table, members, .. } => members.iter().map(|name| Hint::set(table, name)).collect(),
            OptionError::NoOption { table, owners, row, .. } => {
                let others = owners.iter().map(|name| Hint::set(table, name));
                // where several options share a flag, its name says more than the key
                others.chain(row.map(|row| Hint::Unset { key: row.flag.unwrap_or(row.key) })).collect()
            }
            OptionError::Taken { .. } | OptionError::OutOfRange { default: "", .. } | OptionError::Malformed { .. } => {
                Vec::new()
            }
            OptionError::Missing { key, .. } => vec![Hint::advice(format!("a value of `{key}`"))],
            OptionError::OutOfRange { key, default, .. } => vec![Hint::set(key, default)],
            OptionError::Needs { needs, better, .. } => vec![Hint::set(needs, better)],
        }
    }
}
