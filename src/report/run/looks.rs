//! What is shown of examples: original pictures where the files are still there, else the pixels or words of the data.

use std::collections::BTreeMap;
use std::path::Path;

use rayon::prelude::*;

use super::choose::chosen;
use super::facts::{Facts, Look};
use super::pictures;
use super::predictions::Example;
use crate::data::{Dataset, Input, Range, Split};
use crate::metrics::Examined;

/// Where examples can be looked up.
#[derive(Default)]
pub struct Lookup<'a> {
    /// The data that the answers are about, without what the run does not learn.
    pub data: Option<&'a Dataset>,
    /// Texts by the name of their example.
    pub texts: BTreeMap<String, String>,
    /// How deep pictures are reduced to 8 bits.
    pub range: Option<Range>,
}

impl Lookup<'_> {
    fn split(&self, of: Examined) -> Option<&Split> {
        let data = self.data?;
        match of {
            Examined::Training => data.train(),
            Examined::Validation => data.validation(),
            Examined::Test => data.test(),
        }
    }

    fn look(&self, example: &Example) -> Option<Look> {
        if let Some(text) = self.texts.get(&example.name) {
            return Some(Look { text: Some(text.clone()), ..Look::default() });
        }
        let path = Path::new(&example.name);
        let original = path.is_file().then(|| pictures::of_file(path, self.range)).flatten();
        original.or_else(|| self.pixels(example))
    }

    fn pixels(&self, example: &Example) -> Option<Look> {
        let split = self.split(example.place.split).filter(|split| example.place.index < split.len())?;
        let bytes = split.example(example.place.index).ok()?;
        match split.input() {
            Input::Images { .. } => pictures::of_pixels(&bytes, split.input().shape()),
            Input::Tokens { .. } => self.words(&bytes),
            Input::Features { .. } => None,
        }
    }

    /// A text in the words that the model knows.
    fn words(&self, tokens: &[u8]) -> Option<Look> {
        let words = self.data?.texts()?.vocabulary.decode(tokens).join(" ");
        Some(Look { text: Some(words), ..Look::default() })
    }
}

/// Adds what is shown of the examples that are chosen, and a note if some have nothing to show.
pub fn add_looks(facts: &mut Facts, lookup: &Lookup) {
    let Some(answers) = &facts.answers else { return };
    let mut wanted: Vec<usize> = chosen(facts).into_iter().flat_map(|group| group.examples).collect();
    wanted.sort_unstable();
    wanted.dedup();
    let looks: BTreeMap<usize, Look> =
        wanted.par_iter().filter_map(|&i| Some((i, lookup.look(&answers.examples[i])?))).collect();
    let without = wanted.len() - looks.len();
    if without > 0 {
        let what = &facts.what;
        facts.notes.push(format!(
            "{without} of the {} {what} to show are no longer where they were during training.",
            wanted.len()
        ));
    }
    facts.looks = looks;
}
