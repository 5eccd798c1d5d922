//! Classes: the likeliest of them with their probabilities, and a grid of images with the class that was chosen.

use std::path::Path;

use serde_json::{Value, json};

use super::{GridData, TaskView, drawn, spell};
use crate::checkpoint::Checkpoint;
use crate::cli::args::PredictArgs;
use crate::cli::error::save_png;
use crate::cli::thresholds::{Thresholds, answers_on};
use crate::cli::weights::say_who;
use crate::cli::{CliError, Exit, open};
use crate::data::{Dataset, Split};
use crate::model::InputKind;
use crate::report::draw::{GridCell, prediction_grid};
use crate::report::say;
use crate::train::{Answer, Ranked};

/// One class an image or text.
pub struct Classify;

/// Rows and columns of a grid.
pub const GRID: usize = 5;

/// The class that is answered, then the likeliest others.
fn answered(answer: &Answer, top: usize) -> Vec<Ranked<'_>> {
    let mut ranked = answer.top(answer.probabilities.len());
    if let Some(at) = answer.best().and_then(|best| ranked.iter().position(|other| other.class == best.class)) {
        ranked[..=at].rotate_right(1);
    }
    ranked.truncate(top);
    ranked
}

/// Whether an answer on an example is its class.
pub fn is_right(split: &Split, example: usize, answer: &Answer) -> bool {
    answer.best().is_some_and(|best| best.class == split.labels()[example] as usize)
}

/// Images of a split with the answers on them, right ones in green and wrong ones in red.
pub fn grid_of(
    title: &str,
    data: &Dataset,
    split: &Split,
    shown: &[(usize, &Answer)],
) -> Result<image::RgbImage, CliError> {
    let mut cells = Vec::new();
    let (size, examples): (_, Vec<usize>) = (split.example_bytes(), shown.iter().map(|(i, _)| *i).collect());
    let mut images = vec![0; size * shown.len()];
    split.read(&examples, &mut images)?;
    for (&(i, answer), image) in shown.iter().zip(images.chunks_exact(size)) {
        let best = answer.best().expect("a model gives at least one class");
        cells.push(GridCell {
            picture: drawn(image, split.input().shape())?,
            predicted: data.classes()[best.class].clone(),
            probability: best.probability as f32,
            truth: Some(data.classes()[split.labels()[i] as usize].clone()),
        });
    }
    Ok(prediction_grid(title, &cells, GRID))
}

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
        answered(answer, top).iter().map(spell).collect::<Vec<_>>().join(", ")
    }

    fn json(&self, answer: &Answer, top: usize) -> Value {
        let top = answered(answer, top);
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
        let data = &grid.data;
        let images: Vec<usize> = (args.from..split.len()).take(GRID * GRID).collect();
        let gpu = open(adapter)?;
        let kept = Thresholds::of_run(&args.run, &args.threshold, &checkpoint.meta)?;
        let predictor = kept.predictor(&gpu, checkpoint, args.tta)?;
        let answers = answers_on(&predictor, split, &images)?;
        let shown = images.iter().copied().zip(&answers).collect::<Vec<_>>();
        let right = shown.iter().filter(|(i, answer)| is_right(split, *i, answer)).count();
        let (model, count) = (&predictor.model().name, shown.len());
        let title = format!("{model} · {} {which} images · {right} of {count} right", data.name());
        save_png(&grid_of(&title, data, split, &shown)?, out)?;
        say_who(&gpu, checkpoint, 9);
        kept.lines.iter().for_each(|line| say!("{line}"));
        say!("{}: {right} of {count} right", out.display());
        Ok(Exit::Done)
    }
}
