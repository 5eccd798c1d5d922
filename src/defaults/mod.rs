//! What `train` does where nothing was typed: a pure function from facts that are known before anything is decoded to settings, each
//! with its reason. `starts` is the table of what a run starts from, `rule` has every number that follows from examples, sizes and names.

mod decision;
mod facts;
mod rule;
mod starts;

#[cfg(test)]
mod tests;

pub use decision::{Decision, Line};
pub use facts::{Aim, Examples, Facts, Source};
pub use rule::{DECIDES, LARGEST_SIDE, decide};
