//! How data are read: pictures as images of one size, texts as tokens, and which of them validate.

use serde::{Deserialize, Serialize};

use super::vocabulary::Vocabulary;

/// How a picture of another shape fills an image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fit {
    /// The shorter side fits, and the middle is kept.
    #[default]
    Crop,
    /// Both sides fit; what was round may become oval.
    Stretch,
    /// The longer side fits, and the rest is black.
    Pad,
}

/// What a run keeps about how its images are read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageOptions {
    /// How pictures of another shape fill an image; none where the data are not pictures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fit: Option<Fit>,
    /// Go on without pictures that cannot be read.
    #[serde(default)]
    pub skip_damaged: bool,
    /// CIFAR-100's 20 coarse classes instead of its 100 fine ones.
    #[serde(default)]
    pub coarse: bool,
}

/// How texts are read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TextOptions {
    /// Words of a text that are kept; none for as many as the longest training text has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_length: Option<usize>,
    /// How often a word must stand in the training texts to get a token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_count: Option<usize>,
    /// The most words that get a token, the most frequent ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_words: Option<usize>,
    /// Labels end at their first `:`.
    pub coarse_labels: bool,
}

impl TextOptions {
    /// Whether nothing was said.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// Which pictures validate, where a folder or a table does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum HoldOut {
    /// None: all of them are for training.
    #[default]
    Nothing,
    /// [`DEFAULT_SHARE`] of each class where there are neither validation nor test images, otherwise none.
    Auto,
    /// This share of each class.
    Share(f64),
}

/// The share of each class that validates by itself.
pub const DEFAULT_SHARE: f64 = 0.2;

/// The size of images, `[h, w, c]`, where no model says another.
pub const DEFAULT_SHAPE: [usize; 3] = [64, 64, 3];

/// What a data set is read with.
#[derive(Clone, Debug, PartialEq)]
pub struct LoadOptions {
    /// The size that pictures get, `[h, w, c]`; formats whose images have a size keep theirs.
    pub shape: [usize; 3],
    /// How images are read.
    pub images: ImageOptions,
    /// How texts are read.
    pub text: TextOptions,
    /// Words of each text that a model takes, if it says so.
    pub length: Option<usize>,
    /// Vocabulary of a trained model of texts, which comes with `classes`.
    pub vocabulary: Option<Vocabulary>,
    /// Which pictures validate.
    pub hold_out: HoldOut,
    /// Seeds which ones are held out.
    pub seed: u64,
    /// Class names of a trained model: a folder or a table may lack some, and has no others.
    pub classes: Option<Vec<String>>,
    /// Nothing is learned of classes: there may be one alone, and some of which there are no training images.
    pub unlabelled: bool,
}

impl Default for LoadOptions {
    fn default() -> Self {
        LoadOptions {
            shape: DEFAULT_SHAPE,
            images: ImageOptions::default(),
            text: TextOptions::default(),
            length: None,
            vocabulary: None,
            hold_out: HoldOut::Nothing,
            seed: 0,
            classes: None,
            unlabelled: false,
        }
    }
}

impl LoadOptions {
    /// How many classes there must be.
    pub(super) fn fewest_classes(&self) -> usize {
        if self.unlabelled || self.classes.is_some() { 1 } else { 2 }
    }
}
