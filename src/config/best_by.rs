//! What the best epoch is chosen by, as a configuration says it.

use serde::{Deserialize, Serialize};

use crate::metrics::Criterion;

/// A criterion, or the one that suits task and data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum BestBy {
    /// What suits the task, and whether classes are equally frequent.
    #[default]
    Auto,
    /// This one.
    Criterion(Criterion),
}

/// The word for [`BestBy::Auto`].
const AUTO: &str = "auto";

impl BestBy {
    /// Whether task and data say it.
    pub fn is_auto(&self) -> bool {
        *self == BestBy::Auto
    }
}

impl TryFrom<String> for BestBy {
    type Error = String;

    fn try_from(word: String) -> Result<Self, String> {
        if word == AUTO {
            return Ok(BestBy::Auto);
        }
        let all = || Criterion::keys().collect::<Vec<_>>().join(", ");
        let unknown = || format!("unknown criterion `{word}`: expected {AUTO}, {}", all());
        Criterion::named(&word).map(BestBy::Criterion).ok_or_else(unknown)
    }
}

impl From<BestBy> for String {
    fn from(by: BestBy) -> Self {
        match by {
            BestBy::Auto => AUTO.into(),
            BestBy::Criterion(criterion) => criterion.key().into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Takes, setting};
    use super::*;

    #[test]
    fn the_row_lists_what_can_be_said() {
        let Takes::OneOf(words) = setting("best_by").unwrap().field.takes else { panic!("one of some words") };
        let all: Vec<&str> = std::iter::once(AUTO).chain(Criterion::keys()).collect();
        assert_eq!(words, all);
        for word in words {
            assert_eq!(String::from(BestBy::try_from(word.to_string()).unwrap()), *word);
        }
        assert!(BestBy::try_from("f1".to_string()).unwrap_err().contains("macro-f1"));
    }
}
