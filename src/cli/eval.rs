//! `lepton-gpu eval`

use super::args::EvalArgs;
use super::{CliError, Exit, text};
use crate::checkpoint::{Checkpoint, locate};
use crate::gpu::Gpu;
use crate::report::{percent, say};
use crate::train::{Evaluator, TrainError};

pub fn run(args: &EvalArgs, adapter: Option<&str>) -> Result<Exit, CliError> {
    let path = locate(&args.run)?;
    let checkpoint = Checkpoint::read(&path)?;
    let dataset = text::load_for(&checkpoint, args.data.as_deref())?;
    let (split, split_name) = match (&dataset.test, &dataset.train) {
        (Some(test), _) => (test, "test"),
        (None, Some(train)) => (train, "training"),
        (None, None) => return Err(TrainError::Mismatch(format!("`{}` has no images", dataset.name)).into()),
    };
    let gpu = Gpu::open(adapter)?;
    let metrics = Evaluator::new(&gpu, &checkpoint, &dataset, split)?.evaluate()?;
    if !metrics.loss.is_finite() {
        return Err(TrainError::Mismatch(format!("{} gives a loss that is not a number", path.display())).into());
    }
    if args.json {
        let value = serde_json::json!({
            "checkpoint": path, "data": dataset.name, "split": split_name, "images": split.count,
            "loss": metrics.loss, "accuracy": metrics.accuracy, "adapter": gpu.summary(),
        });
        say!("{value:#}");
    } else {
        say!("adapter     {}", gpu.summary().line());
        say!("checkpoint  {}", path.display());
        let what = if dataset.text.is_some() { "texts" } else { "images" };
        say!("data        {} {split_name} {what} of {} ({})", split.count, dataset.name, dataset.source);
        say!("loss: {:.4} - accuracy: {:.4} ({})", metrics.loss, metrics.accuracy, percent(metrics.accuracy));
    }
    Ok(Exit::Done)
}
