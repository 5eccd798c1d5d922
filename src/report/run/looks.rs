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
        // where files have come or gone, another example has this number
        if split.name(example.place.index).is_some_and(|name| !example.name.is_empty() && name != example.name) {
            return None;
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Targets;
    use crate::train::Place;

    #[test]
    fn what_is_at_a_number_is_shown_only_under_its_own_name() {
        let split = Split::images([1, 1, 1], vec![7, 9], Targets::Classes { labels: vec![0, 0], classes: 1 }).unwrap();
        let names = ["/gone/a.png", "/gone/c.png"].map(String::from).to_vec();
        let data = |split| Dataset::new("d", vec!["x".into()], crate::data::Splits::from(split)).unwrap();
        let [named, unnamed] = [data(split.clone().with_names(names).unwrap()), data(split)];
        let look = |data: &Dataset, name: &str, index| {
            let place = Place { split: Examined::Training, index };
            let lookup = Lookup { data: Some(data), ..Lookup::default() };
            lookup.look(&Example { place, name: name.into() }).is_some()
        };
        assert!(look(&named, "/gone/c.png", 1) && look(&unnamed, "", 1));
        assert!(!look(&named, "/gone/b.png", 1), "b.png is no longer there, and c.png has its number");
        assert!(!look(&named, "/gone/c.png", 2), "there is no such number");
    }
}
