//! What a model reads: pixels, the tokens of a text, or features. Whatever depends on it asks [`ModelSpec::input_kind`](super::ModelSpec::input_kind).

/// What a model reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputKind {
    /// Images `[h, w, c]`, a byte a value.
    Images,
    /// Texts of a fixed number of tokens, each a little-endian `u32`.
    Texts,
    /// Rows of a fixed number of features, each a little-endian `f32`: `[n, features]` to the first layer.
    Features,
}

impl InputKind {
    /// `images`, `texts` or `examples`.
    pub fn plural(self) -> &'static str {
        match self {
            InputKind::Images => "images",
            InputKind::Texts => "texts",
            InputKind::Features => "examples",
        }
    }

    /// Bytes of one input of this shape.
    pub(crate) fn bytes(self, shape: [usize; 3]) -> usize {
        let value_bytes = match self {
            InputKind::Images => 1,
            InputKind::Texts => size_of::<u32>(),
            InputKind::Features => size_of::<f32>(),
        };
        shape.iter().product::<usize>() * value_bytes
    }
}

/// What a model file says of its input beside the size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Given {
    /// Pixels.
    Images,
    /// Tokens of texts.
    Texts(Tokens),
    /// Features.
    Features,
}

/// How many words a model of texts takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tokens {
    /// As many as the data set's texts have; [`UNKNOWN_LENGTH`](super::ModelSpec::UNKNOWN_LENGTH) until that is known.
    Auto,
    /// As many as `input` says.
    Fixed,
}
