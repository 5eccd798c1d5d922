//! Model files: TOML with an input and named layers, each reading the one before it unless it says otherwise.

use std::fmt::Write as _;
use std::path::Path;

use super::builder::{ModelBuilder, NewLayer, layer};
use super::error::ModelError;
use super::generator::MAX_NOISE;
use super::input::{Given, Tokens};
use super::layer_spec::LayerSpec;
use super::layers::AUTO;
use super::presets;
use super::spec::ModelSpec;

impl ModelSpec {
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
        let (input, given) = take_input(&mut table).map_err(fail)?;
        let mut builder = ModelBuilder::with_input(name, input, given);
        if let Some((noise, layers)) = take_generator(&mut table).map_err(fail)? {
            builder = builder.generator(noise, layers);
        }
        let layers = match table.remove("layer") {
            Some(toml::Value::Array(layers)) => layers,
            Some(other) => return Err(fail(format!("`layer` must be a list of tables, not {}", other.type_str()))),
            None => Vec::new(),
        };
        if let Some(key) = table.keys().next() {
            return Err(fail(format!(
                "unknown key `{key}`; a model has name, input (or tokens, or features), [[layer]]s and a [generator]"
            )));
        }
        let layers = read_layers(layers).map_err(fail)?;
        layers.into_iter().fold(builder, ModelBuilder::layer).check().map_err(fail)
    }

    /// The model as a model file.
    pub fn to_toml(&self) -> String {
        let input = match self.given {
            Given::Images => format!("input = {:?}", self.input),
            Given::Texts(Tokens::Auto) => format!("tokens = \"{AUTO}\""),
            Given::Texts(Tokens::Fixed) => format!("tokens = {}", self.input[1]),
            Given::Features => format!("features = {}", self.input[2]),
        };
        let mut text = format!("name = \"{}\"\n{input}\n", self.name);
        if let Some(generator) = &self.generator {
            text += &format!("\n[generator]\nnoise = {}\n", generator.noise);
            write_layers(&mut text, "generator.layer", &generator.layers);
        }
        write_layers(&mut text, "layer", &self.layers);
        text
    }
}

/// Takes the generator out of a model file's table: how much noise, and its layers.
fn take_generator(table: &mut toml::Table) -> Result<Option<(usize, Vec<NewLayer>)>, String> {
    let Some(value) = table.remove("generator") else { return Ok(None) };
    let toml::Value::Table(mut own) = value else {
        return Err("`generator` is a table\n  try: [generator], then noise = 100".into());
    };
    let noise = match own.remove("noise") {
        Some(toml::Value::Integer(noise)) if (0..=MAX_NOISE as i64).contains(&noise) => noise as usize,
        Some(other) => return Err(format!("generator: `noise` is {other}\n  try: a number from 1 to {MAX_NOISE}")),
        None => return Err("generator: `noise` is missing\n  try: noise = 100".into()),
    };
    let layers = match own.remove("layer") {
        Some(toml::Value::Array(layers)) => layers,
        _ => Vec::new(),
    };
    if let Some(key) = own.keys().next() {
        return Err(format!("generator: unknown key `{key}`; it has noise and [[generator.layer]]s"));
    }
    let layers = read_layers(layers).map_err(|problem| format!("generator: {problem}"))?;
    Ok(Some((noise, layers)))
}

/// Adds layers to a model file's text, each under `[[header]]`.
fn write_layers(text: &mut String, header: &str, layers: &[LayerSpec]) {
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

/// The input: `input = [h, w, c]` for images, `tokens = length` for texts, or `features = length`.
fn take_input(table: &mut toml::Table) -> Result<([usize; 3], Given), String> {
    match table.remove("features") {
        Some(_) if table.contains_key("input") || table.contains_key("tokens") => {
            return Err(
                "`features` is given beside another input\n  try: one of `input`, `tokens` and `features`".into()
            );
        }
        Some(toml::Value::Integer(length)) if (1..=1 << 16).contains(&length) => {
            return Ok(([1, 1, length as usize], Given::Features));
        }
        Some(other) => return Err(format!("`features` is {other}\n  try: a number of features up to 65536")),
        None => {}
    }
    match (table.remove("input"), table.remove("tokens")) {
        (Some(_), Some(_)) => {
            Err("`input` and `tokens` are both given\n  try: `input` for images, `tokens` for texts".into())
        }
        (None, None) => Err("`input` is missing\n  try: input = [28, 28, 1], or tokens = \"auto\" for texts".into()),
        (Some(input), None) => match input.try_into() {
            Ok(input) => Ok((input, Given::Images)),
            Err(_) => Err("`input` must be three numbers: input = [height, width, channels]".into()),
        },
        (None, Some(toml::Value::Integer(length))) if (1..=1 << 16).contains(&length) => {
            Ok(([1, length as usize, 1], Given::Texts(Tokens::Fixed)))
        }
        (None, Some(toml::Value::String(word))) if word == AUTO => {
            Ok(([1, ModelSpec::UNKNOWN_LENGTH, 1], Given::Texts(Tokens::Auto)))
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
fn read_layers(tables: Vec<toml::Value>) -> Result<Vec<NewLayer>, String> {
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
            (SMALL.replace("input = [8, 6, 3]", "features = 0"), "`features` is 0"),
            (format!("features = 9\n{SMALL}"), "`features` is given beside another input"),
            ("name = ".into(), "line 1"),
        ];
        for (text, part) in cases {
            let error = ModelSpec::parse(&text, "m.toml").unwrap_err().to_string();
            assert!(error.contains(part) && error.contains("m.toml"), "{error}\nshould say: {part}");
        }
    }
}
