//! Tables in files: rows of fields with a delimiter between them, and which column holds what. What the rows are about,
//! pictures or texts, is up to the formats.

mod columns;
mod error;
mod sheet;

pub(in crate::data) use columns::{Role, Roles, is_unnamed};
pub use error::TableError;
pub(in crate::data) use sheet::{Row, Sheet};
