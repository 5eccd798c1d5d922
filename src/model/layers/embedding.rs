//! `embedding`: a learned row of features for each token.

use lepton_kernels::embedding::Embedding;
use lepton_kernels::{Shape, ShapeError};
use serde::Deserialize;

use super::options::{optional, required};
use super::{AUTO, Build, Init, LayerBuilder, LayerType, Reads, Value, parse};

/// The option that says how many tokens there are.
pub const VOCABULARY: &str = "vocabulary";

/// This type in `LAYERS`.
pub const ENTRY: LayerType = LayerType {
    name: "embedding",
    summary: "a learned vector for each token; padding (token 0) is always zero",
    reads: Reads::Exactly(1),
    options: &[
        required(
            VOCABULARY,
            "number or \"auto\"",
            "number of tokens; \"auto\" is the size of the data set's vocabulary",
        ),
        required("features", "number", "vector length"),
        optional(
            "init",
            "\"uniform\" or \"normal\"",
            "\"uniform\"",
            "initialisation: uniform in ±0.25 (Kim 2014) or normal (PyTorch)",
        ),
    ],
    parse: parse::<Spec>,
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Spec {
    vocabulary: Tokens,
    features: usize,
    #[serde(default)]
    init: Initializer,
}

/// How the table starts.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Initializer {
    #[default]
    Uniform,
    Normal,
}

/// How many tokens there are.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "toml::Value")]
enum Tokens {
    Number(usize),
    /// As many as the data set's vocabulary has.
    Auto,
}

/// What `"auto"` means until a data set is known: what `inspect` shows.
const UNKNOWN_VOCABULARY: usize = 10_000;

impl TryFrom<toml::Value> for Tokens {
    type Error = String;

    fn try_from(value: toml::Value) -> Result<Self, String> {
        match value {
            toml::Value::Integer(number) if number >= 0 => Ok(Tokens::Number(number as usize)),
            toml::Value::String(word) if word == AUTO => Ok(Tokens::Auto),
            other => Err(format!("`vocabulary` must be a whole number or \"{AUTO}\", not {other}")),
        }
    }
}

impl Build for Spec {
    fn build(&self, layer: &mut LayerBuilder) -> Result<Value, ShapeError> {
        let vocabulary = match self.vocabulary {
            Tokens::Number(number) => number,
            Tokens::Auto => UNKNOWN_VOCABULARY,
        };
        if vocabulary == 0 || self.features == 0 {
            return Err(ShapeError::new(format!(
                "vocabulary = {vocabulary} and features = {} must both be at least 1",
                self.features
            ))
            .hint("vocabulary = \"auto\" and features = 128"));
        }
        let init = match self.init {
            Initializer::Uniform => Init::Uniform { limit: 0.25 },
            Initializer::Normal => Init::Normal { deviation: 1.0 },
        };
        let table = layer.parameter("weight", Shape::new(&[vocabulary, self.features]), init);
        layer.add(Embedding, &[Value::Input(0), table])
    }
}
