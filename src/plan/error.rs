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
    #[error("`{tensor}` takes {bytes} bytes ({}), but this adapter binds at most {limit} bytes ({})", mib(*bytes), mib(*limit))]
    TooLarge {
        /// Its name, with the layer's before it.
        tensor: String,
        /// Its size in bytes.
        bytes: u64,
        /// The most bytes that the adapter binds.
        limit: u64,
        /// What makes it smaller.
        hint: Hint,
    },
    /// Batches that are too large for the memory that images may take on their way.
    #[error("streaming batches of {batch} images needs {} on the host and on the device, but the limit is {}", mib(*bytes), mib(*limit))]
    Window {
        /// Images of a batch.
        batch: usize,
        /// Bytes that it takes to have a batch in use, one under way, and others being read.
        bytes: u64,
        /// Bytes that images may take.
        limit: u64,
    },
    /// A loop is too long for the driver.
    #[error(
        "`{layer}` loops {iterations} times in one thread ({kernel}), but this driver silently stops a thread after {limit} iterations"
    )]
    TooLong {
        /// The layer's name.
        layer: String,
        /// The kernel's name: `op/direction`.
        kernel: String,
        /// Iterations of one thread, over all its loops.
        iterations: u64,
        /// How many the driver runs at the most.
        limit: u64,
    },
    /// A rule for parameters that are not there.
    #[error("no parameter matches `{pattern}`; the model has {}", names.join(", "))]
    NoParameter {
        /// The rule's pattern.
        pattern: String,
        /// Names of all parameters.
        names: Vec<String>,
    },
    /// An option that two networks cannot be trained in turn with.
    #[error("{what} is not supported for GANs")]
    InTurn {
        /// What it does: `gradient clipping`.
        what: &'static str,
        /// Its key in the configuration.
        key: &'static str,
    },
    /// A model that cannot be explained.
    #[error("model `{model}` cannot be explained: {why}")]
    NotExplained {
        /// The model's name.
        model: String,
        /// Why not: `it answers with an image`.
        why: &'static str,
    },
    /// A layer that is not there.
    #[error("the model has no layer `{layer}`")]
    NoLayer {
        /// The name that was asked for.
        layer: String,
        /// Names of all layers.
        names: Vec<String>,
    },
    /// A layer from which no gradient comes: a text's words, for instance, are no numbers that could change a little.
    #[error("the outputs have no gradient with respect to `{layer}`")]
    NoGradient {
        /// The layer's name, or `input`.
        layer: String,
    },
    /// Every parameter is frozen.
    #[error("all {count} parameters are frozen, so there is nothing to train")]
    Frozen {
        /// How many there are.
        count: usize,
    },
}

impl Hints for PlanError {
    fn hints(&self) -> Vec<Hint> {
        match self {
            PlanError::Model(error) => error.hints(),
            PlanError::TooLarge { hint, .. } => vec![hint.clone()],
            PlanError::Window { .. } => {
                vec![Hint::SmallerBatch { accumulate: true }, Hint::Larger { key: "max_memory" }]
            }
            PlanError::TooLong { .. } => vec![
                Hint::advice("a newer driver (Mesa 23 and later have no such limit)"),
                Hint::advice("fewer channels or features in this layer"),
            ],
            PlanError::NoParameter { names, .. } => names
                .first()
                .map(|name| Hint::advice(format!("`{name}`")))
                .into_iter()
                .chain([Hint::advice("a pattern such as `conv*`")])
                .collect(),
            PlanError::NotExplained { .. } => vec![Hint::advice("a model that gives classes, labels or numbers")],
            PlanError::NoLayer { layer, names } => vec![Hint::one_of(layer, names.clone())],
            PlanError::NoGradient { .. } => vec![Hint::advice("a later layer")],
            PlanError::InTurn { key, .. } => vec![Hint::Unset { key }],
            PlanError::Frozen { .. } => vec![Hint::Change { key: "freeze" }],
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
