//! Why training stops or does not start, and the checks that say so before anything runs.

use lepton_kernels::random;

use super::targets::Targets;
use crate::checkpoint::{Checkpoint, CheckpointError, DatasetFingerprint};
use crate::config::TargetKind;
use crate::data::Dataset;
use crate::gpu::GpuError;
use crate::hint::{Hint, Hints};
use crate::model::ModelSpec;
use crate::plan::PlanError;

/// Why training stopped, or did not start.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// The device.
    #[error(transparent)]
    Gpu(#[from] GpuError),
    /// The plan.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// Data and model do not fit together.
    #[error("{0}")]
    Mismatch(String),
    /// Whoever listens could not go on.
    #[error(transparent)]
    Listener(Box<dyn std::error::Error + Send + Sync>),
    /// The loss is not a number any more.
    #[error(
        "step {step}: the loss is {loss}\n  training stopped; the last good checkpoint is kept\n  try: a smaller --lr (it was {learning_rate}), or another --seed"
    )]
    NotFinite {
        /// The step, from 1.
        step: u64,
        /// The loss.
        loss: f32,
        /// The learning rate.
        learning_rate: f32,
    },
    /// Weights are not numbers any more.
    #[error(
        "step {step}: its update left weights that are not finite\n  training stopped; the last good checkpoint is kept\n  try: a smaller --lr (it was {learning_rate}), or another --seed"
    )]
    Diverged {
        /// The step, from 1.
        step: u64,
        /// The learning rate.
        learning_rate: f32,
    },
}

impl Hints for TrainError {
    fn hints(&self) -> Vec<Hint> {
        match self {
            TrainError::Gpu(error) => error.hints(),
            TrainError::Plan(error) => error.hints(),
            TrainError::Checkpoint(error) => error.hints(),
            _ => Vec::new(),
        }
    }
}

/// Tells these images from others.
pub(super) fn fingerprint(train: usize, test: usize, images: &[&[u8]], targets: &Targets) -> DatasetFingerprint {
    let mut hash = 0;
    for chunk in images.iter().flat_map(|part| part.chunks(8)) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        hash = random::hash64(hash ^ u64::from_le_bytes(word));
    }
    let hash = targets.labels.iter().fold(hash, |hash, &label| random::hash64(hash ^ u64::from(label)));
    let values = targets.values.iter().flat_map(|values| &values.data);
    let hash = values.fold(hash, |hash, value| random::hash64(hash ^ u64::from(value.to_bits())));
    DatasetFingerprint { train, test, hash }
}

/// Checks that a model's input and classes are those of a data set.
pub(super) fn check_fit(data: &Dataset, model: &ModelSpec) -> Result<(), TrainError> {
    let text = data.text.as_ref();
    if text.is_some() != model.tokens.is_some() {
        let [takes, are] = if text.is_some() { ["images", "texts"] } else { ["texts", "images"] };
        let hint = if text.is_some() {
            "--model text-small, or a model file with tokens = \"auto\""
        } else {
            "a model file with `input` instead of `tokens`"
        };
        return Err(TrainError::Mismatch(format!(
            "model `{}` takes {takes}, and those of `{}` are {are}\n  try: {hint}",
            model.name, data.name
        )));
    }
    if let Some(text) = text {
        check_vocabulary(model, Some(text.vocabulary.len()))?;
        let splits = [&data.train, &data.validation, &data.test].into_iter().flatten();
        splits.into_iter().try_for_each(|split| check_tokens(&split.images, text.vocabulary.len()))?;
    }
    let [h, w, c] = data.image_shape();
    let [mh, mw, mc] = model.input;
    if [h, w, c] == model.input {
        return Ok(());
    }
    if text.is_some() {
        return Err(TrainError::Mismatch(format!(
            "model `{}` takes texts of {mw} words, and those of `{}` are cut or filled to {w}\n  try: --max-length {mw}, or a model file with tokens = \"auto\"",
            model.name, data.name
        )));
    }
    Err(TrainError::Mismatch(format!(
        "model `{}` takes {mh}x{mw}x{mc} images, and those of `{}` are {h}x{w}x{c}\n  try: another --model, --size {h}x{w}x{c}, or a model file with input = [{h}, {w}, {c}]",
        model.name, data.name
    )))
}

/// Checks that a model's tables have a row for each token of a vocabulary, if there is one: kernels look rows up unchecked.
pub(super) fn check_vocabulary(model: &ModelSpec, vocabulary: Option<usize>) -> Result<(), TrainError> {
    let Some(tokens) = vocabulary else {
        return match model.tokens {
            None => Ok(()),
            Some(_) => Err(TrainError::Mismatch(format!(
                "model `{}` takes texts, and its checkpoint has no vocabulary",
                model.name
            ))),
        };
    };
    for spec in &model.layers {
        if let Some(rows) = spec.layer.vocabulary().filter(|&rows| rows < tokens) {
            return Err(TrainError::Mismatch(format!(
                "layer `{}` has {rows} tokens, and the vocabulary {tokens}\n  try: vocabulary = \"auto\", or --max-words {}",
                spec.name,
                rows.saturating_sub(2)
            )));
        }
    }
    Ok(())
}

/// Checks that all tokens are of a vocabulary of so many.
pub(super) fn check_tokens(bytes: &[u8], vocabulary: usize) -> Result<(), TrainError> {
    let tokens = bytes.chunks_exact(4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]));
    match tokens.max().filter(|&token| token as usize >= vocabulary) {
        None => Ok(()),
        Some(token) => Err(TrainError::Mismatch(format!("token {token} is none of the vocabulary's {vocabulary}"))),
    }
}

/// Checks that a checkpoint can be used on a data set.
///
/// # Errors
/// [`TrainError::Mismatch`] with both sizes.
pub fn check_data(checkpoint: &Checkpoint, data: &Dataset) -> Result<(), TrainError> {
    let model = checkpoint.meta.model()?;
    check_fit(data, &model)?;
    let classes = checkpoint.meta.classes.len();
    // values are counted when they are read
    let counted = checkpoint.meta.config.loss.target_kind() == TargetKind::Label;
    if !counted || classes == data.classes.len() { Ok(()) } else { Err(class_mismatch(data, &model, classes)) }
}

pub(super) fn class_mismatch(data: &Dataset, model: &ModelSpec, classes: usize) -> TrainError {
    let last = model.layers.last().map_or("", |l| &l.name);
    let there = data.classes.len();
    TrainError::Mismatch(format!(
        "model `{}` gives {classes} classes (layer `{last}`), and `{}` has {there}\n  try: a model file whose last layer has units = {there}",
        model.name, data.name
    ))
}
