//! `predict` for autoencoders: a score for each image, and whether it is an anomaly.

use std::path::Path;

use super::args::PredictArgs;
use super::error::save_png;
use super::predict::{picture, typed_images};
use super::{CliError, Exit, pictures};
use crate::checkpoint::Checkpoint;
use crate::config::{RunConfig, TargetKind};
use crate::data::{Dataset, Split};
use crate::gpu::Gpu;
use crate::model::thousands;
use crate::report::draw::{PairCell, Picture, pair_grid};
use crate::report::say;
use crate::train::{Evaluator, NOT_ABOVE, Predictor, Threshold};

/// Columns of a grid.
const COLUMNS: usize = 4;
/// Images of normal classes and of others in a grid, where some classes are normal.
const SHOWN: [usize; 2] = [8, 12];

/// What an autoencoder learns, in a line.
pub fn describe(config: &RunConfig, images: usize) -> Option<String> {
    let learned = match (config.loss.target_kind(), config.normal.as_slice()) {
        (TargetKind::Input, []) => "every class".to_string(),
        (TargetKind::Input, normal) => format!("only {}", normal.join(", ")),
        _ => return None,
    };
    let images = thousands(images as u64);
    Some(format!("{} against the image itself; {images} images are learned, {learned}", config.loss.name()))
}

/// Answers on images, or draws test images beside what the model makes of them.
pub fn predict(args: &PredictArgs, checkpoint: &Checkpoint, adapter: Option<&str>) -> Result<Exit, CliError> {
    if args.tta.is_some() {
        return Err(CliError::Usage(
            "--tta averages answers over views, and this model's answer is an image\n  try: without --tta".into(),
        ));
    }
    match &args.grid {
        Some(out) => grid(args, checkpoint, out, adapter),
        None => answer(args, checkpoint, adapter),
    }
}

fn answer(args: &PredictArgs, checkpoint: &Checkpoint, adapter: Option<&str>) -> Result<Exit, CliError> {
    let images = typed_images(args, checkpoint)?;
    let gpu = Gpu::open(adapter)?;
    let scores = scores(&gpu, checkpoint, images, args.images.len())?;
    let threshold = checkpoint.meta.state.threshold;
    let rows = args.images.iter().zip(&scores);
    if args.json {
        let row = |(path, &score)| {
            serde_json::json!({
                "image": path, "score": score, "normal": threshold.map(|threshold| is_normal(score, threshold)),
                "threshold": threshold.map(|threshold| threshold.score), "loss": checkpoint.meta.config.loss.name(),
            })
        };
        say!("{:#}", serde_json::Value::from(rows.map(row).collect::<Vec<_>>()));
        return Ok(Exit::Done);
    }
    say!("adapter    {}", gpu.summary().line());
    match threshold {
        Some(threshold) => say!("threshold  {}", describe_threshold(threshold)),
        None => say!("threshold  none: the checkpoint was saved before anything was learned"),
    }
    for (path, &score) in rows {
        let verdict = match threshold {
            Some(threshold) if is_normal(score, threshold) => "normal, ",
            Some(_) => "anomaly, ",
            None => "",
        };
        say!("{}: {verdict}score {score:.6}", path.display());
    }
    Ok(Exit::Done)
}

fn is_normal(score: f32, threshold: Threshold) -> bool {
    f64::from(score) <= threshold.score
}

fn describe_threshold(Threshold { score, images, held_out }: Threshold) -> String {
    let which = if held_out { "images held out of training" } else { "training images" };
    format!("{score:.6}: {:.0} % of {} {which} are not above it", 100.0 * NOT_ABOVE, thousands(images as u64))
}

/// The scores of images of the model's input size, of which there are `count`.
fn scores(gpu: &Gpu, checkpoint: &Checkpoint, images: Vec<u8>, count: usize) -> Result<Vec<f32>, CliError> {
    let [height, width, channels] = checkpoint.meta.model()?.input;
    let split = Split { images, labels: vec![0; count], count, height, width, channels, ..Split::default() };
    let data = Dataset { name: "images".into(), test: Some(split.clone()), ..Dataset::default() };
    Ok(Evaluator::new(gpu, checkpoint, &data, &split, None)?.errors()?)
}

fn grid(args: &PredictArgs, checkpoint: &Checkpoint, out: &Path, adapter: Option<&str>) -> Result<Exit, CliError> {
    let dataset = pictures::of_run(checkpoint, args.data.as_deref())?;
    let Some((split, which)) = dataset.unseen() else {
        return Err(CliError::Usage(format!("`{}` has no images", dataset.name)));
    };
    if args.from >= split.count {
        return Err(CliError::Usage(format!("--from {}: there are {} {which} images", args.from, split.count)));
    }
    crate::train::check_data(checkpoint, &dataset)?;
    let config = &checkpoint.meta.config;
    let normal = |i: usize| config.normal.contains(&dataset.classes[split.labels[i] as usize]);
    let known = !config.normal.is_empty() && split.values.is_none();
    let shown: Vec<usize> = match known {
        true => [true, false]
            .into_iter()
            .zip(SHOWN)
            .flat_map(|(kind, count)| (args.from..split.count).filter(move |&i| normal(i) == kind).take(count))
            .collect(),
        false => (args.from..split.count).take(SHOWN.iter().sum()).collect(),
    };
    let images: Vec<u8> = shown.iter().flat_map(|&i| split.image(i)).copied().collect();
    let gpu = Gpu::open(adapter)?;
    let answers = Predictor::new(&gpu, checkpoint, None)?.predict(&images)?;
    let scores = scores(&gpu, checkpoint, images, shown.len())?;
    let pixels = |outputs: &[f32]| config.normalize.pixels(outputs, split.channels);
    let reconstructions: Vec<Vec<u8>> = answers.iter().map(|answer| pixels(&answer.outputs)).collect();
    let threshold = checkpoint.meta.state.threshold;
    let mut cells = Vec::new();
    for ((&i, reconstruction), &score) in shown.iter().zip(&reconstructions).zip(&scores) {
        let image = picture(split, i)?;
        let called_normal = threshold.map(|threshold| is_normal(score, threshold));
        cells.push(PairCell {
            image,
            reconstruction: Picture { pixels: reconstruction, ..image },
            // images with values have no class
            class: split.values.is_none().then(|| dataset.classes[split.labels[i] as usize].clone()),
            score,
            called_normal,
            right: called_normal.filter(|_| known).map(|called| called == normal(i)),
        });
    }
    let right = cells.iter().filter(|cell| cell.right == Some(true)).count();
    let count = cells.len();
    let told =
        if known && threshold.is_some() { format!("{right} of {count} right") } else { format!("{count} images") };
    let learned = if known { format!("normal: {}", config.normal.join(", ")) } else { dataset.name.clone() };
    let title = format!("{} · {learned} · {told}", checkpoint.meta.model()?.name);
    save_png(&pair_grid(&title, &cells, COLUMNS), out)?;
    say!("adapter    {}", gpu.summary().line());
    if let Some(threshold) = threshold {
        say!("threshold  {}", describe_threshold(threshold));
    }
    say!("{}: {told}", out.display());
    Ok(Exit::Done)
}
