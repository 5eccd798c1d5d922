//! Examples of one size with what is to be learned about each.

mod joined;
mod statistics;

pub use statistics::SAMPLE;

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use super::{DatasetError, Examples, Input, Source, SourceError};

/// Numbers about each example, `[n, width]`: 0 or 1 for each of several labels, or values to predict.
#[derive(Debug, Clone, PartialEq)]
pub struct Values {
    /// Numbers of one example.
    pub width: usize,
    /// `[n, width]`.
    pub data: Vec<f32>,
}

impl Values {
    /// Whether all are 0 or 1, as those of several labels are.
    pub fn are_labels(&self) -> bool {
        self.data.iter().all(|&value| value == 0.0 || value == 1.0)
    }
}

/// What is to be learned about the examples of a split.
#[derive(Debug, Clone, PartialEq)]
pub enum Targets {
    /// A class for each, `[n]`, below `classes`.
    Classes {
        /// `[n]`.
        labels: Vec<u32>,
        /// Number of classes.
        classes: usize,
    },
    /// Numbers for each.
    Values(Values),
    /// Nothing: so many examples without a class, for models that learn the examples themselves.
    Nothing {
        /// Examples, n.
        examples: usize,
    },
}

/// Examples of one size, each with its targets: everything in it was checked when it was made.
#[derive(Debug, Clone, PartialEq)]
pub struct Split {
    input: Input,
    /// `[n, ..input]`.
    examples: Examples,
    /// What tells an example from others without its bytes, `[n]`; nothing where only these do.
    keys: Vec<u64>,
    /// `[n]`; all 0 where there are no classes.
    labels: Vec<u32>,
    values: Option<Values>,
    /// Classes that labels are below, or values of each example; 0 where there is nothing to learn about them.
    targets: usize,
    /// `[n]`, or nothing.
    names: Vec<String>,
}

impl Split {
    /// Images `[n, h, w, c]`.
    ///
    /// # Errors
    /// [`DatasetError`] if there are not so many pixels and targets, or if a label is no class.
    pub fn images(shape: [usize; 3], pixels: Vec<u8>, targets: Targets) -> Result<Self, DatasetError> {
        Self::new(Input::images(shape), pixels, targets)
    }

    /// Texts as tokens `[n, length]`, each below `vocabulary`.
    ///
    /// # Errors
    /// As [`images`](Self::images), or if a token is not in the vocabulary.
    pub fn tokens(length: usize, vocabulary: usize, tokens: &[u32], targets: Targets) -> Result<Self, DatasetError> {
        let bytes = tokens.iter().flat_map(|token| token.to_le_bytes()).collect();
        Self::new(Input::Tokens { length, vocabulary }, bytes, targets)
    }

    /// Rows of features `[n, versions, length]`.
    ///
    /// # Errors
    /// As [`images`](Self::images), or if a feature is not finite.
    pub fn features(length: usize, versions: usize, features: &[f32], targets: Targets) -> Result<Self, DatasetError> {
        let bytes = features.iter().flat_map(|feature| feature.to_le_bytes()).collect();
        Self::new(Input::Features { length, versions }, bytes, targets)
    }

    /// Examples as they are stored: pixels, tokens as little-endian u32, or features as little-endian f32.
    ///
    /// # Errors
    /// As [`tokens`](Self::tokens) and [`features`](Self::features).
    pub fn new(input: Input, bytes: Vec<u8>, targets: Targets) -> Result<Self, DatasetError> {
        let size = input.checked_bytes().ok_or(DatasetError::Size { input })?;
        let (labels, values, targets) = Self::checked(targets, |examples| {
            // before anything of this length is allocated
            Self::check_bytes(input, size, examples, bytes.len())
        })?;
        Self::check_bytes(input, size, labels.len(), bytes.len())?;
        if let Input::Tokens { length, vocabulary } = input {
            let tokens = bytes.as_chunks::<4>().0;
            if let Some(at) = tokens.iter().position(|&token| u32::from_le_bytes(token) as usize >= vocabulary) {
                let (example, position, token) = (at / length, at % length, u32::from_le_bytes(tokens[at]));
                return Err(DatasetError::Token { example, position, token, vocabulary });
            }
        }
        if let Input::Features { .. } = input {
            let features = bytes.as_chunks::<4>().0;
            if let Some(at) = features.iter().position(|&feature| !f32::from_le_bytes(feature).is_finite()) {
                let (example, position) = (at * 4 / size, at % (size / 4));
                return Err(DatasetError::Feature { example, position });
            }
        }
        let examples = Examples::Resident(bytes.into());
        Ok(Split { input, examples, keys: Vec::new(), labels, values, targets, names: Vec::new() })
    }

    /// Images `[n, h, w, c]` that are read when they are needed: those of these numbers in `source`. Whoever works on them holds
    /// [`Source::memory`] bytes of them.
    ///
    /// # Errors
    /// As [`images`](Self::images), or if the source has fewer examples than a number says.
    pub fn streamed(
        shape: [usize; 3],
        source: Arc<dyn Source>,
        numbers: Vec<u32>,
        targets: Targets,
    ) -> Result<Self, DatasetError> {
        let input = Input::images(shape);
        let size = input.checked_bytes().ok_or(DatasetError::Size { input })?;
        let there = numbers.iter().filter(|&&number| (number as usize) < source.count()).count();
        let bytes = there.saturating_mul(size);
        let check = |examples| Self::check_bytes(input, size, examples, bytes);
        let (labels, values, targets) = Self::checked(targets, check)?;
        check(labels.len())?;
        let examples = Examples::Streamed(source, numbers.into());
        Ok(Split { input, examples, keys: Vec::new(), labels, values, targets, names: Vec::new() })
    }

    /// With a key for each example, which tells it from others as well as its bytes do: a run knows its data by them then. Files that were
    /// listed have some.
    ///
    /// # Panics
    /// If there are not as many as examples.
    #[must_use]
    pub fn with_keys(self, keys: Vec<u64>) -> Self {
        assert_eq!(keys.len(), self.len(), "a key for each example");
        Split { keys, ..self }
    }

    /// Labels, values and how many classes or values there are. `check` refuses a number of examples that is not there.
    fn checked(
        targets: Targets,
        check: impl Fn(usize) -> Result<(), DatasetError>,
    ) -> Result<(Vec<u32>, Option<Values>, usize), DatasetError> {
        Ok(match targets {
            Targets::Classes { labels, classes } => {
                if let Some(example) = labels.iter().position(|&label| label as usize >= classes) {
                    return Err(DatasetError::Label { example, label: labels[example], classes });
                }
                (labels, None, classes)
            }
            Targets::Values(Values { width, data }) => {
                if width == 0 || !data.len().is_multiple_of(width) {
                    return Err(DatasetError::Values { found: data.len(), width });
                }
                (vec![0; data.len() / width], Some(Values { width, data }), width)
            }
            Targets::Nothing { examples } => {
                check(examples)?;
                (vec![0; examples], None, 0)
            }
        })
    }

    fn check_bytes(input: Input, size: usize, examples: usize, found: usize) -> Result<(), DatasetError> {
        let expected = size as u128 * examples as u128;
        if expected == found as u128 { Ok(()) } else { Err(DatasetError::Bytes { examples, input, expected, found }) }
    }

    /// With other classes, one for each example.
    ///
    /// # Errors
    /// [`DatasetError::Label`] if one of them is no class.
    ///
    /// # Panics
    /// If there are not as many as examples, or if these have numbers instead.
    pub fn with_labels(self, labels: Vec<u32>) -> Result<Self, DatasetError> {
        assert!(labels.len() == self.len() && self.values.is_none(), "a class for each example");
        let (labels, _, targets) = Self::checked(Targets::Classes { labels, classes: self.targets }, |_| Ok(()))?;
        Ok(Split { labels, targets, ..self })
    }

    /// With what each example is called: the path of its file.
    ///
    /// # Errors
    /// [`DatasetError::ExampleNames`] if there are not as many names as examples.
    pub fn with_names(self, names: Vec<String>) -> Result<Self, DatasetError> {
        if names.len() != self.len() {
            return Err(DatasetError::ExampleNames { examples: self.len(), names: names.len() });
        }
        Ok(Split { names, ..self })
    }

    /// What an example is called: the path of its file, as it was found; none where examples have no files of their own.
    pub fn name(&self, index: usize) -> Option<&str> {
        self.names.get(index).map(String::as_str)
    }

    /// What an example is.
    pub fn input(&self) -> Input {
        self.input
    }

    /// Number of examples, n.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is no example.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// All pixels, tokens or features, `[n, ..input]`; `None` where they are streamed, and only [`read`](Self::read) gives them.
    pub fn bytes(&self) -> Option<&[u8]> {
        match &self.examples {
            Examples::Resident(bytes) => Some(bytes),
            Examples::Streamed(..) => None,
        }
    }

    /// Pixels, tokens or features of one example.
    ///
    /// # Errors
    /// [`SourceError`] if it is streamed, and cannot be read.
    ///
    /// # Panics
    /// If there are not that many examples.
    pub fn example(&self, index: usize) -> Result<Cow<'_, [u8]>, SourceError> {
        self.range(index..index + 1)
    }

    /// Those of examples that follow each other.
    ///
    /// # Errors
    /// As [`example`](Self::example).
    ///
    /// # Panics
    /// If there are not that many examples.
    pub fn range(&self, examples: Range<usize>) -> Result<Cow<'_, [u8]>, SourceError> {
        let size = self.example_bytes();
        if let Some(bytes) = self.bytes() {
            return Ok(bytes[examples.start * size..examples.end * size].into());
        }
        let mut bytes = vec![0; examples.len() * size];
        self.read(&examples.collect::<Vec<_>>(), &mut bytes)?;
        Ok(bytes.into())
    }

    /// Reads these examples, one after another, into `bytes`.
    ///
    /// # Errors
    /// As [`example`](Self::example).
    ///
    /// # Panics
    /// If there are not that many examples, or not room for exactly these.
    pub fn read(&self, examples: &[usize], bytes: &mut [u8]) -> Result<(), SourceError> {
        self.examples.read(self.example_bytes(), examples, bytes)
    }

    /// What has made reading examples slower so far, if they are streamed: see [`Source::problem`].
    pub fn problem(&self) -> Option<String> {
        self.examples.problem()
    }

    /// Hands all examples to `take`, many at a time, in their order.
    ///
    /// # Errors
    /// As [`example`](Self::example), and those of `take`.
    pub fn in_pieces<E: From<SourceError>>(&self, take: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        self.first_in_pieces(self.len(), take)
    }

    /// [`in_pieces`](Self::in_pieces) of the first `count` examples; the others are not read.
    pub(crate) fn first_in_pieces<E: From<SourceError>>(
        &self,
        count: usize,
        mut take: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        // a multiple of eight examples, so that a piece is a whole number of words of eight bytes
        let some = (PIECE / self.example_bytes()).next_multiple_of(8).max(8);
        for first in (0..count).step_by(some) {
            take(&self.range(first..count.min(first + some))?)?;
        }
        Ok(())
    }

    /// Where the examples are.
    pub(crate) fn examples(&self) -> &Examples {
        &self.examples
    }

    /// What tells each example from others without its bytes, `[n]`, where anything does.
    pub(crate) fn keys(&self) -> Option<&[u64]> {
        (!self.keys.is_empty()).then_some(&self.keys)
    }

    /// Bytes of one example: h · w · c pixels, or four for each token or feature.
    pub fn example_bytes(&self) -> usize {
        self.input.shape().iter().product::<usize>() * self.input.versions() * self.input.value_bytes()
    }

    /// Class of each example, `[n]`; all 0 where there are no classes.
    pub fn labels(&self) -> &[u32] {
        &self.labels
    }

    /// Numbers to be learned about each example instead of a class.
    pub fn values(&self) -> Option<&Values> {
        self.values.as_ref()
    }

    /// Classes that labels are below, or values of each example: the names that a data set must have; 0 where nothing is to be
    /// learned about the examples.
    pub fn targets(&self) -> usize {
        self.targets
    }

    /// What its targets are, in words.
    pub(super) fn targets_in_words(&self) -> &'static str {
        match (&self.values, self.targets) {
            (Some(_), _) => "values",
            (None, 0) => "nothing to learn",
            (None, _) => "classes",
        }
    }

    /// Keeps the first `count` examples; all of them if there are fewer.
    pub fn truncate(&mut self, count: usize) {
        self.labels.truncate(count);
        self.names.truncate(count);
        let count = self.len();
        if let Some(values) = &mut self.values {
            values.data.truncate(count * values.width);
        }
        self.keys.truncate(count);
        self.examples.truncate(self.example_bytes(), count);
    }

    /// The first `count` examples; all of them if there are fewer.
    #[must_use]
    pub fn truncated(mut self, count: usize) -> Self {
        self.truncate(count);
        self
    }

    /// The examples of these classes, in their order.
    #[must_use]
    pub fn of_classes(&self, classes: &[u32]) -> Split {
        let wanted: Vec<usize> = (0..self.len()).filter(|&i| classes.contains(&self.labels[i])).collect();
        self.select(&wanted)
    }

    /// These examples, in this order.
    ///
    /// # Panics
    /// If there is no example of such a number.
    #[must_use]
    pub fn select(&self, wanted: &[usize]) -> Split {
        let values = self.values.as_ref().map(|Values { width, data }| Values {
            width: *width,
            data: wanted.iter().flat_map(|i| &data[i * width..(i + 1) * width]).copied().collect(),
        });
        let examples = self.examples.select(self.example_bytes(), wanted);
        let labels = wanted.iter().map(|&i| self.labels[i]).collect();
        let names = wanted.iter().filter_map(|&i| self.names.get(i).cloned()).collect();
        let keys = self.keys().map_or_else(Vec::new, |keys| wanted.iter().map(|&i| keys[i]).collect());
        Split { examples, keys, labels, values, names, ..*self }
    }
}

/// Bytes of examples that are handed on at a time.
const PIECE: usize = 32 << 20;
