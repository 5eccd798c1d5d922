//! The types of layers that a model can have. A new one is a file with an entry and a line in [`LAYERS`]; an application
//! [`register`]s its own.

use std::fmt;
use std::sync::Arc;

use lepton_kernels::ShapeError;
use serde::de::DeserializeOwned;

mod activation;
mod channels;
mod conv2d;
mod conv_transpose2d;
mod dropout;
mod embedding;
mod layer_builder;
mod linear;
mod norm;
mod options;
mod plain;
mod pool2d;
mod registry;
mod resize;
mod separable;
mod sequence;
mod shape;
mod squeeze_excite;
mod weights;

pub use layer_builder::{Init, LayerBuilder, LayerNode, ParameterSpec, Value};
pub use options::Activation;
pub(super) use registry::is_own;
pub use registry::{RegisterError, register};

/// Every type of layer, in the order in which they are listed for people.
pub const LAYERS: &[LayerType] = &[
    conv2d::ENTRY,
    linear::ENTRY,
    pool2d::MAX,
    pool2d::AVG,
    norm::BATCH,
    norm::LAYER,
    norm::GROUP,
    norm::INSTANCE,
    plain::GLOBAL_AVG_POOL,
    plain::RELU,
    activation::LEAKY_RELU,
    activation::ELU,
    activation::GELU,
    activation::SILU,
    activation::HARDSWISH,
    activation::SIGMOID,
    activation::TANH,
    activation::HARDSIGMOID,
    activation::RELU6,
    activation::SOFTPLUS,
    activation::MISH,
    channels::PRELU,
    channels::LAYER_SCALE,
    channels::SOFTMAX,
    channels::LOG_SOFTMAX,
    dropout::DROPOUT,
    dropout::SPATIAL,
    dropout::STOCHASTIC_DEPTH,
    squeeze_excite::ENTRY,
    plain::ADD,
    plain::MULTIPLY,
    channels::CONCAT,
    plain::FLATTEN,
    conv_transpose2d::ENTRY,
    separable::SEPARABLE,
    separable::DEPTHWISE,
    sequence::CONV,
    sequence::CONV_TRANSPOSE,
    sequence::MAX_POOL,
    sequence::AVG_POOL,
    plain::GLOBAL_MAX_POOL,
    resize::ADAPTIVE_AVG,
    resize::ADAPTIVE_MAX,
    resize::UPSAMPLE,
    resize::PIXEL_SHUFFLE,
    resize::PIXEL_UNSHUFFLE,
    shape::ZERO_PAD,
    shape::CROP,
    shape::PAD_CHANNELS,
    shape::SUBSAMPLE,
    shape::RESHAPE,
    embedding::ENTRY,
];

/// A type of layer: what a model file may say about it, and how it is read.
#[derive(Debug)]
pub struct LayerType {
    /// The `type` in a model file.
    pub name: &'static str,
    /// What it computes, in one line.
    pub summary: &'static str,
    /// How many layers it reads.
    pub reads: Reads,
    /// Its options; a test compares them with what `parse` accepts.
    pub options: &'static [OptionDoc],
    /// Reads the attributes of a layer of this type; the error says what is wrong with them.
    pub parse: fn(toml::Table) -> Result<Box<dyn Build>, String>,
}

/// How many layers a layer reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// This many inputs and no others.
    Exactly(usize),
    /// Two or more.
    Several,
}

impl Reads {
    /// Whether so many are right.
    pub fn allows(self, count: usize) -> bool {
        match self {
            Reads::Exactly(wanted) => count == wanted,
            Reads::Several => count >= 2,
        }
    }
}

impl fmt::Display for Reads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reads::Exactly(1) => write!(f, "one input"),
            Reads::Exactly(2) => write!(f, "two inputs"),
            Reads::Exactly(count) => write!(f, "{count} inputs"),
            Reads::Several => write!(f, "two or more inputs"),
        }
    }
}

/// An option of a layer, for people.
#[derive(Clone, Copy, Debug)]
pub struct OptionDoc {
    /// Its key in a model file.
    pub name: &'static str,
    /// What it may be set to.
    pub takes: &'static str,
    /// What it is if nothing is said; none if it must be given.
    pub default: Option<&'static str>,
    /// What it does, in words.
    pub meaning: &'static str,
}

/// A layer with its attributes, ready to stand in a model.
pub trait Build: fmt::Debug + Send + Sync {
    /// Asks the builder for parameters and adds the layer's ops; returns the layer's output.
    ///
    /// # Errors
    /// If the layer cannot stand there.
    fn build(&self, layer: &mut LayerBuilder) -> Result<Value, ShapeError>;
}

/// What a model file writes instead of the number of classes.
const CLASSES: &str = "classes";

/// What a model file writes instead of a number that the data set decides.
pub(super) const AUTO: &str = "auto";

/// Reads a layer's attributes into `T`: what [`LayerType::parse`] is for a layer that derives `Deserialize` with
/// `deny_unknown_fields`.
///
/// # Errors
/// The deserialiser's message: an unknown or missing key, or a value of the wrong type.
pub fn parse<T: Build + DeserializeOwned + 'static>(attributes: toml::Table) -> Result<Box<dyn Build>, String> {
    attributes.try_into::<T>().map(|spec| Box::new(spec) as Box<dyn Build>).map_err(|e| e.message().to_string())
}

/// A layer of a model: its type and what the model file says about it.
#[derive(Clone, Debug)]
pub struct Layer {
    kind: &'static LayerType,
    attributes: toml::Table,
    spec: Arc<dyn Build>,
}

impl PartialEq for Layer {
    fn eq(&self, other: &Self) -> bool {
        self.kind.name == other.kind.name && self.attributes == other.attributes
    }
}

impl Layer {
    /// Reads the attributes of a layer of this type.
    ///
    /// # Errors
    /// The parser's message: an unknown or missing key, or a value of the wrong kind.
    pub fn parse(kind: &str, attributes: toml::Table) -> Result<Self, String> {
        let Some(kind) = registry::find(kind) else {
            let names: Vec<&str> = LAYERS.iter().map(|l| l.name).collect();
            return Err(format!("unknown type `{kind}`; expected one of {}", names.join(", ")));
        };
        check_sizes(&attributes)?;
        let spec = (kind.parse)(attributes.clone())?.into();
        Ok(Layer { kind, attributes, spec })
    }

    /// The row of `LAYERS` that describes its type.
    pub fn kind(&self) -> &'static LayerType {
        self.kind
    }

    /// What the model file says about it.
    pub fn attributes(&self) -> &toml::Table {
        &self.attributes
    }

    /// Whether it has one output for each of the data's classes, however many these are.
    pub fn gives_classes(&self) -> bool {
        self.attributes.values().any(|value| value.as_str() == Some(CLASSES))
    }

    /// The layer with the number of classes where the model file says `"classes"`.
    ///
    /// # Panics
    /// If so many cannot be read back.
    #[must_use]
    pub fn for_classes(&self, classes: usize) -> Layer {
        let mut attributes = self.attributes.clone();
        let asked = attributes.iter_mut().map(|(_, value)| value).filter(|value| value.as_str() == Some(CLASSES));
        asked.for_each(|value| *value = toml::Value::Integer(classes as i64));
        Layer::parse(self.kind.name, attributes).expect("a number stands wherever \"classes\" does")
    }

    /// The layer with `units = "classes"` where it has so many of them.
    pub(crate) fn with_open_units(&self, classes: usize) -> Layer {
        let mut attributes = self.attributes.clone();
        match attributes.get_mut("units") {
            Some(units) if units.as_integer() == Some(classes as i64) => *units = CLASSES.into(),
            _ => return self.clone(),
        }
        Layer::parse(self.kind.name, attributes).unwrap_or_else(|_| self.clone())
    }

    /// The layer with the number of tokens where the model file says `vocabulary = "auto"`.
    ///
    /// # Panics
    /// If so many cannot be read back.
    #[must_use]
    pub fn for_vocabulary(&self, tokens: usize) -> Layer {
        let mut attributes = self.attributes.clone();
        if let Some(value) = attributes.get_mut(embedding::VOCABULARY).filter(|value| value.as_str() == Some(AUTO)) {
            *value = toml::Value::Integer(tokens as i64);
        }
        Layer::parse(self.kind.name, attributes).expect("a number stands wherever \"auto\" does")
    }

    /// Rows of its table, if it looks up tokens and the number is known.
    pub fn vocabulary(&self) -> Option<usize> {
        let rows = self.attributes.get(embedding::VOCABULARY)?.as_integer()?;
        (self.kind.name == embedding::ENTRY.name).then_some(rows as usize)
    }

    /// Builds it; gives its output.
    ///
    /// # Errors
    /// If the layer cannot stand there.
    pub fn build(&self, layer: &mut LayerBuilder) -> Result<Value, ShapeError> {
        self.spec.build(layer)
    }
}

/// Sizes are whole numbers that any arithmetic on them can hold; said here once, with the key's name.
fn check_sizes(attributes: &toml::Table) -> Result<(), String> {
    for (key, value) in attributes {
        let sizes = match value {
            toml::Value::Array(list) => list.as_slice(),
            single => std::slice::from_ref(single),
        };
        let pair = PAIRS.contains(&key.as_str());
        if pair && !(sizes.iter().all(toml::Value::is_integer) && (!value.is_array() || sizes.len() == 2)) {
            return Err(format!("`{key}` must be a whole number or [height, width], not {value}"));
        }
        // a size of a shape may be left open
        let least = if key == "shape" { -1 } else { 0 };
        let mut numbers = sizes.iter().filter_map(toml::Value::as_integer);
        if let Some(wrong) = numbers.find(|v| !(least..=LARGEST_SIZE).contains(v)) {
            return Err(format!("`{key}` is {wrong}, but must be from {least} to {LARGEST_SIZE}"));
        }
    }
    Ok(())
}

/// Options that are a size along both axes.
const PAIRS: [&str; 8] = ["kernel", "stride", "dilation", "pool", "output_padding", "output", "size", "scale_factor"];

/// The largest size that a model file may name.
const LARGEST_SIZE: i64 = 1 << 24;

#[cfg(test)]
mod tests {
    use super::*;

    /// The keys that the parser says it takes.
    fn accepted(kind: &LayerType) -> Vec<String> {
        let table = toml::Table::from_iter([("no_such_option".to_string(), toml::Value::Boolean(true))]);
        let message = (kind.parse)(table).expect_err("no layer has this option");
        let (_, expected) = message.split_once("expected").unwrap_or_default();
        expected.split('`').skip(1).step_by(2).map(String::from).collect()
    }

    #[test]
    fn documented_options_are_those_that_the_parser_takes() {
        for kind in LAYERS {
            let documented: Vec<&str> = kind.options.iter().map(|o| o.name).collect();
            let mut accepted = accepted(kind);
            accepted.sort_by_key(|key| documented.iter().position(|name| name == key));
            assert_eq!(accepted, documented, "{}", kind.name);
        }
    }

    #[test]
    fn required_options_are_required() {
        for kind in LAYERS {
            let required = kind.options.iter().find(|o| o.default.is_none());
            let parsed = (kind.parse)(toml::Table::new());
            match required {
                None => assert!(parsed.is_ok(), "{}: {:?}", kind.name, parsed.err()),
                Some(option) => {
                    let message = parsed.expect_err("an option is missing");
                    assert!(message.contains(option.name), "{}: {message}", kind.name);
                }
            }
        }
    }

    #[test]
    fn types_have_different_names() {
        for (i, kind) in LAYERS.iter().enumerate() {
            assert!(LAYERS[..i].iter().all(|other| other.name != kind.name), "{} is listed twice", kind.name);
        }
    }
}
