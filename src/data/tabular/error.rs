//! What can be wrong with a table: file, line, column, and a way out.

use std::path::PathBuf;

use thiserror::Error;

use super::Role;
use crate::data::plain_text::NotText;
use crate::hint::{Hint, Hints};

/// What is wrong with a table.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TableError {
    /// Not a text file.
    #[error("{}: {source}", path.display())]
    NotText {
        /// Path of the table.
        path: PathBuf,
        /// What it is.
        source: NotText,
    },
    /// Not a table.
    #[error("{}: {reason}", path.display())]
    Malformed {
        /// Path of the table.
        path: PathBuf,
        /// What is wrong, with the line.
        reason: String,
    },
    /// Objects where rows should be.
    #[error("{}: JSON, not a table", path.display())]
    Json {
        /// Path of the file.
        path: PathBuf,
    },
    /// A column that is needed and not there.
    #[error("{}: line 1: no column for {what}; found {}", path.display(), found.join(", "))]
    NoColumn {
        /// Path of the table.
        path: PathBuf,
        /// What the column would hold.
        what: &'static str,
        /// The columns there are.
        found: Vec<String>,
        /// Names it could have.
        wanted: Vec<&'static str>,
        /// The option that names it.
        key: &'static str,
    },
    /// A column that was asked for and is not there.
    #[error("{}: line 1: no column `{name}`; found {}", path.display(), found.join(", "))]
    Unknown {
        /// Path of the table.
        path: PathBuf,
        /// The name that was given.
        name: String,
        /// The columns there are.
        found: Vec<String>,
    },
    /// Several columns of one name, or of one meaning.
    #[error("{}: line 1: {} hold {what}", path.display(), several(columns))]
    TwoColumns {
        /// Path of the table.
        path: PathBuf,
        /// What they hold.
        what: &'static str,
        /// Their names.
        columns: Vec<String>,
        /// The option that chooses one.
        key: Option<&'static str>,
    },
    /// Values that a trained model gives, and that the table has not.
    #[error("{}: line 1: no column for {}, which the model predicts; found {}", path.display(), quoted(missing), found.join(", "))]
    NotPredicted {
        /// Path of the table.
        path: PathBuf,
        /// What the model gives.
        missing: Vec<String>,
        /// The columns there are.
        found: Vec<String>,
    },
    /// The folder of its images is none.
    #[error("{}: {}, the folder of its images, is not a folder", path.display(), folder.display())]
    NoFolder {
        /// Path of the table.
        path: PathBuf,
        /// What was said to be the folder.
        folder: PathBuf,
    },
    /// A row with too many or too few fields.
    #[error("{}: line {line}: {found} {}, but the header has {expected}",
            path.display(), if *found == 1 { "field" } else { "fields" })]
    Fields {
        /// Path of the table.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// Fields of the row.
        found: usize,
        /// Fields of the header.
        expected: usize,
    },
    /// A field that is not what its column holds.
    #[error("{}: line {line}, column `{column}`: {problem}", path.display())]
    Field {
        /// Path of the table.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// The column's name.
        column: String,
        /// What is wrong with the field.
        problem: String,
        /// What the field should hold.
        hint: &'static str,
    },
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn several(columns: &[String]) -> String {
    let quoted: Vec<String> = columns.iter().map(|name| format!("`{name}`")).collect();
    match &quoted[..] {
        [one, other] => format!("{one} and {other} both"),
        _ => format!("{} all", quoted.join(", ")),
    }
}

impl Hints for TableError {
    fn hints(&self) -> Vec<Hint> {
        let advice = match self {
            TableError::NotText { source, .. } => source.advice().to_string(),
            TableError::Malformed { .. } | TableError::Json { .. } => {
                "a CSV file in UTF-8 that starts with a header such as image,label".to_string()
            }
            TableError::NoColumn { wanted, key, found, .. } => {
                let is_image = Some(*key) == Role::IMAGE.key;
                let proposed = if is_image { found.first() } else { found.last() };
                let named = |key| proposed.map(|name| Hint::set(key, name));
                // what has no images may have texts
                let text = Role::TEXT.key.filter(|_| is_image).and_then(named);
                let header = Hint::advice(format!("a header with one of: {}", wanted.join(", ")));
                return named(key).into_iter().chain(text).chain([header]).collect();
            }
            TableError::Unknown { name, found, .. } => return vec![Hint::one_of(name, found)],
            TableError::TwoColumns { columns, key: Some(key), .. } => {
                return columns.iter().take(2).map(|name| Hint::set(key, name)).collect();
            }
            TableError::TwoColumns { .. } => "one of them".into(),
            TableError::NotPredicted { missing, .. } => match &missing[..] {
                [_] => return vec![Hint::Change { key: "table.label_column" }],
                _ => "columns that are called as those of the table that the model was trained on".into(),
            },
            TableError::NoFolder { .. } => return vec![Hint::Change { key: "table.images" }],
            TableError::Fields { .. } => "quotes around fields that contain the separator".into(),
            TableError::Field { hint, .. } => (*hint).into(),
        };
        vec![Hint::advice(advice)]
    }
}
