//! What was decided: settings as they would be typed, and lines for people.

use super::Facts;

/// A line for people: what was decided, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What it is about, in a word of at most eight letters.
    pub heading: &'static str,
    /// What was decided, and the reason.
    pub text: String,
}

/// Settings and the lines that explain them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    /// Keys that were not typed, with the text that their flags would be given.
    pub settings: Vec<(&'static str, String)>,
    /// What to tell people, in order.
    pub lines: Vec<Line>,
}

impl Decision {
    /// Sets a key unless it was typed or set before.
    pub(super) fn set(&mut self, facts: &Facts, key: &'static str, text: impl ToString) {
        if facts.typed(key).is_none() && self.get(key).is_none() {
            self.settings.push((key, text.to_string()));
        }
    }

    pub(super) fn say(&mut self, heading: &'static str, text: String) {
        self.lines.push(Line { heading, text });
    }

    /// What was decided for a key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.settings.iter().find(|(own, _)| *own == key).map(|(_, text)| text.as_str())
    }

    /// What holds for a key: what was typed, or what was decided.
    pub(super) fn holds<'a>(&'a self, facts: &'a Facts, key: &str) -> Option<&'a str> {
        facts.typed(key).or_else(|| self.get(key))
    }

    /// The same as a number.
    pub(super) fn number(&self, facts: &Facts, key: &str) -> Option<usize> {
        self.holds(facts, key)?.parse().ok()
    }
}
