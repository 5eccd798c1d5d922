//! What an example is.

use std::fmt;

/// What an example is, of which a data set has one kind and size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// Images `[h, w, c]`, a byte for each value.
    Images {
        /// Height in pixels, h.
        height: usize,
        /// Width in pixels, w.
        width: usize,
        /// Values per pixel, c.
        channels: usize,
    },
    /// Texts as tokens, a little-endian u32 each.
    Tokens {
        /// Tokens of a text.
        length: usize,
        /// Tokens that there are: each of them is below this number.
        vocabulary: usize,
    },
    /// Rows of numbers, a little-endian f32 each.
    Features {
        /// Numbers of a row.
        length: usize,
        /// Rows of an example, which follow each other: training draws one of them in each epoch, and evaluation reads the first.
        versions: usize,
    },
}

impl Input {
    /// Images `[h, w, c]`.
    pub fn images([height, width, channels]: [usize; 3]) -> Self {
        Input::Images { height, width, channels }
    }

    /// The shape `[h, w, c]` that a model takes; texts are `[1, length, 1]`, features `[1, 1, length]`.
    pub fn shape(self) -> [usize; 3] {
        match self {
            Input::Images { height, width, channels } => [height, width, channels],
            Input::Tokens { length, .. } => [1, length, 1],
            Input::Features { length, .. } => [1, 1, length],
        }
    }

    /// Bytes of an example; none if it has no size or one that overflows.
    pub(super) fn checked_bytes(self) -> Option<usize> {
        let [height, width, channels] = self.shape();
        let values = height.checked_mul(width)?.checked_mul(channels)?;
        values.checked_mul(self.versions())?.checked_mul(self.value_bytes()).filter(|&bytes| bytes > 0)
    }

    /// Versions of an example.
    pub fn versions(self) -> usize {
        match self {
            Input::Features { versions, .. } => versions,
            Input::Images { .. } | Input::Tokens { .. } => 1,
        }
    }

    /// Bytes of a pixel's value, of a token or of a feature.
    pub(super) fn value_bytes(self) -> usize {
        match self {
            Input::Images { .. } => 1,
            Input::Tokens { .. } | Input::Features { .. } => 4,
        }
    }
}

impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Input::Images { height, width, channels } => write!(f, "{height}x{width}x{channels} images"),
            Input::Tokens { length, vocabulary } => write!(f, "texts of {length} tokens out of {vocabulary}"),
            Input::Features { length, versions: 1 } => write!(f, "rows of {length} features"),
            Input::Features { length, versions } => write!(f, "{versions} rows of {length} features"),
        }
    }
}
