//! What `train` does where nothing was typed: a pure function from facts that are known before anything is decoded to settings, each
//! with its reason. [`rule`] holds the table and every number of it.

mod decision;
mod facts;
mod rule;

#[cfg(test)]
mod tests;

pub use decision::{Decision, Line};
pub use facts::{Aim, Examples, Facts, Source};
pub use rule::decide;
