//! Pictures of any size that a folder or a table lists, and what becomes of them: images of one size, decoded once.

mod cache;
mod catalog;
mod error;
mod file_type;

pub(super) use catalog::{Catalog, Entry, Part, Target};
pub use catalog::{Damaged, OnPictures};
pub use error::PictureError;
pub(super) use file_type::{FileType, classify};
