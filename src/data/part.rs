//! Which split an example belongs to, where its folder or its row says so.

/// Which split an example belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::data) enum Part {
    /// Nobody says: training, or held out.
    Unknown,
    Train,
    Validation,
    Test,
}

impl Part {
    /// What a table calls it.
    #[cfg(feature = "images")]
    pub fn name(self) -> &'static str {
        match self {
            Part::Unknown | Part::Train => "train",
            Part::Validation => "val",
            Part::Test => "test",
        }
    }

    /// The split of a folder or of a field of this name.
    pub fn named(name: &str) -> Option<Part> {
        match name.trim().to_lowercase().as_str() {
            "train" | "training" => Some(Part::Train),
            "val" | "valid" | "validation" | "publictest" => Some(Part::Validation),
            "test" | "testing" | "privatetest" => Some(Part::Test),
            _ => None,
        }
    }

    /// The split of a field in a column of this name: of `is_valid`, whether it is one.
    #[cfg(feature = "images")]
    pub fn of_field(column: &str, field: &str) -> Option<Part> {
        let own = match column.trim().to_lowercase().as_str() {
            "is_valid" => Part::Validation,
            "is_test" => Part::Test,
            _ => return Part::named(field),
        };
        match field.trim().to_lowercase().as_str() {
            "true" | "1" => Some(own),
            "false" | "0" => Some(Part::Train),
            _ => None,
        }
    }
}
