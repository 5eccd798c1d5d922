//! The image itself: an autoencoder, whose error on an image says whether it is like those that it learned.

use std::borrow::Cow;

use super::{Splits, Task, TaskError, targets};
use crate::checkpoint::State;
use crate::config::{LossConfig, RunConfig, TargetKind, Validation};
use crate::data::{self, Dataset};
use crate::gpu::GpuError;
use crate::metrics::{Answers, Criterion, Errors, Metrics, Threshold, Totals};
use crate::model::ModelSpec;
use crate::plan::Buffer;
use crate::session::{Range, Session, SessionError, Targets};

/// Gives the image that it is given.
#[derive(Debug)]
pub(super) struct Reconstruct;

/// Where nothing is held out, a threshold is taken from so many training images, at the most.
const LOOKED_AT: usize = 2000;

impl Task for Reconstruct {
    fn name(&self) -> &'static str {
        "reconstruct"
    }

    fn targets(&self) -> &'static [TargetKind] {
        &[TargetKind::Input]
    }

    /// The training images of the normal classes alone, whose names are then in `config`; all of them where no class is named.
    fn restrict_to_normal<'a>(&self, data: &'a Dataset, config: &mut RunConfig) -> Result<Cow<'a, Dataset>, TaskError> {
        if config.normal.is_empty() {
            return Ok(Cow::Borrowed(data));
        }
        let Some(train) = data.train() else { return Ok(Cow::Borrowed(data)) };
        if train.values().is_some() {
            return Err(TaskError::NormalNeedsClasses { data: data.name().to_string() });
        }
        let mut classes = Vec::new();
        for name in &config.normal {
            let class = class(name, data)?;
            if !classes.contains(&class) {
                classes.push(class);
            }
        }
        config.normal = classes.iter().map(|&class| data.classes()[class as usize].clone()).collect();
        let train = train.of_classes(&classes);
        if train.is_empty() {
            return Err(TaskError::NoneNormal { data: data.name().to_string(), classes: config.normal.clone() });
        }
        let (validation, test) = (data.validation().cloned(), data.test().cloned());
        let splits = data::Splits { train: Some(train), validation, test };
        Ok(Cow::Owned(data.with_splits(splits).expect("some of the examples of a data set")))
    }

    fn read_targets(&self, config: &RunConfig, data: &Dataset, splits: &Splits) -> Result<Targets, TaskError> {
        let number = |name: &String| data.classes().iter().position(|class| class == name).map(|class| class as u32);
        // images with values, or of which nothing is known, have no class: they are neither normal nor of another one
        let known = data.splits().iter().all(|(_, split)| split.values().is_none() && split.targets() > 0);
        let normal = known && !config.normal.is_empty();
        Ok(Targets {
            labels: targets::labels(splits),
            classes: if known { data.classes().to_vec() } else { Vec::new() },
            normal: normal.then(|| config.normal.iter().filter_map(number).collect()),
            ..Targets::default()
        })
    }

    /// Those of the classes: outputs are pixels and need none.
    fn output_names(&self, _loss: &LossConfig, data: &Dataset, _outputs: usize) -> Vec<String> {
        data.classes().to_vec()
    }

    fn names_outputs(&self) -> bool {
        false
    }

    fn needs_labels(&self) -> bool {
        false
    }

    /// The threshold is taken from the errors of images.
    fn always_records(&self) -> bool {
        true
    }

    fn metrics(&self, totals: &Totals) -> Metrics {
        Metrics { loss: totals.loss(), ..Metrics::default() }
    }

    fn answers(&self, session: &Session, images: &[usize]) -> Result<Option<Answers>, GpuError> {
        let Some(errors) = errors(session, images)? else { return Ok(None) };
        let Targets { labels, classes, normal, .. } = &session.targets;
        let errors = errors.into_iter().zip(images.iter().map(|&image| labels[image])).collect();
        Ok(Some(Answers::Errors(Errors { errors, classes: classes.clone(), normal: normal.clone() })))
    }

    fn criteria(&self, _outputs: usize, normal: bool) -> Vec<Criterion> {
        [Criterion::Loss].into_iter().chain(normal.then_some(Criterion::Auc)).collect()
    }

    /// Takes the threshold anew: from the held-out images of normal classes, or from training images.
    fn settle(
        &self,
        session: &mut Session,
        config: &RunConfig,
        state: &mut State,
        evaluated: Option<Range>,
    ) -> Result<(), SessionError> {
        // the test images are kept out of it
        state.threshold = match session.order.held_out {
            Some(range) if config.validation != Validation::Test => threshold(session, range, evaluated, true)?,
            _ => None,
        };
        if state.threshold.is_none() {
            let train = session.order.train;
            let first = Range { length: train.length.min(LOOKED_AT), ..train };
            state.threshold = threshold(session, first, None, false)?;
        }
        Ok(())
    }

    fn check_answers(&self, _model: &ModelSpec, views: bool) -> Result<(), TaskError> {
        if views { Err(TaskError::ViewsOfImages) } else { Ok(()) }
    }
}

/// The loss of each of these images by itself, as the last evaluation kept it.
pub(crate) fn errors(session: &Session, images: &[usize]) -> Result<Option<Vec<f32>>, GpuError> {
    let Some(bytes) = session.kept(Buffer::Errors)? else { return Ok(None) };
    let all: Vec<f32> = bytemuck::pod_collect_to_vec(&bytes);
    Ok(Some(images.iter().map(|&image| all[image]).collect()))
}

fn threshold(
    session: &mut Session,
    range: Range,
    evaluated: Option<Range>,
    held_out: bool,
) -> Result<Option<Threshold>, SessionError> {
    if evaluated != Some(range) {
        session.evaluate(&range, &[], &mut |_| {})?;
    }
    let mut images = session.images(&range);
    images.retain(|&image| session.targets.is_normal(image));
    Ok(errors(session, &images)?.and_then(|errors| Threshold::of(errors, held_out)))
}

/// A class by its name, or by its number.
fn class(wanted: &str, data: &Dataset) -> Result<u32, TaskError> {
    let wanted = wanted.trim();
    let names = || data.classes().iter();
    let named = names().position(|name| name == wanted);
    let alike = || names().position(|name| name.eq_ignore_ascii_case(wanted));
    let number = || wanted.parse::<usize>().ok().filter(|&number| number < data.classes().len());
    named.or_else(alike).or_else(number).map(|class| class as u32).ok_or_else(|| TaskError::UnknownClass {
        wanted: wanted.to_string(),
        data: data.name().to_string(),
        classes: data.classes().to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hint::Hints;

    #[test]
    fn a_class_has_a_name_and_a_number() {
        let data = Dataset::from_images([1, 1, 1], vec![0], vec![0], ["Bag", "0", "Boot"]).unwrap();
        let found: Vec<u32> = ["Boot", "boot", "2", " 1", "0"].iter().map(|name| class(name, &data).unwrap()).collect();
        assert_eq!(found, [2, 2, 2, 1, 1], "a name comes before a number");
        let error = class("3", &data).unwrap_err();
        assert!(error.to_string().contains("0 Bag, 1 0, 2 Boot") && !error.hints().is_empty(), "{error}");
    }
}
