//! A linear rise of the learning rate at the start of a run, before its schedule.

use serde::{Deserialize, Serialize};

/// A linear rise of the learning rate at the start of a run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Warmup {
    /// How long, in epochs; may be a part of one.
    pub epochs: f64,
    /// The factor of the first step (`LinearLR`'s `start_factor`).
    pub start: f64,
}

impl Warmup {
    /// The default of [`Warmup::start`].
    pub const START: f64 = 0.01;
}
