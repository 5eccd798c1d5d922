//! What can be wrong with texts: the file, the line, and a way out.

use std::path::PathBuf;

use thiserror::Error;

use crate::data::plain_text::NotText;
use crate::hint::{Hint, Hints};

/// Texts that cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TextError {
    /// No line with anything on it.
    #[error("{}: empty: all of its {lines} lines are blank", path.display())]
    Empty {
        /// Path of the file.
        path: PathBuf,
        /// Lines of the file, all of them blank.
        lines: usize,
    },
    /// A file that holds no text.
    #[error("{}: {source}", path.display())]
    NotText {
        /// Path of the file.
        path: PathBuf,
        /// What it holds.
        source: NotText,
    },
    /// A line that does not start with a label and something that ends it.
    #[error("{}: line {line}: no label before {separator}: `{found}`",
            path.display())]
    NoLabel {
        /// Path of the file.
        path: PathBuf,
        /// Number of the line, from 1.
        line: usize,
        /// What ends a label in this file.
        separator: &'static str,
        /// How the line starts.
        found: String,
    },
    /// A label and nothing more.
    #[error("{}: line {line}: no text after label `{label}`", path.display())]
    NoText {
        /// Path of the file.
        path: PathBuf,
        /// Number of the line, from 1.
        line: usize,
        /// The label that stands alone.
        label: String,
    },
    /// Nothing to tell apart.
    #[error("{}: all {texts} texts are of class `{class}`, at least 2 classes are needed", path.display())]
    OneClass {
        /// The file or folder.
        path: PathBuf,
        /// Number of texts.
        texts: usize,
        /// Name of the one class.
        class: String,
    },
    /// So many labels that they are words rather than classes.
    #[error("{}: {classes} different labels in {texts} texts, such as `{first}`: too many to be classes", path.display())]
    ManyClasses {
        /// The file or folder.
        path: PathBuf,
        /// Number of different labels.
        classes: usize,
        /// Number of texts.
        texts: usize,
        /// The first of them.
        first: String,
    },
    /// A label that the model was not trained on.
    #[error("{}: line {line}: label `{label}` is not one of the model's {}: {}",
            path.display(), known.len(), known.join(", "))]
    UnknownClass {
        /// Path of the file.
        path: PathBuf,
        /// Number of the line, from 1.
        line: usize,
        /// The label found there.
        label: String,
        /// The model's classes.
        known: Vec<String>,
    },
    /// Two files for one split, or half of a pair.
    #[error("{}: {problem}", path.display())]
    Files {
        /// The file or folder.
        path: PathBuf,
        /// Which files, and why they do not go together.
        problem: String,
        /// What can be done about it.
        hint: String,
    },
    /// More tokens than fit a data set.
    #[error("{}: {texts} texts of {length} words are {bytes} bytes, the limit is {limit}",
            path.display())]
    TooLong {
        /// The file or folder.
        path: PathBuf,
        /// Number of texts.
        texts: usize,
        /// Words of the longest one.
        length: usize,
        /// Bytes of their tokens.
        bytes: u64,
        /// The most bytes that a data set may have.
        limit: u64,
    },
}

impl Hints for TextError {
    fn hints(&self) -> Vec<Hint> {
        let advice = match self {
            TextError::TooLong { .. } => return vec![Hint::set("text.max_length", 100)],
            TextError::Empty { .. } => "a line for each text: label, tab, text".to_string(),
            TextError::NotText { source, .. } => source.advice().into(),
            TextError::NoLabel { separator, .. } => format!("label, {separator}, text on every line"),
            TextError::NoText { .. } => "remove the line, or give it a text".into(),
            TextError::OneClass { .. } => "texts of another class; with a file for each class, name the folder".into(),
            TextError::ManyClasses { .. } => {
                return vec![
                    Hint::advice("label, tab, text on every line"),
                    Hint::Change { key: "table.label_column" },
                ];
            }
            TextError::UnknownClass { .. } => "the labels that it was trained on".into(),
            TextError::Files { hint, .. } => hint.clone(),
        };
        vec![Hint::advice(advice)]
    }
}
