//! Numbers, each by its name.

use std::path::Path;

use serde_json::{Value, json};

use super::TaskView;
use super::labels::no_grid;
use crate::checkpoint::Checkpoint;
use crate::cli::args::PredictArgs;
use crate::cli::{CliError, Exit};
use crate::model::InputKind;
use crate::train::Answer;

/// Numbers of an image.
pub struct Regress;

impl TaskView for Regress {
    fn task(&self) -> &'static str {
        "regress"
    }

    fn example(&self, _input: InputKind) -> &'static str {
        "eval RUN"
    }

    fn line(&self, answer: &Answer, _top: usize) -> String {
        if let [only] = answer.outputs[..] {
            return format!("{only:.4}");
        }
        let number = |(name, output): (&String, &f32)| format!("{name} {output:.4}");
        answer.names().iter().zip(&answer.outputs).map(number).collect::<Vec<_>>().join(", ")
    }

    fn json(&self, answer: &Answer, _top: usize) -> Value {
        let value = |(name, output): (&String, &f32)| json!({ "value": name, "predicted": output });
        json!({ "values": answer.names().iter().zip(&answer.outputs).map(value).collect::<Vec<_>>() })
    }

    fn columns(&self, names: &[String]) -> Vec<String> {
        if names.len() == 1 { vec!["prediction".into()] } else { names.to_vec() }
    }

    fn probabilities<'a>(&self, _names: &'a [String]) -> &'a [String] {
        &[]
    }

    fn cells(&self, answer: &Answer) -> Vec<String> {
        answer.outputs.iter().map(f32::to_string).collect()
    }

    fn grid(&self, _: &PredictArgs, _: &Checkpoint, _: &Path, _: Option<&str>) -> Result<Exit, CliError> {
        Err(no_grid())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_names_unless_there_is_one() {
        let line = |names: &[&str], outputs: &[f32]| {
            let names: Vec<String> = names.iter().map(|name| name.to_string()).collect();
            Regress.line(&Answer::new(outputs.to_vec(), Vec::new(), names.into()), 3)
        };
        assert_eq!(line(&["cat", "dog", "sofa"], &[1.0, -1.0, 3.0]), "cat 1.0000, dog -1.0000, sofa 3.0000");
        assert_eq!(line(&["cat"], &[0.25]), "0.2500");
    }
}
