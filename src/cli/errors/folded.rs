//! Answers on every example by what has not learned from it.

use std::path::Path;
use std::time::Instant;

use super::super::CliError;
use super::super::args::ErrorsArgs;
use super::super::features::features;
use super::super::runs::Found;
use crate::checkpoint::Checkpoint;
use crate::config::Freeze;
use crate::data::{Dataset, Split, Targets, folds};
use crate::gpu::Gpu;
use crate::plan::thousands;
use crate::report::{aside, say, seconds};
use crate::train::{Answer, Embedder, TrainError, cross_validate, trained_again, trained_head};
use crate::weights;

/// How answers were found.
pub struct Folded {
    /// What was trained for each fold: `head` or `network`.
    pub trained: &'static str,
    /// Folds there were.
    pub folds: usize,
    /// Features that the head reads.
    pub features: Option<usize>,
    /// Whether the features were learned from the images and labels that are judged.
    pub has_seen: bool,
    /// Seconds that it took.
    pub seconds: f64,
}

/// Answers on `some` examples, whose copies share a group.
pub fn answers(
    args: &ErrorsArgs,
    run: &Path,
    (checkpoint, gpu): (&Checkpoint, &Gpu),
    (data, some, groups): (&Dataset, &Split, &[usize]),
) -> Result<(Folded, Vec<Answer>), CliError> {
    let begun = Instant::now();
    let folds = usize::from(args.folds).min(groups.iter().collect::<std::collections::BTreeSet<_>>().len());
    let fold_of = self::folds(some.labels(), groups, folds, args.seed);
    let (answers, features) = if args.retrain {
        (retrained(run, (checkpoint, gpu), (data, some), (&fold_of, folds), args.json)?, None)
    } else {
        let (answers, length) = by_head(args, (checkpoint, gpu), (data, some), &fold_of)?;
        (answers, Some(length))
    };
    let frozen = checkpoint.meta.config.freeze == Freeze::Body;
    let folded = Folded {
        trained: if args.retrain { "network" } else { "head" },
        folds,
        features,
        has_seen: !args.retrain && !frozen && args.data.is_none(),
        seconds: begun.elapsed().as_secs_f64(),
    };
    Ok((folded, answers))
}

/// By a new head on features of the run's network.
fn by_head(
    args: &ErrorsArgs,
    (checkpoint, gpu): (&Checkpoint, &Gpu),
    (data, some): (&Dataset, &Split),
    fold_of: &[usize],
) -> Result<(Vec<Answer>, usize), CliError> {
    let mut embedder = Embedder::new(gpu, checkpoint).map_err(|error| match error {
        TrainError::NoHead { model, problem } => CliError::Usage(format!(
            "model `{model}` has no last layer that can be trained alone: {problem}\n  try: --retrain, which trains all of it"
        )),
        other => other.into(),
    })?;
    let features = features((checkpoint, gpu), &mut embedder, some, args.json)?;
    let (length, head) = (embedder.length(), embedder.head().clone());
    drop(embedder);
    let classes = Targets::Classes { labels: some.labels().to_vec(), classes: some.targets() };
    let features = Split::features(length, 1, &features, classes)?;
    let config = &checkpoint.meta.config;
    let answers = cross_validate(&features, fold_of, |_, others| {
        trained_head(gpu, data.classes(), others, &head, config, args.seed)
    })?;
    Ok((answers, length))
}

/// By the whole network, trained anew for each fold.
fn retrained(
    run: &Path,
    (checkpoint, gpu): (&Checkpoint, &Gpu),
    (data, some): (&Dataset, &Split),
    (fold_of, folds): (&[usize], usize),
    quiet: bool,
) -> Result<Vec<Answer>, CliError> {
    let (config, model) = (&checkpoint.meta.config, checkpoint.meta.model()?);
    let weights = config.init.as_deref().map(weights::open).transpose()?;
    let tell = |line: String| if quiet { aside!("{line}") } else { say!("{line}") };
    let found = Found::of(run);
    if found.seconds > 0.0 && found.epochs > 0 {
        let learned = checkpoint.meta.data.train.max(1) as f64;
        let others = some.len() as f64 * (folds - 1) as f64 / folds as f64;
        let whole = found.seconds / found.epochs as f64 * f64::from(config.epochs);
        let estimate = whole * folds as f64 * others / learned;
        tell(format!("retrain  {folds} times {} epochs: about {}", config.epochs, seconds(estimate)));
    }
    cross_validate(some, fold_of, |fold, others| {
        let (begun, count) = (Instant::now(), others.len());
        let predictor = trained_again(gpu, data, others, &model, config, weights.as_ref())?;
        let time = seconds(begun.elapsed().as_secs_f64());
        tell(format!("fold     {} of {folds}: {} examples learned in {time}", fold + 1, thousands(count as u64)));
        Ok(predictor)
    })
}
