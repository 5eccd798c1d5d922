//! Everything that prints or draws.

pub mod draw;
