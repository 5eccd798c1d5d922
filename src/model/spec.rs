//! A model file: an input and named layers, each reading the one before it unless it says otherwise.

use std::fmt::Write as _;
use std::path::Path;

use lepton_kernels::ShapeError;

use super::builder::{ModelBuilder, NewLayer, layer};
use super::generator::Generator;
use super::input::{InputKind, Tokens};
use super::layers::{AUTO, Layer, is_own};
use super::presets;
use crate::hint::{Hint, Hints};

/// Why a model cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// Neither a preset nor a file.
    #[error("unknown model `{name}`: neither a built-in model nor a file")]
    Unknown {
        /// What was asked for.
        name: String,
    },
    /// The file cannot be read.
    #[error("model file {path}: {source}")]
    Unreadable {
        /// Path of the model file.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file is not a model.
    #[error("model file {origin}: {problem}")]
    Malformed {
        /// The file or preset.
        origin: String,
        /// What is wrong and where.
        problem: String,
    },
    /// A model that was built in Rust has something wrong.
    #[error("model `{model}`: {problem}")]
    Invalid {
        /// The model's name.
        model: String,
        /// What is wrong and where.
        problem: String,
    },
    /// A layer cannot run on what it is given.
    #[error("layer {number} `{layer}` does not fit: {source}\n  {reads}")]
    Shape {
        /// Its number, from 1.
        number: usize,
        /// The layer's name.
        layer: String,
        /// Where its input comes from.
        reads: String,
        /// Why it cannot run there, with a way out.
        source: ShapeError,
    },
    /// Generator and discriminator do not fit together, or the loss is not theirs.
    #[error("{0}")]
    Adversarial(ShapeError),
    /// The images cannot be augmented as the run says.
    #[error("{0}")]
    Augment(ShapeError),
}

impl Hints for ModelError {
    fn hints(&self) -> Vec<Hint> {
        match self {
            ModelError::Unknown { name } => {
                vec![
                    Hint::one_listed(name, presets::PRESETS.iter().map(|preset| preset.name), &["models"]),
                    Hint::advice("the path of a model file"),
                ]
            }
            _ => Vec::new(),
        }
    }
}

/// One layer of a model.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerSpec {
    /// Its name, unique in the model.
    pub name: String,
    /// Names of the layers it reads; `input` is the model's input.
    pub inputs: Vec<String>,
    /// Its type with its options.
    pub layer: Layer,
}

/// A model as data.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelSpec {
    /// The model's name, which runs and messages show.
    pub name: String,
    /// Image size `[h, w, c]`.
    pub input: [usize; 3],
    /// Whether the input is tokens of a text, `[1, length, 1]`, instead of pixels.
    pub(crate) tokens: Option<Tokens>,
    /// Its layers, in the order in which they run; the last one gives the logits. Beside a generator they are the
    /// discriminator and give one number: how real the image is.
    pub layers: Vec<LayerSpec>,
    /// What makes images, if the layers are a discriminator.
    pub generator: Option<Generator>,
}

/// One of a model's networks.
pub(super) struct Network<'a> {
    /// What its first layer reads.
    pub reads: NetworkInput,
    /// What stands before the names of its layers.
    pub prefix: &'static str,
    /// Its layers.
    pub layers: &'a [LayerSpec],
}

/// What the first layer of a network reads.
#[derive(Clone, Copy)]
pub(super) enum NetworkInput {
    /// So many random numbers.
    Noise(usize),
    /// The model's input.
    Input,
    /// An image like the model's input, real or generated.
    Image,
}

impl ModelSpec {
    /// Words of a text for a model of `tokens = "auto"` until the data are known: what `inspect` shows.
    pub const UNKNOWN_LENGTH: usize = 64;

    /// Whether it reads images or texts.
    pub fn input_kind(&self) -> InputKind {
        if self.tokens.is_some() { InputKind::Texts } else { InputKind::Images }
    }

    /// Words of a text, for a model of texts of one length; `None` if it takes texts as long as the data's, or images.
    pub fn text_length(&self) -> Option<usize> {
        if self.tokens == Some(Tokens::Fixed) { Some(self.input[1]) } else { None }
    }

    /// Its networks in the order in which they run: a generator, if there is one, and its own layers.
    pub(super) fn networks(&self) -> Vec<Network<'_>> {
        let own = |reads| Network { reads, prefix: "", layers: &self.layers };
        match &self.generator {
            None => vec![own(NetworkInput::Input)],
            Some(Generator { noise, layers }) => {
                let generator = Network { reads: NetworkInput::Noise(*noise), prefix: Generator::PREFIX, layers };
                vec![generator, own(NetworkInput::Image)]
            }
        }
    }

    /// Whether a layer's type is an application's own, and not of [`LAYERS`](super::LAYERS).
    pub fn has_own_layers(&self) -> bool {
        self.networks().iter().flat_map(|network| network.layers).any(|layer| is_own(layer.layer.kind()))
    }

    /// The preset of this name, the model file at this path, or that of the run folder there.
    ///
    /// # Errors
    /// [`ModelError::Unknown`] if there is neither such a preset nor such a file, [`ModelError::Unreadable`] if the system cannot
    /// read the file, and those of [`parse`](Self::parse).
    pub fn open(name: &str) -> Result<Self, ModelError> {
        if let Some(preset) = presets::preset(name) {
            return Self::parse(preset.text, name);
        }
        let mut path = Path::new(name);
        let of_run = path.join("model.toml");
        if of_run.is_file() {
            path = &of_run;
        }
        if !path.exists() {
            return Err(ModelError::Unknown { name: name.into() });
        }
        let name = path.to_string_lossy();
        let text = crate::platform::files::read_text(path)
            .map_err(|source| ModelError::Unreadable { path: name.to_string(), source })?;
        Self::parse(&text, &name)
    }

    /// Reads a model file's text; `origin` names it in errors.
    ///
    /// # Errors
    /// [`ModelError::Malformed`] if the text is not a model, with what is wrong and where.
    pub fn parse(text: &str, origin: &str) -> Result<Self, ModelError> {
        let fail = |problem: String| ModelError::Malformed { origin: origin.into(), problem };
        let mut table: toml::Table = text.parse().map_err(|e: toml::de::Error| fail(e.to_string()))?;
        let name = take_string(&mut table, "name").map_err(fail)?;
        let (input, tokens) = take_input(&mut table).map_err(fail)?;
        let mut builder = ModelBuilder::with_input(name, input, tokens);
        if let Some((noise, layers)) = Generator::take(&mut table).map_err(fail)? {
            builder = builder.generator(noise, layers);
        }
        let layers = match table.remove("layer") {
            Some(toml::Value::Array(layers)) => layers,
            Some(other) => return Err(fail(format!("`layer` must be a list of tables, not {}", other.type_str()))),
            None => Vec::new(),
        };
        if let Some(key) = table.keys().next() {
            return Err(fail(format!(
                "unknown key `{key}`; a model has name, input (or tokens), [[layer]]s and a [generator]"
            )));
        }
        let layers = read_layers(layers).map_err(fail)?;
        layers.into_iter().fold(builder, ModelBuilder::layer).check().map_err(fail)
    }

    /// The model for a data set of so many classes: layers with `units = "classes"` get that many.
    #[must_use]
    pub fn for_classes(&self, classes: usize) -> Self {
        let layers =
            self.layers.iter().map(|spec| LayerSpec { layer: spec.layer.for_classes(classes), ..spec.clone() });
        ModelSpec { layers: layers.collect(), ..self.clone() }
    }

    /// The model for texts of so many words, whose vocabulary has so many tokens: `tokens` and `vocabulary` that are
    /// `"auto"` get these numbers.
    #[must_use]
    pub fn for_texts(&self, length: usize, vocabulary: usize) -> Self {
        let layer = |spec: &LayerSpec| LayerSpec { layer: spec.layer.for_vocabulary(vocabulary), ..spec.clone() };
        let input = match self.tokens {
            Some(Tokens::Auto) => [1, length, 1],
            _ => self.input,
        };
        let tokens = self.tokens.and(Some(Tokens::Fixed));
        ModelSpec { input, tokens, layers: self.layers.iter().map(layer).collect(), ..self.clone() }
    }

    /// The model as a model file.
    pub fn to_toml(&self) -> String {
        let input = match self.tokens {
            None => format!("input = {:?}", self.input),
            Some(Tokens::Auto) => format!("tokens = \"{AUTO}\""),
            Some(Tokens::Fixed) => format!("tokens = {}", self.input[1]),
        };
        let mut text = format!("name = \"{}\"\n{input}\n", self.name);
        if let Some(generator) = &self.generator {
            generator.write(&mut text);
        }
        write_layers(&mut text, "layer", &self.layers);
        text
    }
}

/// Adds layers to a model file's text, each under `[[header]]`.
pub(super) fn write_layers(text: &mut String, header: &str, layers: &[LayerSpec]) {
    for (i, spec) in layers.iter().enumerate() {
        let name = toml::Value::from(spec.name.as_str());
        let _ = write!(text, "\n[[{header}]]\nname = {name}\ntype = \"{}\"\n", spec.layer.kind().name);
        // a table among them, `{ normal = 0.02 }`, stays on its line
        spec.layer.attributes().iter().for_each(|(key, value)| text.push_str(&format!("{key} = {value}\n")));
        let before = if i == 0 { "input" } else { &layers[i - 1].name };
        if spec.inputs != [before] {
            let _ = writeln!(text, "inputs = {}", toml::Value::from(spec.inputs.clone()));
        }
    }
}

/// The input: `input = [h, w, c]` for images, or `tokens = length` for texts.
fn take_input(table: &mut toml::Table) -> Result<([usize; 3], Option<Tokens>), String> {
    match (table.remove("input"), table.remove("tokens")) {
        (Some(_), Some(_)) => {
            Err("`input` and `tokens` are both given\n  try: `input` for images, `tokens` for texts".into())
        }
        (None, None) => Err("`input` is missing\n  try: input = [28, 28, 1], or tokens = \"auto\" for texts".into()),
        (Some(input), None) => match input.try_into() {
            Ok(input) => Ok((input, None)),
            Err(_) => Err("`input` must be three numbers: input = [height, width, channels]".into()),
        },
        (None, Some(toml::Value::Integer(length))) if (1..=1 << 16).contains(&length) => {
            Ok(([1, length as usize, 1], Some(Tokens::Fixed)))
        }
        (None, Some(toml::Value::String(word))) if word == AUTO => {
            Ok(([1, ModelSpec::UNKNOWN_LENGTH, 1], Some(Tokens::Auto)))
        }
        (None, Some(other)) => Err(format!(
            "`tokens` is {other}\n  try: a number of words up to 65536, or \"{AUTO}\" for those of the data"
        )),
    }
}

fn take_string(table: &mut toml::Table, key: &str) -> Result<String, String> {
    match table.remove(key) {
        Some(toml::Value::String(text)) => Ok(text),
        Some(other) => Err(format!("`{key}` must be a string, not {}", other.type_str())),
        None => Err(format!("`{key}` is missing")),
    }
}

/// Reads `[[layer]]` tables.
pub(super) fn read_layers(tables: Vec<toml::Value>) -> Result<Vec<NewLayer>, String> {
    let read = |(i, table): (usize, toml::Value)| {
        let toml::Value::Table(mut table) = table else { return Err(format!("layer {} is not a table", i + 1)) };
        let kind = take_string(&mut table, "type").map_err(|e| format!("layer {}: {e}", i + 1))?;
        let mut new = layer(&kind);
        if table.contains_key("name") {
            new = new.named(take_string(&mut table, "name").map_err(|e| format!("layer {}: {e}", i + 1))?);
        }
        if let Some(inputs) = table.remove("inputs") {
            let names: Result<Vec<String>, _> = inputs.try_into();
            new = new.reading(names.map_err(|_| format!("layer {}: `inputs` must be a list of layer names", i + 1))?);
        }
        Ok(new.with_options(table))
    };
    tables.into_iter().enumerate().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = "name = \"m\"\ninput = [8, 6, 3]\n[[layer]]\ntype = \"conv2d\"\nname = \"a\"\nfilters = 4\nkernel = [3, 2]\npadding = \"same\"\n";

    #[test]
    fn a_model_file_survives_being_written_and_read() {
        for preset in presets::PRESETS {
            let spec = ModelSpec::parse(preset.text, preset.name).unwrap();
            assert_eq!(spec, ModelSpec::parse(&spec.to_toml(), "written").unwrap());
        }
    }

    #[test]
    fn mistakes_are_named() {
        let cases = [
            (format!("{SMALL}kernle = 3\n"), "layer 1 `a`: unknown field `kernle`"),
            (format!("{SMALL}[[layer]]\ntype = \"relu\"\nname = \"a\"\n"), "taken by an earlier layer"),
            (format!("{SMALL}[[layer]]\ntype = \"add\"\n"), "takes two inputs, but `inputs` names 1"),
            (format!("{SMALL}[[layer]]\ntype = \"relu\"\ninputs = [\"b\"]\n"), "no earlier layer has that name"),
            (format!("{SMALL}[[layer]]\ntype = \"gru\"\n"), "unknown type `gru`; expected one of conv2d"),
            ("name = \"m\"\ninput = [8, 6]\n".into(), "`input` must be three numbers"),
            ("name = \"m\"\ninput = [8, 6, 1]\n".into(), "there is no [[layer]]"),
            (SMALL.replace("\"m\"", "\"../m\""), "letters, digits, _ and -"),
            (format!("epochs = 3\n{SMALL}"), "unknown key `epochs`"),
            ("name = ".into(), "line 1"),
        ];
        for (text, part) in cases {
            let error = ModelSpec::parse(&text, "m.toml").unwrap_err().to_string();
            assert!(error.contains(part) && error.contains("m.toml"), "{error}\nshould say: {part}");
        }
    }
}
