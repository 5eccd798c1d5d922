//! What does not fit together in a data set that a program builds.

use thiserror::Error;

use super::Input;
use crate::hint::{Hint, Hints};

/// Arrays that do not make a data set.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum DatasetError {
    /// An example of no bytes, or of more than a machine can address.
    #[error(
        "an example of {input} cannot be stored: every side must be at least 1, and their product must fit in memory"
    )]
    Size {
        /// What an example was to be.
        input: Input,
    },
    /// Pixels or tokens that are not so many whole examples.
    #[error("{examples} examples of {input} are {expected} bytes, but {found} were given")]
    Bytes {
        /// Examples, as their targets count them.
        examples: usize,
        /// What each of them is.
        input: Input,
        /// The bytes of so many.
        expected: u128,
        /// Bytes there are.
        found: usize,
    },
    /// Names of examples that are not one for each.
    #[error("{examples} examples have {names} names")]
    ExampleNames {
        /// Examples, as their targets count them.
        examples: usize,
        /// Names that were given.
        names: usize,
    },
    /// A class that does not exist.
    #[error("label {label} of example {example} is not below the number of classes, {classes}")]
    Label {
        /// Index of the example.
        example: usize,
        /// The label of that example.
        label: u32,
        /// Number of classes.
        classes: usize,
    },
    /// A token that does not exist.
    #[error(
        "token {token} at position {position} of example {example} is not below the vocabulary's size, {vocabulary}"
    )]
    Token {
        /// Index of the example.
        example: usize,
        /// Place in its text.
        position: usize,
        /// The token found there.
        token: u32,
        /// Size of the vocabulary.
        vocabulary: usize,
    },
    /// A feature that is infinite or not a number.
    #[error("feature {position} of example {example} is not a finite number")]
    Feature {
        /// Index of the example.
        example: usize,
        /// Place in its rows.
        position: usize,
    },
    /// Values that are not so many for each example.
    #[error("{found} values are not a whole number of examples with {width} each")]
    Values {
        /// Values there are.
        found: usize,
        /// Values of each example.
        width: usize,
    },
    /// Not a name for each class or value.
    #[error("the {split} examples have {expected} classes or values, but {found} names were given")]
    Names {
        /// `training`, `validation` or `test`.
        split: &'static str,
        /// Classes, or values of each example.
        expected: usize,
        /// Names there are.
        found: usize,
    },
    /// Splits whose examples differ.
    #[error("the {split} examples are {found}, but the {other} examples {expected}")]
    Inputs {
        /// `validation` or `test`.
        split: &'static str,
        /// What its examples are.
        found: Input,
        /// The split before it.
        other: &'static str,
        /// What the other's examples are.
        expected: Input,
    },
    /// Splits whose targets differ.
    #[error("the {split} examples have {found}, but the {other} examples have {expected}")]
    Targets {
        /// `validation` or `test`.
        split: &'static str,
        /// What is to be learned about its examples, in words.
        found: &'static str,
        /// The split before it.
        other: &'static str,
        /// What is to be learned about the other's.
        expected: &'static str,
    },
    /// Texts without the words of their tokens, or images with some.
    #[error("the {split} examples are {input}, but the data set has a vocabulary of {vocabulary}")]
    Vocabulary {
        /// `training`, `validation` or `test`.
        split: &'static str,
        /// What its examples are.
        input: Input,
        /// Words of the data set's vocabulary, 0 where it has none.
        vocabulary: usize,
    },
    /// A split without an example.
    #[error("there are no {split} examples, at least 1 is needed")]
    Empty {
        /// `training`, `validation` or `test`.
        split: &'static str,
    },
    /// Neither training, validation nor test examples.
    #[error("the data set has no split: training, validation or test examples are needed")]
    NoSplit,
}

impl Hints for DatasetError {
    fn hints(&self) -> Vec<Hint> {
        match self {
            DatasetError::Label { classes, .. } => {
                vec![Hint::advice(format!("labels from 0 to {}, or more class names", classes.saturating_sub(1)))]
            }
            DatasetError::Empty { .. } | DatasetError::NoSplit => vec![Hint::advice("leave empty splits out")],
            _ => Vec::new(),
        }
    }
}
