//! Cross-validation: answers on each example by a model that has not learned from it.

use super::error::TrainError;
use super::predict::{Answer, Predictor};
use super::start::head_training;
use super::trainer::Trainer;
use crate::config::{RunConfig, Validation};
use crate::data::{Dataset, Split, Splits};
use crate::gpu::Gpu;
use crate::model::ModelSpec;
use crate::weights::Weights;

/// Answers on the examples of `split`, in their order. `fold_of` has the fold of each, as [`folds`](crate::data::folds) gives it; those
/// of a fold are answered by what `train` makes of all others. It also gets the number of the fold, from 0.
///
/// # Errors
/// Those of `train`; if an example cannot be read, or the device is lost.
///
/// # Panics
/// If there is not a fold for each example.
pub fn cross_validate<E: From<TrainError>>(
    split: &Split,
    fold_of: &[usize],
    mut train: impl FnMut(usize, Split) -> Result<Predictor, E>,
) -> Result<Vec<Answer>, E> {
    assert_eq!(fold_of.len(), split.len(), "a fold for each example");
    let mut answers: Vec<Option<Answer>> = vec![None; split.len()];
    for fold in 0..fold_of.iter().max().map_or(0, |last| last + 1) {
        let (own, others): (Vec<usize>, Vec<usize>) = (0..split.len()).partition(|&example| fold_of[example] == fold);
        if own.is_empty() {
            continue;
        }
        let predictor = train(fold, split.select(&others))?;
        let mut found = Vec::with_capacity(own.len());
        split.select(&own).in_pieces(|bytes| {
            found.extend(predictor.predict(bytes)?);
            Ok::<_, TrainError>(())
        })?;
        own.into_iter().zip(found).for_each(|(example, answer)| answers[example] = Some(answer));
    }
    Ok(answers.into_iter().map(|answer| answer.expect("every example is in a fold")).collect())
}

/// A new head that has learned from features, as a run of this configuration trains one before everything else is trained: with its
/// loss, which may smooth labels.
///
/// # Errors
/// If the features do not fit it, or the device refuses the plan.
pub fn trained_head(
    gpu: &Gpu,
    names: &[String],
    features: Split,
    head: &ModelSpec,
    run: &RunConfig,
    seed: u64,
) -> Result<Predictor, TrainError> {
    let (head_config, loss) = (run.head.clone(), run.loss.clone());
    let config = RunConfig { head: head_config, loss, seed, ..RunConfig::default() };
    let config = head_training(config, features.len());
    let data = Dataset::new("features", names.to_vec(), features.into())?;
    finished(gpu, Trainer::new(gpu, &data, head.clone(), config)?)
}

/// A run that is trained once more on other examples, to its last epoch: no image validates it.
///
/// # Errors
/// As [`Trainer::from_weights`].
pub fn trained_again(
    gpu: &Gpu,
    data: &Dataset,
    train: Split,
    model: &ModelSpec,
    config: &RunConfig,
    weights: Option<&Weights>,
) -> Result<Predictor, TrainError> {
    let config = RunConfig { validation: Validation::None, limit: None, patience: None, ..config.clone() };
    let data = data.with_splits(Splits::from(train))?;
    let trainer = match weights {
        Some(weights) => Trainer::from_weights(gpu, &data, model.clone(), config, weights, |_| {})?,
        None => Trainer::new(gpu, &data, model.clone(), config)?,
    };
    finished(gpu, trainer)
}

fn finished(gpu: &Gpu, mut trainer: Trainer) -> Result<Predictor, TrainError> {
    trainer.fit(|_, _| {})?;
    Predictor::new(gpu, &trainer.checkpoint()?, None)
}
