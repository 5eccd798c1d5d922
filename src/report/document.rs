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

/// A JSON array that is printed object by object, so that a long one is never in memory as a whole. The text is that of the array
/// printed at once.
#[derive(Debug, Default)]
pub struct Listing {
    last: Option<String>,
}

impl Listing {
    /// Takes the next object; gives the lines to print before it.
    pub fn push(&mut self, value: &serde_json::Value) -> String {
        let text = serde_json::to_string_pretty(value).expect("it is JSON").replace('\n', "\n  ");
        self.last.replace(text).map_or_else(|| "[".into(), |last| format!("  {last},"))
    }

    /// The lines to print at the end.
    pub fn end(self) -> String {
        self.last.map_or_else(|| "[]".into(), |last| format!("  {last}\n]"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_array_by_its_objects_is_the_array() {
        let all =
            [serde_json::json!({ "a": [1, 2], "b": "x\ny" }), serde_json::json!({ "c": null }), serde_json::json!({})];
        for count in 0..=3 {
            let mut listing = Listing::default();
            let mut lines: Vec<String> = all[..count].iter().map(|value| listing.push(value)).collect();
            lines.push(listing.end());
            assert_eq!(lines.join("\n"), serde_json::to_string_pretty(&all[..count]).unwrap());
        }
    }
}
