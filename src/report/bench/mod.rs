//! A benchmark's result for people: on the terminal, beside another one, and as a page.

mod compare;
mod format;
mod page;
mod progress;
mod read;
mod roofline;
mod screen;
mod table;

pub use compare::compare;
pub use page::page;
pub use progress::BenchProgress;
pub use read::{ReadError, read};
pub use screen::screen;
