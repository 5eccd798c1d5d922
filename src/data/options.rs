//! How data are read: pictures as images of one size, texts as tokens, and which of them validate.

use super::inputs::{ImageOptions, LabelsFile, TableOptions, TextOptions};
use super::vocabulary::Vocabulary;

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

/// Reports how many of how many pictures are read; called from several threads.
pub type OnPictures<'a> = &'a (dyn Fn(usize, usize) + Sync);

/// What a data set is read with.
#[derive(Clone, Debug, PartialEq)]
pub struct LoadOptions {
    /// The size that pictures get, `[h, w, c]`; formats whose images have a size keep theirs.
    pub shape: [usize; 3],
    /// How images are read.
    pub images: ImageOptions,
    /// How texts are read.
    pub text: TextOptions,
    /// Which columns of a table hold what.
    pub table: TableOptions,
    /// Labels in place of those that the data came with.
    pub labels: Option<LabelsFile>,
    /// Words of each text that a model takes, if it says so.
    pub length: Option<usize>,
    /// Vocabulary of a trained model of texts, which comes with `classes`.
    pub vocabulary: Option<Vocabulary>,
    /// Which pictures validate.
    pub hold_out: HoldOut,
    /// Bytes that pictures may take in memory once they are decoded, and twice as many while they are loaded: more are streamed. By default half of the machine's.
    pub memory: Option<u64>,
    /// Seeds which ones are held out.
    pub seed: u64,
    /// Class names of a trained model: a folder or a table may lack some, and has no others.
    pub classes: Option<Vec<String>>,
    /// A picture may have several labels, even where none in a table has.
    pub several_labels: bool,
    /// Numbers in a table are values to predict, even where they could be classes: a loss over numbers asks for them.
    pub values: bool,
    /// Nothing is learned of classes: there may be one alone, and some of which there are no training images.
    pub unlabelled: bool,
}

impl Default for LoadOptions {
    fn default() -> Self {
        LoadOptions {
            shape: DEFAULT_SHAPE,
            images: ImageOptions::default(),
            text: TextOptions::default(),
            table: TableOptions::default(),
            labels: None,
            length: None,
            vocabulary: None,
            hold_out: HoldOut::Nothing,
            memory: None,
            seed: 0,
            classes: None,
            several_labels: false,
            values: false,
            unlabelled: false,
        }
    }
}

impl LoadOptions {
    #[cfg(feature = "images")]
    /// How many classes there must be.
    pub(super) fn fewest_classes(&self) -> usize {
        if self.unlabelled || self.classes.is_some() { 1 } else { 2 }
    }
}
