//! How a model comes to be: model files, Rust and importers add layers to a [`ModelBuilder`], which checks names and inputs.

use std::collections::{HashMap, HashSet};

use super::error::ModelError;
use super::generator::{Generator, MAX_NOISE};
use super::input::{Given, Tokens};
use super::layer_spec::LayerSpec;
use super::layers::{Layer, Reads};
use super::spec::ModelSpec;

/// Builds a [`ModelSpec`] layer by layer. A layer reads the one before it unless it says otherwise.
///
/// ```
/// use lepton_gpu::model::{ModelBuilder, layer};
///
/// # fn main() -> Result<(), lepton_gpu::model::ModelError> {
/// let model = ModelBuilder::images("small-residual", [28, 28, 1])
///     .layer(layer("conv2d").with("filters", 16).with("kernel", 3).with("padding", "same").named("stem"))
///     .layer(layer("conv2d").with("filters", 16).with("kernel", 3).with("padding", "same").named("conv"))
///     .layer(layer("add").reading(["stem", "conv"]))
///     .layer(layer("relu"))
///     .layer(layer("global_avg_pool"))
///     .layer(layer("linear").with("units", "classes"))
///     .build()?;
/// assert_eq!(model.layers.len(), 6);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct ModelBuilder {
    name: String,
    input: [usize; 3],
    given: Given,
    layers: Layers,
    generator: Option<Generator>,
    /// The first thing that is wrong.
    problem: Option<String>,
}

/// A layer before it stands in a model: its type, its options and, where it has them, its name and what it reads.
#[derive(Clone, Debug, PartialEq)]
pub struct NewLayer {
    kind: String,
    options: toml::Table,
    name: Option<String>,
    inputs: Option<Vec<String>>,
}

/// A layer of this type, such as `conv2d`; [`LAYERS`](super::LAYERS) lists them with their options.
pub fn layer(kind: &str) -> NewLayer {
    NewLayer { kind: kind.into(), options: toml::Table::new(), name: None, inputs: None }
}

impl NewLayer {
    /// With an option, as a model file has it.
    #[must_use]
    pub fn with(mut self, option: &str, value: impl Into<toml::Value>) -> Self {
        self.options.insert(option.into(), value.into());
        self
    }

    /// With all these options.
    pub(crate) fn with_options(self, options: toml::Table) -> Self {
        NewLayer { options, ..self }
    }

    /// With a name, of letters, digits, `_` and `-`. Without one it is `TYPE_1`, `TYPE_2`, …
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        NewLayer { name: Some(name.into()), ..self }
    }

    /// Reading these layers instead of the one before it; `input` is the model's input.
    #[must_use]
    pub fn reading<N: Into<String>>(self, inputs: impl IntoIterator<Item = N>) -> Self {
        NewLayer { inputs: Some(inputs.into_iter().map(Into::into).collect()), ..self }
    }
}

impl ModelBuilder {
    /// A model of images `[h, w, c]`.
    pub fn images(name: impl Into<String>, input: [usize; 3]) -> Self {
        Self::with_input(name.into(), input, Given::Images)
    }

    /// A model of texts of `length` tokens, or of as many as the data's texts have.
    pub fn texts(name: impl Into<String>, length: Option<usize>) -> Self {
        let tokens = if length.is_some() { Tokens::Fixed } else { Tokens::Auto };
        Self::with_input(name.into(), [1, length.unwrap_or(ModelSpec::UNKNOWN_LENGTH), 1], Given::Texts(tokens))
    }

    /// A model of rows of `length` features.
    pub fn features(name: impl Into<String>, length: usize) -> Self {
        Self::with_input(name.into(), [1, 1, length], Given::Features)
    }

    pub(super) fn with_input(name: String, input: [usize; 3], given: Given) -> Self {
        ModelBuilder { name, input, given, layers: Layers::default(), generator: None, problem: None }
    }

    /// Adds a layer. What is wrong with it is said by [`build`](Self::build).
    #[must_use]
    pub fn layer(mut self, layer: NewLayer) -> Self {
        if self.problem.is_none() {
            self.problem = self.layers.push(layer).err();
        }
        self
    }

    /// Adds a network that makes images from `noise` random numbers, `[n, noise]`; the model's own layers then are the
    /// discriminator.
    #[must_use]
    pub fn generator(mut self, noise: usize, layers: impl IntoIterator<Item = NewLayer>) -> Self {
        let mut own = Layers::default();
        let added = layers.into_iter().try_for_each(|layer| own.push(layer));
        self.problem = self.problem.or(added.err().map(|problem| format!("generator: {problem}")));
        self.generator = Some(Generator { noise, layers: own.layers });
        self
    }

    /// The finished model, checked as a model file is.
    ///
    /// # Errors
    /// [`ModelError::Invalid`] if a name, a size, a layer's type, an option or an input is wrong. Whether shapes fit is
    /// found out when the model is compiled.
    pub fn build(self) -> Result<ModelSpec, ModelError> {
        let name = self.name.clone();
        self.check().map_err(|problem| ModelError::Invalid { model: name, problem })
    }

    /// The model, or what is wrong with it.
    pub(crate) fn check(self) -> Result<ModelSpec, String> {
        let ModelBuilder { name, input, given, layers: Layers { layers, .. }, generator, problem } = self;
        if !is_name(&name) {
            return Err(format!("`name` is {name:?}; names may contain letters, digits, _ and -"));
        }
        if input.contains(&0) {
            return Err(format!("`input` is {input:?}; every size must be at least 1"));
        }
        let values = input.iter().try_fold(1usize, |count, &size| count.checked_mul(size));
        if input.iter().any(|&size| size > 1 << 16) || values.is_none_or(|values| values > 1 << 28) {
            return Err(format!(
                "`input` is {input:?}; a side may be at most 65536, and an image may have at most 268435456 values"
            ));
        }
        if let Some(problem) = problem {
            return Err(problem);
        }
        if let Some(generator) = &generator {
            if given != Given::Images {
                return Err(
                    "a generator makes images, but the model takes something else\n  try: input = [28, 28, 1]".into()
                );
            }
            if !(1..=MAX_NOISE).contains(&generator.noise) {
                let noise = generator.noise;
                return Err(format!("generator: `noise` is {noise}\n  try: a number from 1 to {MAX_NOISE}"));
            }
            if generator.layers.is_empty() {
                return Err("the generator has no [[generator.layer]]".into());
            }
        }
        if layers.is_empty() {
            return Err("there is no [[layer]]".into());
        }
        Ok(ModelSpec { name, input, given, layers, generator })
    }
}

/// Layers in their order, with the names that later ones may read.
#[derive(Debug, Default)]
struct Layers {
    layers: Vec<LayerSpec>,
    names: HashSet<String>,
    /// How many layers of each type have no name of their own.
    unnamed: HashMap<String, usize>,
}

/// What a layer reads that reads the model's input.
const INPUT: &str = "input";

impl Layers {
    fn push(&mut self, new: NewLayer) -> Result<(), String> {
        let NewLayer { kind, options, name, inputs } = new;
        let name = name.unwrap_or_else(|| {
            let count = self.unnamed.entry(kind.clone()).or_default();
            *count += 1;
            format!("{kind}_{count}")
        });
        let place = format!("layer {} `{name}`", self.layers.len() + 1);
        if !is_name(&name) {
            return Err(format!("{place}: names may contain letters, digits, _ and -"));
        }
        let before = self.layers.last().map_or(INPUT, |layer| &layer.name).to_string();
        let inputs = inputs.unwrap_or_else(|| vec![before]);
        let layer = Layer::parse(&kind, options).map_err(|problem| format!("{place}: {problem}"))?;
        self.check_inputs(&layer, &inputs).map_err(|problem| format!("{place}: {problem}"))?;
        if name == INPUT || !self.names.insert(name.clone()) {
            return Err(format!("{place}: the name is taken by an earlier layer"));
        }
        self.layers.push(LayerSpec { name, inputs, layer });
        Ok(())
    }

    fn check_inputs(&self, layer: &Layer, inputs: &[String]) -> Result<(), String> {
        let kind = layer.kind();
        if !kind.reads.allows(inputs.len()) {
            let hint = if kind.reads == Reads::Exactly(1) { "" } else { "\n  try: inputs = [\"one\", \"other\"]" };
            return Err(format!("{} takes {}, but `inputs` names {}{hint}", kind.name, kind.reads, inputs.len()));
        }
        match inputs.iter().find(|input| *input != INPUT && !self.names.contains(*input)) {
            Some(missing) => Err(format!("it reads `{missing}`, but no earlier layer has that name")),
            None => Ok(()),
        }
    }
}

/// Names become file names and tensor names.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conv(name: &str) -> NewLayer {
        layer("conv2d").with("filters", 4).with("kernel", vec![3, 2]).named(name)
    }

    #[test]
    fn a_model_built_in_rust_is_the_one_of_a_file() {
        let built = ModelBuilder::images("m", [8, 6, 3])
            .layer(conv("a"))
            .layer(layer("relu"))
            .layer(layer("relu").reading(["a"]))
            .layer(layer("add").reading(["relu_1", "relu_2"]))
            .build()
            .unwrap();
        assert_eq!(built, ModelSpec::parse(&built.to_toml(), "written").unwrap());
        let text = "name = \"m\"\ninput = [8, 6, 3]\n[[layer]]\ntype = \"conv2d\"\nname = \"a\"\nfilters = 4\nkernel = [3, 2]\n[[layer]]\ntype = \"relu\"\n[[layer]]\ntype = \"relu\"\ninputs = [\"a\"]\n[[layer]]\ntype = \"add\"\ninputs = [\"relu_1\", \"relu_2\"]\n";
        assert_eq!(built, ModelSpec::parse(text, "m.toml").unwrap());
    }

    #[test]
    fn the_first_mistake_is_named() {
        let image = || ModelBuilder::images("m", [8, 6, 3]);
        let cases: [(ModelBuilder, &str); 9] = [
            (image(), "there is no [[layer]]"),
            (image().layer(conv("a")).layer(conv("a")), "layer 2 `a`: the name is taken"),
            (image().layer(conv("input")), "the name is taken"),
            (image().layer(conv("a b")), "letters, digits"),
            (image().layer(layer("relu").reading(["b"])).layer(conv("a b")), "no earlier layer has that name"),
            (image().layer(layer("add")), "takes two inputs, but `inputs` names 1"),
            (ModelBuilder::images("m", [usize::MAX, 2, 2]).layer(conv("a")), "at most 65536"),
            (ModelBuilder::texts("m", Some(0)).layer(conv("a")), "at least 1"),
            (image().layer(conv("a")).generator(0, [conv("b")]), "`noise` is 0"),
        ];
        for (builder, words) in cases {
            let error = builder.build().unwrap_err().to_string();
            assert!(error.contains("`m`") && error.contains(words), "{error}\nshould say: {words}");
        }
    }
}
