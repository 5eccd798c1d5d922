//! What the outputs of an imported model are called.

use std::path::Path;

use super::super::CliError;
use super::compile;
use crate::model::ModelSpec;
use crate::platform::files;
use crate::weights::Weights;
use crate::weights::foreign::own_names;

/// The names of a model's outputs.
pub(super) struct Outputs {
    pub names: Vec<String>,
    /// The parameters of the layer that gives them, where the model takes any number of classes.
    pub head: Vec<String>,
    /// Whether the names are only numbers.
    numbered: bool,
}

impl Outputs {
    /// The classes in a file that was typed, those that came with the weights, or as many numbers as their head has outputs.
    pub fn of(weights: &Weights, model: &ModelSpec, typed: Option<&Path>) -> Result<Self, CliError> {
        let of_head = own_names(model)?.into_iter().filter(|parameter| parameter.is_head);
        let head: Vec<String> = of_head.map(|parameter| parameter.ours).collect();
        let told = match typed {
            Some(path) => class_names(path)?,
            None => weights.classes.clone(),
        };
        if !told.is_empty() {
            return Ok(Outputs { names: told, head, numbered: false });
        }
        let outputs = match head.first() {
            Some(head) => weights.tensor(head).and_then(|tensor| tensor.shape.last().copied()),
            None => Some(compile(model)?.classes),
        };
        let no_head = "the file has no head, so nothing says how many classes there are\n  try: --classes FILE";
        let outputs = outputs.ok_or_else(|| CliError::Usage(no_head.into()))?;
        Ok(Outputs { names: (0..outputs).map(|number| number.to_string()).collect(), head, numbered: true })
    }

    /// A line about them.
    pub fn describe(&self) -> String {
        let count = self.names.len();
        match (self.numbered, self.names.as_slice()) {
            (true, _) => format!("{count}, numbered 0 to {} (--classes FILE names them, one a line)", count - 1),
            (_, [first, .., last]) => format!("{count}: {first} to {last}"),
            (_, names) => names.join(", "),
        }
    }
}

/// The names in a file, one a line.
fn class_names(path: &Path) -> Result<Vec<String>, CliError> {
    let text = files::read_text(path).map_err(CliError::file(path))?;
    let names: Vec<String> = text.lines().map(str::trim).filter(|line| !line.is_empty()).map(String::from).collect();
    if names.is_empty() {
        return Err(CliError::Usage(format!("{} names no class\n  try: one name a line", path.display())));
    }
    match names.iter().enumerate().find(|(i, name)| names[..*i].contains(name)) {
        Some((_, name)) => Err(CliError::Usage(format!("{} names the class `{name}` twice", path.display()))),
        None => Ok(names),
    }
}
