//! Why there is no plan, and sizes for people.

use crate::hint::{Hint, Hints};
use crate::model::ModelError;

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The model does not fit together.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A tensor is too large for the adapter.
    #[error("`{tensor}` takes {bytes} bytes ({}), and this adapter binds at most {limit} bytes ({})\n  try: {hint}", mib(*bytes), mib(*limit))]
    TooLarge {
        /// Which.
        tensor: String,
        /// Its size.
        bytes: u64,
        /// The adapter's limit.
        limit: u64,
        /// A way out.
        hint: &'static str,
    },
    /// A loop is too long for the driver.
    #[error(
        "`{layer}` loops {iterations} times in one thread ({kernel}), and this driver stops after {limit} without a word\n  try: a newer driver (Mesa 23 and later have no such limit), or fewer channels or features in this layer"
    )]
    TooLong {
        /// The layer.
        layer: String,
        /// The kernel.
        kernel: String,
        /// Its iterations.
        iterations: u64,
        /// The driver's limit.
        limit: u64,
    },
    /// A rule for parameters that are not there.
    #[error("no parameter is named `{pattern}`; the model has {}\n  try: `{}`, or a pattern such as `conv*`", names.join(", "), names.first().map_or("", String::as_str))]
    NoParameter {
        /// What was asked for.
        pattern: String,
        /// The names that there are.
        names: Vec<String>,
    },
    /// Something that two networks cannot be trained in turn with.
    #[error(
        "{what} does not go with a model that has a generator: its two networks are trained in turn\n  try: without it"
    )]
    InTurn {
        /// What.
        what: &'static str,
    },
    /// Every parameter is frozen.
    #[error("all {count} parameters are frozen, so there is nothing to train\n  try: --freeze with fewer of them")]
    Frozen {
        /// How many there are.
        count: usize,
    },
}

impl Hints for PlanError {
    fn hints(&self) -> Vec<Hint> {
        match self {
            PlanError::Model(error) => error.hints(),
            _ => Vec::new(),
        }
    }
}

/// A size for people.
pub fn mib(bytes: u64) -> String {
    let units = [("GiB", 1u64 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    match units.into_iter().find(|(_, size)| bytes >= *size) {
        Some((unit, size)) => format!("{:.1} {unit}", bytes as f64 / size as f64),
        None => format!("{bytes} B"),
    }
}
