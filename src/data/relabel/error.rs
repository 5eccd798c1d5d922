//! What can be wrong with a file of labels.

use std::path::PathBuf;

use thiserror::Error;

use crate::hint::{Hint, Hints};

/// What is wrong with a file of labels.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LabelsError {
    /// It is not the file that a run began with.
    #[error("{}: SHA-256 {found}, but the run began with labels of {expected}", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
        /// SHA-256 when the run began.
        expected: String,
        /// SHA-256 now.
        found: String,
    },
    /// The data have no classes.
    #[error("{}: `{data}` has {what} instead of one class for each example", path.display())]
    NoClasses {
        /// The file.
        path: PathBuf,
        /// The data set's name.
        data: String,
        /// What is learned about its examples.
        what: &'static str,
    },
    /// It has no rows.
    #[error("{}: it has no rows, so it changes no label", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// A column that is needed and not there.
    #[error("{}: line 1: {wanted}; found {}", path.display(), found.join(", "))]
    NoColumn {
        /// The file.
        path: PathBuf,
        /// What is missing, in words.
        wanted: &'static str,
        /// The columns there are.
        found: Vec<String>,
    },
    /// An example that is not in the data.
    #[error("{}: line {line}: `{data}` has no example `{name}`", path.display())]
    UnknownExample {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// The data set's name.
        data: String,
        /// What the row names.
        name: String,
        /// What examples are called.
        known: Vec<String>,
    },
    /// A name that several examples have.
    #[error("{}: line {line}: {count} examples are called `{name}`, such as {first}", path.display())]
    Ambiguous {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What the row names.
        name: String,
        /// How many examples have that name.
        count: usize,
        /// One of them.
        first: String,
    },
    /// A number that no example has.
    #[error("{}: line {line}: no example {number} of {split}, which has {count}", path.display())]
    Number {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What the row says.
        number: String,
        /// The split that it says.
        split: String,
        /// Examples of that split.
        count: usize,
    },
    /// A row about nothing.
    #[error("{}: line {line}: it names no file and no number", path.display())]
    Unnamed {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
    },
    /// A split that is none.
    #[error("{}: line {line}: no split is called `{split}`", path.display())]
    UnknownSplit {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What the row says.
        split: String,
    },
    /// A row that was written for other data.
    #[error("{}: line {line}: {name} is labelled `{label}`, but the row was written when it was `{given}`", path.display())]
    Given {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// The example.
        name: String,
        /// Its label.
        label: String,
        /// What the row says that it is.
        given: String,
    },
    /// A label that is no class.
    #[error("{}: line {line}: no class is called `{label}`", path.display())]
    UnknownClass {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What the row says.
        label: String,
        /// The classes.
        known: Vec<String>,
    },
    /// Two rows about an example that say different things.
    #[error("{}: line {line} says {now} of {name}, but line {before_line} says {before}", path.display())]
    Contradiction {
        /// The file.
        path: PathBuf,
        /// The later line, from 1.
        line: u64,
        /// What it says.
        now: String,
        /// The example.
        name: String,
        /// The earlier line, from 1.
        before_line: u64,
        /// What that says.
        before: String,
    },
    /// A split of which nothing would be left.
    #[error("{}: it removes all {count} {split} examples", path.display())]
    NothingLeft {
        /// The file.
        path: PathBuf,
        /// Examples of the split.
        count: usize,
        /// Its name.
        split: &'static str,
    },
}

impl Hints for LabelsError {
    fn hints(&self) -> Vec<Hint> {
        match self {
            LabelsError::Changed { .. } => vec![Hint::advice("the file as it was, or a new run")],
            LabelsError::NoClasses { .. } => vec![Hint::Unset { key: "labels" }],
            LabelsError::Empty { .. } | LabelsError::NoColumn { .. } => {
                vec![Hint::advice("a row for each label, under a header such as file,label")]
            }
            LabelsError::UnknownExample { name, known, .. } if known.is_empty() => {
                vec![Hint::advice(format!(
                    "its split and number instead of `{name}`: a header such as split,number,label"
                ))]
            }
            LabelsError::UnknownExample { name, known, .. } => vec![Hint::one_of(name, known)],
            LabelsError::Ambiguous { .. } => vec![Hint::advice("its path relative to the data folder")],
            LabelsError::Number { count, .. } => {
                vec![Hint::advice(format!(
                    "split train, val or test, and a number from 0 to {}",
                    count.saturating_sub(1)
                ))]
            }
            LabelsError::Unnamed { .. } => vec![Hint::advice("its file, or its split and number")],
            LabelsError::UnknownSplit { split, .. } => vec![Hint::one_of(split, ["train", "val", "test"])],
            LabelsError::Given { .. } => {
                vec![Hint::advice("a table of these data, or an empty `given`, if the row is about this example")]
            }
            LabelsError::UnknownClass { label, known, .. } => {
                vec![Hint::one_of(label, known), Hint::advice("no label at all, which removes the example")]
            }
            LabelsError::Contradiction { .. } => vec![Hint::advice("one row for each example")],
            LabelsError::NothingLeft { .. } => vec![Hint::advice("labels for some of them")],
        }
    }
}
