//! How large a model is, in numbers that people read.

use super::{Graph, Setting, default_loss};
use crate::model::{ModelError, ModelSpec};

/// A number with its thousands apart: `93,322`.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|g| std::str::from_utf8(g).expect("digits")).collect();
    groups.join(",")
}

/// How many parameters of a model are trained.
///
/// # Errors
/// If its layers do not fit together.
pub fn parameters(model: &ModelSpec) -> Result<u64, ModelError> {
    let graph = Graph::build(model, &Setting::new(1, 1, default_loss(model)))?;
    let trained = graph.parameters.iter().filter(|p| p.trained);
    Ok(trained.map(|p| graph.tensors[p.tensor].shape.count() as u64).sum())
}
