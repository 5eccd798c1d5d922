//! A data set in memory: splits of examples with their targets, and the names of these.

mod error;
mod input;
mod relabelled;
mod source;
mod split;

pub use error::DatasetError;
pub use input::Input;
pub(crate) use relabelled::Relabelled;
pub(crate) use source::Examples;
pub use source::{Source, SourceError};
pub use split::{SAMPLE, Split, Targets, Values};

use super::vocabulary::{Texts, Vocabulary};

/// The splits of a data set; at least one of them is there.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Splits {
    /// Examples to learn from.
    pub train: Option<Split>,
    /// Examples to validate on, where the data set says which; otherwise a run may hold out some of `train`.
    pub validation: Option<Split>,
    /// Examples to test on.
    pub test: Option<Split>,
}

impl Splits {
    /// Each that is there, with its name in messages: training, validation, test.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Split)> {
        let all = [("training", &self.train), ("validation", &self.validation), ("test", &self.test)];
        all.into_iter().filter_map(|(name, split)| Some((name, split.as_ref()?)))
    }
}

/// Examples to learn from, to validate and to test on. What is in it fits together: every label is a class, every token is in the
/// vocabulary, and the examples of all splits are of one size. Kernels rely on that.
///
/// ```
/// use lepton_gpu::data::{Dataset, Split, Targets};
///
/// let [black, white] = [vec![0; 16], vec![255; 16]];
/// let test = Targets::Classes { labels: vec![1], classes: 2 };
/// let data = Dataset::from_images([4, 4, 1], [black, white.clone()].concat(), vec![0, 1], ["dark", "light"])?
///     .with_test(Split::images([4, 4, 1], white, test)?)?;
/// assert_eq!(data.train().unwrap().len(), 2);
/// # Ok::<(), lepton_gpu::data::DatasetError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    name: String,
    source: String,
    classes: Vec<String>,
    splits: Splits,
    notes: Vec<String>,
    texts: Option<Texts>,
    relabelled: Vec<Relabelled>,
    /// Whether the validation split, if there is one, was drawn from the examples to learn from.
    drawn: bool,
}

impl Dataset {
    /// A data set of images. `classes` names the classes, or the values of each example.
    ///
    /// # Errors
    /// [`DatasetError`] if the splits do not belong together, or if there are more or fewer names than classes or values.
    pub fn new(name: impl Into<String>, classes: Vec<String>, splits: Splits) -> Result<Self, DatasetError> {
        Self::build(name.into(), classes, splits, None)
    }

    /// A data set of texts, whose tokens are those of `texts.vocabulary`.
    ///
    /// # Errors
    /// As [`new`](Self::new), or if the vocabulary has another size than the splits'.
    pub fn of_texts(
        name: impl Into<String>,
        classes: Vec<String>,
        splits: Splits,
        texts: Texts,
    ) -> Result<Self, DatasetError> {
        Self::build(name.into(), classes, splits, Some(texts))
    }

    /// Images `[n, h, w, c]` to learn from, and a class for each. Add other splits with [`with_test`](Self::with_test) and
    /// [`with_validation`](Self::with_validation).
    ///
    /// # Errors
    /// [`DatasetError`] with what does not fit together.
    pub fn from_images(
        shape: [usize; 3],
        pixels: Vec<u8>,
        labels: Vec<u32>,
        classes: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<Self, DatasetError> {
        let names = named(classes);
        let train = Split::images(shape, pixels, Targets::Classes { labels, classes: names.len() })?;
        Self::new("images", names, train.into())
    }

    /// Images `[n, h, w, c]` to learn from, and a number for each name, `[n, names]`: 0 or 1 for each of several labels, or values
    /// to predict.
    ///
    /// # Errors
    /// As [`from_images`](Self::from_images).
    pub fn from_images_with_values(
        shape: [usize; 3],
        pixels: Vec<u8>,
        values: Vec<f32>,
        names: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<Self, DatasetError> {
        let names = named(names);
        let train = Split::images(shape, pixels, Targets::Values(Values { width: names.len(), data: values }))?;
        Self::new("images", names, train.into())
    }

    /// Texts of `length` tokens to learn from, `[n, length]`, and a class for each.
    ///
    /// # Errors
    /// As [`from_images`](Self::from_images), or if a token is not in the vocabulary.
    pub fn from_tokens(
        length: usize,
        tokens: &[u32],
        labels: Vec<u32>,
        classes: impl IntoIterator<Item = impl Into<String>>,
        vocabulary: Vocabulary,
    ) -> Result<Self, DatasetError> {
        let names = named(classes);
        let targets = Targets::Classes { labels, classes: names.len() };
        let train = Split::tokens(length, vocabulary.len(), tokens, targets)?;
        Self::of_texts("texts", names, train.into(), Texts { vocabulary, cut: 0, latin1: false })
    }

    fn build(name: String, classes: Vec<String>, splits: Splits, texts: Option<Texts>) -> Result<Self, DatasetError> {
        let (other, first) = splits.iter().next().ok_or(DatasetError::NoSplit)?;
        for (name, split) in splits.iter() {
            check_alike((name, split), (other, first))?;
            if split.targets() != classes.len() {
                return Err(DatasetError::Names { split: name, expected: split.targets(), found: classes.len() });
            }
            let known = texts.as_ref().map(|texts| texts.vocabulary.len());
            let needed = match split.input() {
                Input::Tokens { vocabulary, .. } => Some(vocabulary),
                Input::Images { .. } | Input::Features { .. } => None,
            };
            if known != needed {
                let (input, vocabulary) = (split.input(), known.unwrap_or(0));
                return Err(DatasetError::Vocabulary { split: name, input, vocabulary });
            }
        }
        let (source, notes, relabelled) = ("in memory".into(), Vec::new(), Vec::new());
        Ok(Dataset { source, name, classes, splits, notes, texts, relabelled, drawn: false })
    }

    /// With another name, for messages.
    #[must_use]
    pub fn with_name(self, name: impl Into<String>) -> Self {
        Dataset { name: name.into(), ..self }
    }

    /// With where it came from, for messages.
    #[must_use]
    pub fn with_source(self, source: impl Into<String>) -> Self {
        Dataset { source: source.into(), ..self }
    }

    /// With lines that people should know about how it was read.
    #[must_use]
    pub fn with_notes(self, notes: Vec<String>) -> Self {
        Dataset { notes, ..self }
    }

    #[cfg(feature = "images")]
    /// The same, where the validation split was drawn from the examples to learn from when they were read, as far as it could be.
    pub(super) fn with_drawn_validation(self, drawn: bool) -> Self {
        Dataset { drawn, ..self }
    }

    /// With other examples to learn from.
    ///
    /// # Errors
    /// [`DatasetError`] if they do not belong to the other splits.
    pub fn with_train(self, split: Split) -> Result<Self, DatasetError> {
        self.replace(|splits| splits.train = Some(split))
    }

    /// With these examples to validate on.
    ///
    /// # Errors
    /// As [`with_train`](Self::with_train).
    pub fn with_validation(self, split: Split) -> Result<Self, DatasetError> {
        self.replace(|splits| splits.validation = Some(split))
    }

    /// With these examples to test on.
    ///
    /// # Errors
    /// As [`with_train`](Self::with_train).
    pub fn with_test(self, split: Split) -> Result<Self, DatasetError> {
        self.replace(|splits| splits.test = Some(split))
    }

    /// A data set of the same names with other splits.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn with_splits(&self, splits: Splits) -> Result<Self, DatasetError> {
        let new = Self::build(self.name.clone(), self.classes.clone(), splits, self.texts.clone())?;
        let (source, notes, relabelled) = (self.source.clone(), self.notes.clone(), self.relabelled.clone());
        Ok(Dataset { source, notes, relabelled, drawn: self.drawn, ..new })
    }

    fn replace(self, change: impl FnOnce(&mut Splits)) -> Result<Self, DatasetError> {
        let Dataset { name, source, classes, mut splits, notes, texts, relabelled, drawn } = self;
        change(&mut splits);
        Ok(Dataset { source, notes, relabelled, drawn, ..Self::build(name, classes, splits, texts)? })
    }

    /// A known data set's name, or the folder's.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The folder or file it came from, for printing.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Class names, label `i` being `classes[i]`, or the names of the values of each example.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// The training, validation and test splits, those that there are.
    pub fn splits(&self) -> &Splits {
        &self.splits
    }

    /// Its splits, without the rest.
    pub fn into_splits(self) -> Splits {
        self.splits
    }

    /// Examples to learn from.
    pub fn train(&self) -> Option<&Split> {
        self.splits.train.as_ref()
    }

    /// Examples to validate on, where the data set says which.
    pub fn validation(&self) -> Option<&Split> {
        self.splits.validation.as_ref()
    }

    /// Whether the validation split was drawn from the examples to learn from when they were read, as far as it could be: of other
    /// examples, others are.
    pub(crate) fn has_drawn_validation(&self) -> bool {
        self.drawn
    }

    /// Examples to test on.
    pub fn test(&self) -> Option<&Split> {
        self.splits.test.as_ref()
    }

    /// What people should know about how it was read, in lines.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// How texts were read, if it is a data set of texts.
    pub fn texts(&self) -> Option<&Texts> {
        self.texts.as_ref()
    }

    /// What an example is.
    pub fn input(&self) -> Input {
        let (_, split) = self.splits.iter().next().expect("a data set has a split");
        split.input()
    }

    /// The examples that tell most about a trained model, and what they are called: test, validation or training images.
    pub fn unseen(&self) -> (&Split, &'static str) {
        let (name, split) = self.splits.iter().last().expect("a data set has a split");
        (split, name)
    }
}

/// A split with its name in messages.
type Named<'a> = (&'static str, &'a Split);

fn check_alike((name, split): Named, (other, first): Named) -> Result<(), DatasetError> {
    if split.is_empty() {
        return Err(DatasetError::Empty { split: name });
    }
    if split.input() != first.input() {
        let (found, expected) = (split.input(), first.input());
        return Err(DatasetError::Inputs { split: name, found, other, expected });
    }
    if split.targets_in_words() != first.targets_in_words() {
        let (found, expected) = (split.targets_in_words(), first.targets_in_words());
        return Err(DatasetError::Targets { split: name, found, other, expected });
    }
    if split.targets() != first.targets() {
        return Err(DatasetError::Names { split: name, expected: split.targets(), found: first.targets() });
    }
    Ok(())
}

impl From<Split> for Splits {
    /// Examples to learn from, alone.
    fn from(train: Split) -> Self {
        Splits { train: Some(train), ..Splits::default() }
    }
}

fn named(names: impl IntoIterator<Item = impl Into<String>>) -> Vec<String> {
    names.into_iter().map(Into::into).collect()
}
