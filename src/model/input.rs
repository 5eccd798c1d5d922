//! What a model reads: pixels or the tokens of a text. Whatever depends on it asks [`ModelSpec::input_kind`](super::ModelSpec::input_kind).

/// What a model reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputKind {
    /// Images `[h, w, c]`, a byte a value.
    Images,
    /// Texts of a fixed number of tokens, each a little-endian `u32`.
    Texts,
}

impl InputKind {
    /// `images` or `texts`.
    pub fn plural(self) -> &'static str {
        match self {
            InputKind::Images => "images",
            InputKind::Texts => "texts",
        }
    }

    /// Bytes of one input of this shape.
    pub(crate) fn bytes(self, shape: [usize; 3]) -> usize {
        let value_bytes = match self {
            InputKind::Images => 1,
            InputKind::Texts => size_of::<u32>(),
        };
        shape.iter().product::<usize>() * value_bytes
    }
}

/// How many words a model of texts takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tokens {
    /// As many as the data set's texts have; [`UNKNOWN_LENGTH`](super::ModelSpec::UNKNOWN_LENGTH) until that is known.
    Auto,
    /// As many as `input` says.
    Fixed,
}
