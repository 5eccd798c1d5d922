//! `lepton-gpu predict`

use std::path::Path;

use super::args::PredictArgs;
use super::error::save_png;
use super::{CliError, Exit, adversarial, anomaly, pictures, text};
use crate::checkpoint::{Checkpoint, locate};
use crate::config::TargetKind;
use crate::data;
use crate::gpu::Gpu;
use crate::report::draw::{GridCell, Picture, prediction_grid};
use crate::report::percent;
use crate::report::say;
use crate::train::Predictor;

/// Rows and columns of a grid.
const GRID: usize = 5;

pub fn run(args: &PredictArgs, adapter: Option<&str>) -> Result<Exit, CliError> {
    let checkpoint = Checkpoint::read(&locate(&args.run)?)?;
    if let Some(vocabulary) = &checkpoint.meta.vocabulary {
        return text::answer(args, &checkpoint, vocabulary, adapter);
    }
    if checkpoint.meta.config.loss.is_adversarial() {
        return adversarial::predict(args, &checkpoint, adapter);
    }
    if args.lines.is_some() {
        return Err(CliError::Usage(
            "--lines is for texts, and this model takes images\n  try: the names of images".into(),
        ));
    }
    if target_kind(&checkpoint) == TargetKind::Input {
        return anomaly::predict(args, &checkpoint, adapter);
    }
    match &args.grid {
        Some(out) => grid(args, &checkpoint, out, adapter),
        None => answer(args, &checkpoint, adapter),
    }
}

fn answer(args: &PredictArgs, checkpoint: &Checkpoint, adapter: Option<&str>) -> Result<Exit, CliError> {
    let bytes = typed_images(args, checkpoint)?;
    let gpu = Gpu::open(adapter)?;
    let answers = Predictor::new(&gpu, checkpoint, args.tta)?.predict(&bytes)?;
    let classes = &checkpoint.meta.classes;
    if !target_kind(checkpoint).is_class() {
        return super::answers::say(args, checkpoint, &gpu, &answers);
    }
    if args.json {
        let rows: Vec<_> = args
            .images
            .iter()
            .zip(&answers)
            .map(|(path, answer)| {
                let top: Vec<_> = answer
                    .top(args.top as usize)
                    .into_iter()
                    .map(|(class, probability)| serde_json::json!({ "class": classes[class], "probability": probability }))
                    .collect();
                serde_json::json!({ "image": path, "top": top })
            })
            .collect();
        say!("{:#}", serde_json::Value::from(rows));
        return Ok(Exit::Done);
    }
    say!("adapter  {}", gpu.summary().line());
    for (path, answer) in args.images.iter().zip(&answers) {
        let top: Vec<String> = answer
            .top(args.top as usize)
            .into_iter()
            .map(|(class, p)| format!("{} {}", classes[class], percent(p)))
            .collect();
        say!("{}: {}", path.display(), top.join(", "));
    }
    Ok(Exit::Done)
}

fn grid(args: &PredictArgs, checkpoint: &Checkpoint, out: &Path, adapter: Option<&str>) -> Result<Exit, CliError> {
    if !target_kind(checkpoint).is_class() {
        return Err(CliError::Usage(
            "--grid shows one class for each image, and this model gives something else\n  try: lepton-gpu predict RUN IMAGE".into(),
        ));
    }
    let dataset = pictures::of_run(checkpoint, args.data.as_deref())?;
    let Some((split, which)) = dataset.unseen() else {
        return Err(CliError::Usage(format!("`{}` has no images", dataset.name)));
    };
    if args.from >= split.count {
        return Err(CliError::Usage(format!("--from {}: there are {} {which} images", args.from, split.count)));
    }
    let model = checkpoint.meta.model()?;
    crate::train::check_data(checkpoint, &dataset)?;
    let last = (args.from + GRID * GRID).min(split.count);
    let size = split.image_len();
    let gpu = Gpu::open(adapter)?;
    let answers = Predictor::new(&gpu, checkpoint, args.tta)?.predict(&split.images[args.from * size..last * size])?;
    let classes = &dataset.classes;
    let cells: Vec<GridCell> = (args.from..last)
        .zip(&answers)
        .map(|(i, answer)| {
            let (class, probability) = answer.top(1)[0];
            Ok(GridCell {
                picture: picture(split, i)?,
                predicted: classes[class].clone(),
                probability: probability as f32,
                truth: Some(classes[split.labels[i] as usize].clone()),
            })
        })
        .collect::<Result<_, CliError>>()?;
    let right = cells.iter().filter(|c| c.truth.as_ref() == Some(&c.predicted)).count();
    let title = format!("{} · {} {which} images · {right} of {} right", model.name, dataset.name, cells.len());
    save_png(&prediction_grid(&title, &cells, GRID), out)?;
    say!("adapter  {}", gpu.summary().line());
    say!("{}: {right} of {} right", out.display(), cells.len());
    Ok(Exit::Done)
}

/// The images that were named, `[n, h, w, c]` bytes of the model's input size.
pub fn typed_images(args: &PredictArgs, checkpoint: &Checkpoint) -> Result<Vec<u8>, CliError> {
    let shape = checkpoint.meta.model()?.input;
    // images that came with a size were never fitted; a picture is stretched to it
    let fit = checkpoint.meta.config.images.fit.unwrap_or(data::Fit::Stretch);
    let mut bytes = Vec::new();
    for path in &args.images {
        bytes.extend(pictures::read(path, shape, fit, args.invert)?);
    }
    Ok(bytes)
}

fn target_kind(checkpoint: &Checkpoint) -> TargetKind {
    checkpoint.meta.config.loss.target_kind()
}

/// Image `i` of a split as a picture.
pub fn picture(split: &data::Split, i: usize) -> Result<Picture<'_>, CliError> {
    if ![1, 3].contains(&split.channels) {
        return Err(CliError::Usage(format!(
            "only images of 1 or 3 channels can be drawn, and these have {}",
            split.channels
        )));
    }
    Ok(Picture { pixels: split.image(i), height: split.height, width: split.width, channels: split.channels })
}
