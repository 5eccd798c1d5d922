//! Classes: the likeliest of them with their probabilities, and a grid of images with the class that was chosen.

use std::path::Path;

use serde_json::{Value, json};

use super::{GridData, TaskView, drawn, spell};
use crate::checkpoint::Checkpoint;
use crate::cli::args::PredictArgs;
use crate::cli::error::save_png;
use crate::cli::weights::say_who;
use crate::cli::{CliError, Exit, open};
use crate::model::InputKind;
use crate::report::draw::{GridCell, prediction_grid};
use crate::report::say;
use crate::train::{Answer, Predictor};

/// One class an image or text.
pub struct Classify;

/// Rows and columns of a grid.
const GRID: usize = 5;

impl TaskView for Classify {
    fn task(&self) -> &'static str {
        "classify"
    }

    fn example(&self, input: InputKind) -> &'static str {
        match input {
            InputKind::Images => "predict RUN --grid grid.png",
            InputKind::Texts => "predict RUN \"a text\"",
            InputKind::Features => "inspect RUN",
        }
    }

    fn line(&self, answer: &Answer, top: usize) -> String {
        answer.top(top).iter().map(spell).collect::<Vec<_>>().join(", ")
    }

    fn json(&self, answer: &Answer, top: usize) -> Value {
        let top = answer.top(top);
        let class = top.iter().map(|ranked| json!({ "class": ranked.name, "probability": ranked.probability }));
        json!({ "top": class.collect::<Vec<_>>() })
    }

    fn cells(&self, answer: &Answer) -> Vec<String> {
        self.class(answer).into_iter().collect()
    }

    fn class(&self, answer: &Answer) -> Option<String> {
        answer.best().map(|best| best.name.to_string())
    }

    fn grid(
        &self,
        args: &PredictArgs,
        checkpoint: &Checkpoint,
        out: &Path,
        adapter: Option<&str>,
    ) -> Result<Exit, CliError> {
        let grid = GridData::load(args, checkpoint)?;
        let (split, which) = grid.split();
        let (data, size) = (&grid.data, split.example_bytes());
        let last = (args.from + GRID * GRID).min(split.len());
        let gpu = open(adapter)?;
        let predictor = Predictor::new(&gpu, checkpoint, args.tta)?;
        let images = split.range(args.from..last)?;
        let answers = predictor.predict(&images)?;
        let mut cells = Vec::new();
        for ((i, answer), image) in (args.from..last).zip(&answers).zip(images.chunks_exact(size)) {
            let best = answer.best().expect("a model gives at least one class");
            cells.push(GridCell {
                picture: drawn(image, split.input().shape())?,
                predicted: data.classes()[best.class].clone(),
                probability: best.probability as f32,
                truth: Some(data.classes()[split.labels()[i] as usize].clone()),
            });
        }
        let right = cells.iter().filter(|cell| cell.truth.as_ref() == Some(&cell.predicted)).count();
        let (model, count) = (&predictor.model().name, cells.len());
        let title = format!("{model} · {} {which} images · {right} of {count} right", data.name());
        save_png(&prediction_grid(&title, &cells, GRID), out)?;
        say_who(&gpu, checkpoint, 9);
        say!("{}: {right} of {count} right", out.display());
        Ok(Exit::Done)
    }
}
