//! How a run's images and texts are read.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::range::Range;

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

/// What the folders of a data set are, where they could be several things.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FolderLayout {
    /// Each folder is a class, whatever it is called.
    Classes,
    /// Folders called train, val or test are splits, with a folder for each class.
    Splits,
}

/// What a run keeps about how its images are read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageOptions {
    /// How pictures of another shape fill an image; none where the data are not pictures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fit: Option<Fit>,
    /// What the folders are; none where they say so themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layout: Option<FolderLayout>,
    /// Values of 16-bit and floating-point pictures that become black and white; none for all 65536 values, and 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<Range>,
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

/// A file with labels in place of those that the data came with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelsFile {
    /// Its path.
    pub path: String,
    /// SHA-256 that it must have, if anything says so.
    pub sha256: Option<String>,
    /// A copy that is taken where the file is not what it was, as a run keeps one.
    pub copy: Option<PathBuf>,
}

/// Which columns of a table hold what, and where its images are; what is not said is found by names and content.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TableOptions {
    /// Name of the column that names the images.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_column: Option<String>,
    /// Name of the column that holds the texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text_column: Option<String>,
    /// Name of the column of labels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label_column: Option<String>,
    /// What separates several labels of an image in that column; `none` where an image has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label_separator: Option<String>,
    /// The folder that the names of images start from; none for the table's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub images: Option<String>,
}

impl TableOptions {
    /// These, and what only `others` say.
    #[must_use]
    pub fn or(self, others: TableOptions) -> Self {
        TableOptions {
            image_column: self.image_column.or(others.image_column),
            text_column: self.text_column.or(others.text_column),
            label_column: self.label_column.or(others.label_column),
            label_separator: self.label_separator.or(others.label_separator),
            images: self.images.or(others.images),
        }
    }

    /// Whether nothing was said.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}
