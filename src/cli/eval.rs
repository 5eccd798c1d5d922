//! `lepton-gpu eval`

use std::path::Path;

use super::args::EvalArgs;
use super::error::save_png;
use super::weights::{Weights, say_who};
use super::{CliError, Exit, open, pictures, scaling};
use crate::checkpoint::{Checkpoint, locate};
use crate::metrics::{CONFUSION_LIMIT, Measures};
use crate::model::InputKind;
use crate::report::chart::confusion;
use crate::report::{Document, percent, print_measures, say};
use crate::train::Evaluator;

pub fn run(args: &EvalArgs, adapter: Option<&str>) -> Result<Exit, CliError> {
    let path = locate(&args.run)?;
    let mut checkpoint = Checkpoint::read(&path)?;
    let model = checkpoint.meta.model()?;
    if let Some(normalize) = &args.normalize {
        scaling::check(normalize, &model)?;
        checkpoint.meta.config.normalize = normalize.clone();
    }
    let dataset = pictures::of_run(&checkpoint, args.data.as_deref(), &args.table.options()?)?;
    let (split, split_name) = dataset.unseen();
    let gpu = open(adapter)?;
    let (metrics, measures) = Evaluator::new(&gpu, &checkpoint, &dataset, args.tta)?.evaluate()?;
    if !metrics.loss.is_finite() {
        return Err(CliError::Usage(format!("the loss of {} is NaN or infinite", path.display())));
    }
    let names = &checkpoint.meta.classes;
    if let Some(out) = &args.confusion {
        let title = format!("{} · {} {split_name} images", model.name, split.len());
        draw_confusion(&title, measures.as_ref(), names, out)?;
    }
    if args.json {
        let value = serde_json::json!({
            "checkpoint": path, "weights": Weights::of(&checkpoint.meta), "data": dataset.name(), "split": split_name, "images": split.len(),
            "loss": metrics.loss, "accuracy": metrics.accuracy, "summary": metrics.more,
            "measures": measures, "names": names, "normalize": checkpoint.meta.config.normalize, "adapter": gpu.summary(),
        });
        say!("{:#}", Document::of(value).value());
        return Ok(Exit::Done);
    }
    let what = if dataset.texts().is_some() { "texts" } else { "images" };
    say_who(&gpu, &checkpoint, 12);
    say!("checkpoint  {}", path.display());
    say!("data        {} {split_name} {what} of {} ({})", split.len(), dataset.name(), dataset.source());
    if model.input_kind() == InputKind::Images {
        let whose = if args.normalize.is_some() { "as typed" } else { "the run's" };
        say!("normalize   {} ({whose})", scaling::in_words(&checkpoint.meta.config.normalize));
    }
    match metrics.accuracy {
        Some(accuracy) => say!("loss: {:.4} - accuracy: {accuracy:.4} ({})", metrics.loss, percent(accuracy)),
        None => say!("loss: {:.4}", metrics.loss),
    }
    if let Some(measures) = &measures {
        print_measures(measures, names);
    }
    Ok(Exit::Done)
}

fn draw_confusion(title: &str, measures: Option<&Measures>, names: &[String], out: &Path) -> Result<(), CliError> {
    let Some(Measures::Classes(measured)) = measures else {
        return Err(CliError::Usage("--confusion: this model does not choose one class per image".into()));
    };
    let Some(matrix) = &measured.confusion else {
        let classes = names.len();
        return Err(CliError::Usage(format!(
            "--confusion: the data set has {classes} classes, but at most {CONFUSION_LIMIT} can be drawn"
        )));
    };
    save_png(&confusion(title, matrix, names).to_picture(), out)
}
