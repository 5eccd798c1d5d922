//! Everything that prints or draws: the only place, with `cli`, that writes for people.

pub mod draw;
mod events;
mod terminal;

pub use events::EventLog;
pub use terminal::{Terminal, percent, seconds};
