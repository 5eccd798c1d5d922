//! Labels: those that are there, with their probabilities.

use std::path::Path;

use serde_json::{Value, json};

use super::{TaskView, spell};
use crate::checkpoint::Checkpoint;
use crate::cli::args::PredictArgs;
use crate::cli::{CliError, Exit};
use crate::model::InputKind;
use crate::train::{Answer, Ranked};

/// Several labels an image.
pub struct Labels;

impl TaskView for Labels {
    fn task(&self) -> &'static str {
        "labels"
    }

    fn example(&self, _input: InputKind) -> &'static str {
        "eval RUN"
    }

    /// Labels that are there, or the likeliest ones where none is.
    fn line(&self, answer: &Answer, top: usize) -> String {
        let spelled = |labels: &[Ranked]| labels.iter().map(spell).collect::<Vec<_>>().join(", ");
        let ranked = answer.top(answer.probabilities.len());
        let there: Vec<Ranked> = ranked.iter().copied().filter(|label| answer.is_there(label.class)).collect();
        match there.len() {
            0 => format!("none of the labels; likeliest: {}", spelled(&ranked[..top.min(ranked.len())])),
            _ => spelled(&there),
        }
    }

    fn json(&self, answer: &Answer, _top: usize) -> Value {
        let label = |(i, (name, p)): (usize, (&String, &f64))| json!({ "label": name, "probability": p, "present": answer.is_there(i) });
        json!({ "labels": answer.names().iter().zip(&answer.probabilities).enumerate().map(label).collect::<Vec<_>>() })
    }

    /// The labels that are there, with spaces between them, or `|` where the name of a label has a space itself.
    fn cells(&self, answer: &Answer) -> Vec<String> {
        let between = if answer.names().iter().any(|name| name.contains(' ')) { "|" } else { " " };
        let there = answer.names().iter().enumerate().filter(|(label, _)| answer.is_there(*label));
        vec![there.map(|(_, name)| name.as_str()).collect::<Vec<_>>().join(between)]
    }

    fn grid(&self, _: &PredictArgs, _: &Checkpoint, _: &Path, _: Option<&str>) -> Result<Exit, CliError> {
        Err(no_grid())
    }
}

/// What a grid would show one class for.
pub fn no_grid() -> CliError {
    CliError::Usage(
        "--grid shows one class per image, but this model does not choose one\n  try: lepton-gpu predict RUN IMAGE"
            .into(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_that_are_there_are_named_or_the_likeliest_ones() {
        let names: Vec<String> = ["cat", "dog", "sofa"].map(String::from).into();
        let line = |probabilities: [f64; 3], top| {
            Labels.line(&Answer::new(vec![0.0; 3], probabilities.to_vec(), names.clone().into()), top)
        };
        assert_eq!(line([0.75, 0.25, 0.9], 3), "sofa 90.00 %, cat 75.00 %");
        assert_eq!(line([0.1, 0.2, 0.05], 1), "none of the labels; likeliest: dog 20.00 %");
    }

    #[test]
    fn labels_of_a_cell_can_be_told_apart() {
        let cell = |names: [&str; 2]| {
            let names: Vec<String> = names.map(String::from).into();
            Labels.cells(&Answer::new(vec![0.0; 2], vec![0.75, 0.9], names.into())).concat()
        };
        assert_eq!(cell(["cat", "dog"]), "cat dog");
        assert_eq!(cell(["No Finding", "Effusion"]), "No Finding|Effusion");
    }
}
