//! Answers on every example by what has not learned from it.

use std::path::Path;
use std::time::Instant;

use image::{DynamicImage, GrayImage, RgbImage};

use super::super::CliError;
use super::super::args::ErrorsArgs;
use super::super::runs::Found;
use crate::checkpoint::Checkpoint;
use crate::config::Freeze;
use crate::data::doctor::{Print, groups as alike};
use crate::data::{Dataset, Input, SourceError, Split, Targets, folds};
use crate::gpu::Gpu;
use crate::plan::thousands;
use crate::report::{Terminal, aside, say, seconds};
use crate::train::{Answer, Embedder, Event, TrainError, cross_validate, trained_again, trained_head};
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

/// The number of a group for each example: copies of a picture, or nearly such, share one.
pub fn groups(all: &Split) -> Result<Vec<usize>, CliError> {
    let mut prints = Vec::with_capacity(all.len());
    let is_file = all.name(0).is_some();
    all.in_pieces(|bytes| {
        prints.extend(bytes.chunks_exact(all.example_bytes()).map(|example| print(example, all.input(), is_file)));
        Ok::<_, SourceError>(())
    })?;
    let mut group: Vec<usize> = (0..all.len()).collect();
    for copies in alike(&prints) {
        copies.members.iter().for_each(|&i| group[i] = copies.members[0]);
    }
    Ok(group)
}

/// Of a picture its look as well; small images without files are often alike and no copies.
fn print(example: &[u8], input: Input, is_file: bool) -> Print {
    let Input::Images { height, width, channels } = input else { return Print::of_bytes(example) };
    let (w, h, pixels) = (width as u32, height as u32, example.to_vec());
    let picture = match channels {
        1 => GrayImage::from_raw(w, h, pixels).map(DynamicImage::from),
        3 => RgbImage::from_raw(w, h, pixels).map(DynamicImage::from),
        _ => None,
    };
    picture.filter(|_| is_file).map_or_else(|| Print::of_bytes(example), |picture| Print::of(&picture))
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
    let (begun, count) = (Instant::now(), some.len());
    let mut terminal = (!args.json).then(|| Terminal::new(1, embedder.what(), None));
    let features = embedder.embed_split(some, |seen| {
        let seconds = begun.elapsed().as_secs_f64();
        terminal.iter_mut().for_each(|terminal| terminal.show(&Event::Features { seen, images: count, seconds }));
    })?;
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
