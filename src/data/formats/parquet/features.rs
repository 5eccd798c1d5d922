//! What a file's metadata say about its columns: JSON under `huggingface`, as the library `datasets` writes it.

use parquet::file::metadata::ParquetMetaData;
use serde_json::Value;

use crate::data::names;

/// What the columns are, by their names; nothing where the metadata do not say.
pub struct Features(Value);

impl Features {
    pub fn of(metadata: &ParquetMetaData) -> Self {
        let pairs = metadata.file_metadata().key_value_metadata();
        let said =
            pairs.into_iter().flatten().find(|pair| pair.key == "huggingface").and_then(|pair| pair.value.as_ref());
        let json: Option<Value> = said.and_then(|text| serde_json::from_str(text).ok());
        Features(json.and_then(|json| json.pointer("/info/features").cloned()).unwrap_or_default())
    }

    /// Columns of a type, such as `Image` or `ClassLabel`, lists of such among them.
    pub fn of_type(&self, wanted: &str) -> Vec<&str> {
        let Value::Object(features) = &self.0 else { return Vec::new() };
        features
            .iter()
            .filter(|(_, feature)| inner(feature)["_type"] == wanted)
            .map(|(name, _)| name.as_str())
            .collect()
    }

    /// The names of a column's classes.
    pub fn names(&self, column: &str) -> Option<Vec<String>> {
        let listed = inner(self.0.get(column)?).get("names")?.as_array()?;
        listed.iter().map(|name| name.as_str().map(names::composed)).collect()
    }
}

/// What a list is of.
fn inner(feature: &Value) -> &Value {
    match feature {
        Value::Array(of) => of.first().unwrap_or(feature),
        other => other.get("feature").filter(|feature| feature.is_object()).unwrap_or(other),
    }
}
