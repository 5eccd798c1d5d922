//! Tables in files: rows of fields with a delimiter between them, and which column holds what. What the rows are about,
//! pictures or texts, is up to the formats.

mod columns;
mod error;
mod sheet;

#[cfg(feature = "images")]
pub(in crate::data) use columns::Roles;
pub(in crate::data) use columns::{Role, is_unnamed};
pub use error::TableError;
pub(in crate::data) use sheet::Row;
pub(crate) use sheet::Sheet;
