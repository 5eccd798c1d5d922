//! What a run is decided from.

use std::collections::BTreeMap;

/// What is learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aim {
    /// One class an example.
    Classes,
    /// Several labels an example.
    Labels,
    /// Numbers.
    Numbers,
    /// The input itself, by a model that gives an image.
    Input,
    /// Images of noise, by two networks in turn.
    Images,
}

/// What examples are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Source {
    /// Pictures, which are scaled to the model's size.
    Pictures {
        /// Median of their shorter sides, in pixels.
        side: usize,
        /// Median of the longer side by the shorter one.
        ratio: f64,
        /// Whether any of those looked at has colours.
        colour: bool,
    },
    /// Images of one size, `[h, w, c]`.
    Images([usize; 3]),
    /// Texts of several words.
    Texts,
}

/// How many examples there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Examples {
    /// To learn from, before some are held out.
    pub train: usize,
    /// To validate on, where the data say which.
    pub validation: usize,
    /// To test on.
    pub test: usize,
}

/// Everything that the decision follows from: the same facts, the same run.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    /// What is learned.
    pub aim: Aim,
    /// From what.
    pub source: Source,
    /// Names of the classes, labels or numbers.
    pub names: Vec<String>,
    /// Training examples of each class or label; empty where nobody has counted.
    pub counts: Vec<usize>,
    /// How many examples there are.
    pub examples: Examples,
    /// Whether the device is the CPU with a software driver.
    pub is_software: bool,
    /// The model whose trained weights are in this program, if there is one.
    pub backbone: Option<&'static str>,
    /// Whether the model that was typed bounds its outputs, so that they cannot be any number.
    pub is_bounded: bool,
    /// What was typed: keys of settings with their text. It wins.
    pub typed: BTreeMap<String, String>,
}

impl Facts {
    /// What was typed for a key.
    pub fn typed(&self, key: &str) -> Option<&str> {
        self.typed.get(key).map(String::as_str)
    }

    /// Whether any key that begins so was typed.
    pub fn types_any(&self, start: &str) -> bool {
        self.typed.keys().any(|key| key.starts_with(start))
    }

    /// Training examples, no more than the limit that was typed.
    pub fn used(&self) -> usize {
        let limit = self.typed("limit").and_then(|text| text.parse().ok()).unwrap_or(usize::MAX);
        self.examples.train.min(limit)
    }

    /// Examples of the commonest and of the rarest class that has any.
    pub fn extremes(&self) -> Option<(usize, usize)> {
        let there = || self.counts.iter().copied().filter(|&count| count > 0);
        Some((there().max()?, there().min()?))
    }
}
