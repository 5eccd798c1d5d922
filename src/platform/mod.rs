//! What the engine asks of the machine beside the device: the time, threads, waiting, files, folders and the environment.
//!
//! `gpu`, `plan`, `train`, `model` and `metrics` reach these through this module alone, so that a port to a machine that
//! lacks one of them (a browser has no threads, no files and cannot block) changes one folder. A test reads the sources
//! for it (`tests/engine.rs`).

mod ahead;
#[cfg(feature = "cli")]
pub(crate) mod calendar;
mod drivers;
pub(crate) mod environment;
#[cfg(feature = "files")]
pub(crate) mod files;
#[cfg(not(feature = "files"))]
#[path = "no_files.rs"]
pub(crate) mod files;
#[cfg(feature = "parquet")]
mod foreign;
#[cfg(feature = "images")]
mod memory;
mod threads;
mod waiting;

/// The clock of everything that measures time.
pub(crate) use std::time::{Duration, Instant};

pub(crate) use ahead::Ahead;
pub(crate) use drivers::driver_advice;
#[cfg(feature = "parquet")]
pub(crate) use foreign::without_panic;
#[cfg(feature = "images")]
pub(crate) use memory::memory;
#[cfg(feature = "cli")]
pub(crate) use memory::resident;
pub(crate) use threads::{parallel, processors};
pub use waiting::Driver;
pub(crate) use waiting::{Arrival, block_on, block_on_with, drive};
