//! Numbers of a run that are measured on the device before it begins: a batch, a learning rate, epochs that fit into a time.

use std::time::Instant;

use super::args::TrainArgs;
use super::{CliError, budget};
use crate::config::RunConfig;
use crate::data::Dataset;
use crate::gpu::Gpu;
use crate::model::ModelSpec;
use crate::plan::mib;
use crate::report::say;
use crate::train::{BatchBound, LargestBatch, TrainError, Trainer, largest_batch};
use crate::weights::Weights;

/// Finds those that were asked for and sets them; a run with what was found is repeated from its configuration. `begun` is when
/// the command began.
///
/// # Errors
/// If the model cannot be trained on the device, or the time is too short.
pub fn numbers(
    args: &TrainArgs,
    begun: Instant,
    gpu: &Gpu,
    data: &Dataset,
    model: &ModelSpec,
    weights: Option<&Weights>,
    config: &mut RunConfig,
) -> Result<(), CliError> {
    if args.is_auto("batch") {
        config.batch = fit_batch(gpu, data, model, config)?;
    }
    if args.is_auto("learning_rate") {
        config.learning_rate = suggested_rate(gpu, data, model, weights, config)?;
    }
    if let Some(time) = args.typed.text("time") {
        let left = budget::parse("--time", time)?.saturating_sub(begun.elapsed());
        budget::fit(gpu, data, model, weights, config, left)?;
    }
    Ok(())
}

/// A trainer that is used up by what is measured on it.
pub fn trial(
    gpu: &Gpu,
    data: &Dataset,
    model: &ModelSpec,
    weights: Option<&Weights>,
    config: &RunConfig,
) -> Result<Trainer, TrainError> {
    match weights {
        Some(weights) => Trainer::from_weights(gpu, data, model.clone(), config.clone(), weights, |_| {}),
        None => Trainer::new(gpu, data, model.clone(), config.clone()),
    }
}

/// The largest batch that fits.
fn fit_batch(gpu: &Gpu, data: &Dataset, model: &ModelSpec, config: &RunConfig) -> Result<usize, CliError> {
    let LargestBatch { batch, bytes, bound } = largest_batch(gpu, data, model, config)?;
    let why = match bound {
        BatchBound::Images => "the next power of two exceeds the number of training images",
        BatchBound::Device => "the largest power of two that fits",
        BatchBound::Largest => "the largest batch that a run can have",
    };
    say!("batch    {batch}: {why} ({} on the device)", mib(bytes));
    Ok(batch)
}

/// `--lr auto`: the rate that a range test suggests, or the one that the run has without.
fn suggested_rate(
    gpu: &Gpu,
    data: &Dataset,
    model: &ModelSpec,
    weights: Option<&Weights>,
    config: &RunConfig,
) -> Result<f32, CliError> {
    let test = trial(gpu, data, model, weights, config)?.lr_range_test()?;
    let (steps, own) = (test.points.len(), config.learning_rate);
    let Some(rate) = test.suggestion else {
        say!("rate     {own}: the loss fell at no rate of a range test of {steps} steps, so it stays");
        return Ok(own);
    };
    // as it is printed, so that it can be typed
    let rate = format!("{rate:.2e}").parse().unwrap_or(rate as f32);
    say!("rate     {rate} is where the loss fell fastest in a range test of {steps} steps");
    Ok(rate)
}
