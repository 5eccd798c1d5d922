//! Autoencoders: a score for each image, whether it is an anomaly, and images beside what the model makes of them.

use std::path::Path;

use serde_json::{Value, json};

use super::{Asking, GridData, Row, TaskView, drawn};
use crate::checkpoint::Checkpoint;
use crate::cli::args::PredictArgs;
use crate::cli::error::save_png;
use crate::cli::truth::Truth;
use crate::cli::weights::say_who;
use crate::cli::{CliError, Exit, open};
use crate::data::{Dataset, Split, Targets};
use crate::gpu::Gpu;
use crate::metrics::{NOT_ABOVE, Threshold};
use crate::model::InputKind;
use crate::plan::thousands;
use crate::report::draw::{PairCell, pair_grid};
use crate::report::say;
use crate::train::{Answer, Evaluator, Predictor, Trainer};

/// The image itself.
pub struct Reconstruct;

/// Columns of a grid.
const COLUMNS: usize = 4;
/// Images of normal classes and of others in a grid, where some classes are normal.
const SHOWN: [usize; 2] = [8, 12];

impl TaskView for Reconstruct {
    fn task(&self) -> &'static str {
        "reconstruct"
    }

    fn describe(&self, trainer: &Trainer) -> Option<(&'static str, String)> {
        let config = trainer.config();
        let learned = match config.normal.as_slice() {
            [] => "all classes".to_string(),
            normal => format!("only {}", normal.join(", ")),
        };
        let (loss, images) = (config.loss.entry().flag_value(), thousands(trainer.images_per_epoch() as u64));
        Some(("loss", format!("{loss} against the input; training on {images} images, {learned}")))
    }

    fn example(&self, _input: InputKind) -> &'static str {
        "predict RUN --grid grid.png"
    }

    /// How many pixels it gives: what is answered is the score.
    fn line(&self, answer: &Answer, _top: usize) -> String {
        format!("an image of {} values", answer.outputs.len())
    }

    fn json(&self, answer: &Answer, _top: usize) -> Value {
        json!({ "outputs": answer.outputs })
    }

    fn cells(&self, _answer: &Answer) -> Vec<String> {
        Vec::new()
    }

    fn facts(&self, checkpoint: &Checkpoint) -> Vec<String> {
        vec![match checkpoint.meta.state.threshold {
            Some(threshold) => format!("threshold  {}", describe_threshold(threshold)),
            None => "threshold  none: the checkpoint predates training".into(),
        }]
    }

    /// `normal` or `anomaly`, where there is a threshold, and the score.
    fn columns(&self, _classes: &[String]) -> Vec<String> {
        vec!["prediction".into(), "score".into()]
    }

    fn probabilities<'a>(&self, _names: &'a [String]) -> &'a [String] {
        &[]
    }

    fn rows(&self, asking: &Asking, images: Vec<u8>, count: usize) -> Result<Vec<Row>, CliError> {
        let meta = &asking.checkpoint.meta;
        let (threshold, loss) = (meta.state.threshold, meta.config.loss.entry().flag_value());
        let row = |score: f32| {
            let normal = threshold.map(|threshold| threshold.is_normal(score));
            let class = normal.map(|normal| if normal { "normal" } else { "anomaly" }.to_string());
            let verdict = class.as_ref().map_or(String::new(), |class| format!("{class}, "));
            Row {
                line: format!("{verdict}score {score:.6}"),
                json: json!({
                    "score": score, "normal": normal, "threshold": threshold.map(|threshold| threshold.score), "loss": loss,
                }),
                cells: vec![class.clone().unwrap_or_default(), score.to_string()],
                class,
                probabilities: Vec::new(),
            }
        };
        let scores = scores(asking.args, asking.gpu, asking.checkpoint, images, count)?;
        Ok(scores.into_iter().map(row).collect())
    }

    fn grid(
        &self,
        args: &PredictArgs,
        checkpoint: &Checkpoint,
        out: &Path,
        adapter: Option<&str>,
    ) -> Result<Exit, CliError> {
        let grid = GridData::load(args, checkpoint)?;
        let ((split, _), data, config) = (grid.split(), &grid.data, &checkpoint.meta.config);
        let class = |i: usize| match Truth::shown(data, split, i) {
            Truth::Class(name) => Some(name),
            _ => None,
        };
        let normal = |i: usize| class(i).is_some_and(|name| config.normal.iter().any(|normal| normal == name));
        let known = !config.normal.is_empty() && class(args.from).is_some();
        let all = args.from..split.len();
        let shown: Vec<usize> = if known {
            let of = |kind: bool, count| all.clone().filter(move |&i| normal(i) == kind).take(count);
            of(true, SHOWN[0]).chain(of(false, SHOWN[1])).collect()
        } else {
            all.take(SHOWN.iter().sum()).collect()
        };
        let mut images = vec![0; shown.len() * split.example_bytes()];
        split.read(&shown, &mut images)?;
        let gpu = open(adapter)?;
        let predictor = Predictor::new(&gpu, checkpoint, args.tta)?;
        let answers = predictor.predict(&images)?;
        let scores = scores(args, &gpu, checkpoint, images.clone(), shown.len())?;
        let [_, _, channels] = split.input().shape();
        let pixels = |answer: &Answer| config.normalize.pixels(&answer.outputs, channels);
        let reconstructions: Vec<Vec<u8>> = answers.iter().map(pixels).collect();
        let threshold = checkpoint.meta.state.threshold;
        let mut cells = Vec::new();
        let images = images.chunks_exact(split.example_bytes());
        for (((&i, image), reconstruction), &score) in shown.iter().zip(images).zip(&reconstructions).zip(&scores) {
            let called_normal = threshold.map(|threshold| threshold.is_normal(score));
            cells.push(PairCell {
                image: drawn(image, split.input().shape())?,
                reconstruction: drawn(reconstruction, split.input().shape())?,
                class: class(i).map(String::from),
                score,
                called_normal,
                right: if known { called_normal.map(|called| called == normal(i)) } else { None },
            });
        }
        let right = cells.iter().filter(|cell| cell.right == Some(true)).count();
        let count = cells.len();
        let told =
            if known && threshold.is_some() { format!("{right} of {count} right") } else { format!("{count} images") };
        let learned = if known { format!("normal: {}", config.normal.join(", ")) } else { data.name().to_string() };
        let title = format!("{} · {learned} · {told}", predictor.model().name);
        save_png(&pair_grid(&title, &cells, COLUMNS), out)?;
        say_who(&gpu, checkpoint, 11);
        if let Some(threshold) = threshold {
            say!("threshold  {}", describe_threshold(threshold));
        }
        say!("{}: {told}", out.display());
        Ok(Exit::Done)
    }
}

fn describe_threshold(Threshold { score, images, held_out }: Threshold) -> String {
    let which = if held_out { "held-out images" } else { "training images" };
    format!("{score:.6}: {:.0}th percentile of {} {which}", 100.0 * NOT_ABOVE, thousands(images as u64))
}

/// The scores of images of the model's input size, of which there are `count`.
fn scores(
    args: &PredictArgs,
    gpu: &Gpu,
    checkpoint: &Checkpoint,
    images: Vec<u8>,
    count: usize,
) -> Result<Vec<f32>, CliError> {
    let split = Split::images(checkpoint.meta.model()?.input, images, Targets::Nothing { examples: count })?;
    let data = Dataset::new("images", Vec::new(), split.into())?;
    Ok(Evaluator::new(gpu, checkpoint, &data, args.tta)?.errors()?)
}
