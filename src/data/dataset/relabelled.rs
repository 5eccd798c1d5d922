//! What a table of labels changed in a data set.

use super::Dataset;

/// An example whose label a table changed, or that it removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Relabelled {
    /// Its split as [`Splits::iter`](super::Splits::iter) names it.
    pub split: &'static str,
    /// Its number there before any example was removed.
    pub number: usize,
    /// Its file, if it has one.
    pub name: Option<String>,
    /// The class that the data came with.
    pub given: u32,
    /// The class of the table; none where it is removed.
    pub label: Option<u32>,
}

impl Dataset {
    /// What a table of labels changed, in the order of the splits and their examples.
    #[cfg(any(feature = "cli", test))]
    pub(crate) fn relabelled(&self) -> &[Relabelled] {
        &self.relabelled
    }

    #[cfg_attr(not(any(feature = "images", feature = "text")), expect(dead_code, reason = "no tables are read"))]
    pub(in crate::data) fn with_relabelled(self, relabelled: Vec<Relabelled>) -> Self {
        Dataset { relabelled, ..self }
    }

    /// The number that an example of a split had before a table of labels removed others.
    #[cfg(any(feature = "cli", test))]
    pub(crate) fn number_before(&self, split: &str, mut number: usize) -> usize {
        let removed = self.relabelled.iter().filter(|row| row.split == split && row.label.is_none());
        removed.for_each(|row| number += usize::from(row.number <= number));
        number
    }
}
