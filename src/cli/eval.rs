//! `lepton-gpu eval`

use super::args::EvalArgs;
use super::{CliError, Exit, pictures};
use crate::checkpoint::{Checkpoint, locate};
use crate::gpu::Gpu;
use crate::report::{percent, say};
use crate::train::{Evaluator, TrainError};

pub fn run(args: &EvalArgs, adapter: Option<&str>) -> Result<Exit, CliError> {
    let path = locate(&args.run)?;
    let checkpoint = Checkpoint::read(&path)?;
    let dataset = pictures::of_run(&checkpoint, args.data.as_deref())?;
    let Some((split, split_name)) = dataset.unseen() else {
        return Err(TrainError::Mismatch(format!("`{}` has no images", dataset.name)).into());
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
        say!("data        {} {split_name} images of {} ({})", split.count, dataset.name, dataset.source);
        say!("loss: {:.4} - accuracy: {:.4} ({})", metrics.loss, metrics.accuracy, percent(metrics.accuracy));
    }
    Ok(Exit::Done)
}
