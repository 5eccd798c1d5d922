//! Examples of one size with what is to be learned about each.

use std::fmt;

use super::DatasetError;

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
    fn checked_bytes(self) -> Option<usize> {
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
    fn value_bytes(self) -> usize {
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

/// Numbers about each example, `[n, width]`: 0 or 1 for each of several labels, or values to predict.
#[derive(Debug, Clone, PartialEq)]
pub struct Values {
    /// Numbers of one example.
    pub width: usize,
    /// `[n, width]`.
    pub data: Vec<f32>,
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
    bytes: Vec<u8>,
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
        let (labels, values, targets) = match targets {
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
                // before anything of this length is allocated
                Self::check_bytes(input, size, examples, bytes.len())?;
                (vec![0; examples], None, 0)
            }
        };
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
        Ok(Split { input, bytes, labels, values, targets, names: Vec::new() })
    }

    fn check_bytes(input: Input, size: usize, examples: usize, found: usize) -> Result<(), DatasetError> {
        let expected = size as u128 * examples as u128;
        if expected == found as u128 { Ok(()) } else { Err(DatasetError::Bytes { examples, input, expected, found }) }
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

    /// All pixels, tokens or features, `[n, ..input]`.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Pixels, tokens or features of one example.
    ///
    /// # Panics
    /// If there are not that many examples.
    pub fn example(&self, index: usize) -> &[u8] {
        let size = self.example_bytes();
        &self.bytes[index * size..(index + 1) * size]
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
        self.bytes.truncate(count * self.example_bytes());
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
        let mut bytes = Vec::with_capacity(wanted.len() * self.example_bytes());
        wanted.iter().for_each(|&i| bytes.extend_from_slice(self.example(i)));
        let labels = wanted.iter().map(|&i| self.labels[i]).collect();
        let names = wanted.iter().filter_map(|&i| self.names.get(i).cloned()).collect();
        Split { bytes, labels, values, names, ..*self }
    }

    /// Mean and standard deviation (of the population) of the pixels scaled to 0..1, `[c]`; none for texts.
    pub fn mean_std(&self) -> Option<Vec<(f64, f64)>> {
        let Input::Images { channels, .. } = self.input else { return None };
        let mut counts = vec![[0_u64; 256]; channels];
        for pixel in self.bytes.chunks_exact(channels) {
            for (count, &value) in counts.iter_mut().zip(pixel) {
                count[usize::from(value)] += 1;
            }
        }
        Some(counts.iter().map(histogram_mean_std).collect())
    }
}

fn histogram_mean_std(counts: &[u64; 256]) -> (f64, f64) {
    let total = counts.iter().sum::<u64>() as f64;
    let weighted = |value: &dyn Fn(f64) -> f64| -> f64 {
        let terms = counts.iter().enumerate();
        terms.map(|(v, &count)| value(v as f64) * count as f64).sum::<f64>() / total
    };
    let mean = weighted(&|v| v);
    let variance = weighted(&|v| (v - mean) * (v - mean));
    (mean / 255.0, variance.sqrt() / 255.0)
}
