//! Training on the classes that are normal, and the score above which an image is an anomaly.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::batches::Range;
use super::error::TrainError;
use super::targets::images_of;
use super::trainer::Trainer;
use crate::config::{RunConfig, TargetKind, Validation};
use crate::data::Dataset;

/// The share of the images that a threshold is taken from which are not above it.
pub const NOT_ABOVE: f64 = 0.95;
/// Where nothing is held out, a threshold is taken from so many training images, at the most.
const LOOKED_AT: usize = 2000;

/// A score that few of the images that were learned, or of others like them, are above: those that are above it are unlike
/// them. The score of an image is its reconstruction error, the loss of that image by itself.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Threshold {
    /// The score that [`NOT_ABOVE`] of the images are not above.
    pub score: f64,
    /// How many images it is taken from.
    pub images: usize,
    /// Whether these were held out of training; else they are training images.
    pub held_out: bool,
}

impl Threshold {
    /// From the scores of images; none without any.
    fn of(mut scores: Vec<f32>, held_out: bool) -> Option<Self> {
        scores.sort_by(f32::total_cmp);
        let last = (scores.len() as f64 * NOT_ABOVE).ceil() as usize;
        let score = f64::from(*scores.get(last.checked_sub(1)?)?);
        Some(Threshold { score, images: scores.len(), held_out })
    }
}

/// The data set with the training images of the normal classes alone, whose names are then in `config`; as it is where
/// every class is learned.
///
/// # Errors
/// [`TrainError::Mismatch`] if a class is unknown or has no image, or if the model is no autoencoder.
pub(super) fn learned<'a>(data: &'a Dataset, config: &mut RunConfig) -> Result<Cow<'a, Dataset>, TrainError> {
    let Some(train) = data.train.as_ref().filter(|_| !config.normal.is_empty()) else {
        return Ok(Cow::Borrowed(data));
    };
    if config.loss.target_kind() != TargetKind::Input {
        return Err(TrainError::Mismatch(format!(
            "--normal is for models that reconstruct their input, and the loss {} is held against {}\n  try: --model autoencoder",
            config.loss.name(),
            if train.values.is_some() { "values" } else { "classes" }
        )));
    }
    if train.values.is_some() {
        return Err(TrainError::Mismatch(format!(
            "--normal names classes, and the images of `{}` have values\n  try: without --normal",
            data.name
        )));
    }
    let mut classes = Vec::new();
    for name in &config.normal {
        let class = class(name, data)?;
        if !classes.contains(&class) {
            classes.push(class);
        }
    }
    config.normal = classes.iter().map(|&class| data.classes[class as usize].clone()).collect();
    let train = train.of_classes(&classes);
    if train.count == 0 {
        let message = format!("`{}` has no training image of {}", data.name, config.normal.join(", "));
        return Err(TrainError::Mismatch(message));
    }
    let Dataset { name, source, classes, validation, test, notes, text, .. } = data;
    Ok(Cow::Owned(Dataset {
        name: name.clone(),
        source: source.clone(),
        classes: classes.clone(),
        train: Some(train),
        validation: validation.clone(),
        test: test.clone(),
        notes: notes.clone(),
        text: text.clone(),
    }))
}

/// A class by its name, or by its number.
fn class(wanted: &str, data: &Dataset) -> Result<u32, TrainError> {
    let wanted = wanted.trim();
    let names = || data.classes.iter();
    let named = names().position(|name| name == wanted);
    let alike = || names().position(|name| name.eq_ignore_ascii_case(wanted));
    let number = || wanted.parse::<usize>().ok().filter(|&number| number < data.classes.len());
    named.or_else(alike).or_else(number).map(|class| class as u32).ok_or_else(|| {
        let list: Vec<String> = names().take(40).enumerate().map(|(i, name)| format!("{i} {name}")).collect();
        let more = if data.classes.len() > list.len() { ", …" } else { "" };
        TrainError::Mismatch(format!(
            "--normal {wanted}: `{}` has no such class\n  its classes: {}{more}\n  try: one of these names or numbers, or several with commas",
            data.name,
            list.join(", ")
        ))
    })
}

impl Trainer {
    /// Takes the threshold anew, with the weights as they are: from the held-out images of normal classes, or from training
    /// images. `seen` was evaluated last.
    pub(super) fn find_threshold(&mut self, seen: Option<Range>) -> Result<(), TrainError> {
        if self.config.loss.target_kind() != TargetKind::Input {
            return Ok(());
        }
        // the test images are kept out of it
        let held_out = self.order.held_out.filter(|_| self.config.validation != Validation::Test);
        let looked_at = self.order.train.length.min(LOOKED_AT);
        let learned = Range { length: looked_at, ..self.order.train };
        self.state.threshold = match held_out {
            Some(range) => self.threshold_of(range, seen, true)?,
            None => None,
        };
        if self.state.threshold.is_none() {
            self.state.threshold = self.threshold_of(learned, None, false)?;
        }
        Ok(())
    }

    fn threshold_of(
        &mut self,
        range: Range,
        seen: Option<Range>,
        held_out: bool,
    ) -> Result<Option<Threshold>, TrainError> {
        if seen != Some(range) {
            self.evaluate(range)?;
        }
        let mut images = images_of(&self.order, &range);
        images.retain(|&image| self.targets.is_normal(image));
        let errors = self.targets.errors(&self.program, &self.plan, &images)?;
        Ok(errors.and_then(|errors| Threshold::of(errors, held_out)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_of_a_hundred_are_above_a_threshold() {
        let of = |count: usize| Threshold::of((0..count).rev().map(|i| i as f32).collect(), false);
        let threshold = of(100).unwrap();
        assert_eq!((threshold.score, threshold.images), (94.0, 100));
        assert_eq!(of(1).unwrap().score, 0.0);
        assert_eq!(of(0), None);
    }

    #[test]
    fn a_class_has_a_name_and_a_number() {
        let classes = ["Bag", "0", "Boot"].map(String::from).into();
        let data = Dataset { name: "d".into(), classes, ..Dataset::default() };
        let found: Vec<u32> = ["Boot", "boot", "2", " 1", "0"].iter().map(|name| class(name, &data).unwrap()).collect();
        assert_eq!(found, [2, 2, 2, 1, 1], "a name comes before a number");
        let error = class("3", &data).unwrap_err().to_string();
        assert!(error.contains("0 Bag, 1 0, 2 Boot") && error.contains("try: "), "{error}");
    }
}
