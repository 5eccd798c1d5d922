//! Pictures of any size that a folder or a table lists, and what becomes of them: images of one size, decoded once.

mod catalog;
mod cells;
mod decoded;
mod entry;
mod error;
mod file_type;

pub(super) use catalog::Catalog;
pub(super) use entry::{Entry, Part, Target};
pub(super) use error::short;
pub use error::{Damaged, PictureError};
pub(super) use file_type::{FileType, PICTURE_ENDS, classify, listed, promises_picture};
