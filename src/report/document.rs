//! What commands write as JSON: each document, each line and each answer of an array says which version its keys are of.

use serde::Serialize;

use super::SCHEMA;

/// A JSON object with the version of its keys, which `docs/json.md` describes.
#[derive(Clone, Debug, Serialize)]
pub struct Document<T> {
    schema: u32,
    #[serde(flatten)]
    of: T,
}

impl<T: Serialize> Document<T> {
    /// A document of these keys.
    pub fn of(of: T) -> Self {
        Document { schema: SCHEMA, of }
    }

    /// It as a value.
    ///
    /// # Panics
    /// If it is no object.
    pub fn value(&self) -> serde_json::Value {
        serde_json::to_value(self).expect("a document is an object of plain data")
    }
}
