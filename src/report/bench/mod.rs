//! A benchmark's result for people: on the terminal, beside another one, and as a page.

mod compare;
mod format;
mod page;
mod progress;
mod read;
mod roofline;
mod row;
mod screen;
mod table;
mod verdict;

pub use compare::compare;
pub use page::page;
pub use progress::BenchProgress;
pub use read::{ReadError, read};
pub use row::{table_head, table_row};
pub use screen::screen;
