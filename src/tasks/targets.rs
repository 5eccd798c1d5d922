//! What several tasks do with labels and values.

use super::{Splits, TaskError};
use crate::config::LossConfig;
use crate::data::{Dataset, Values};
use crate::gpu::GpuError;
use crate::metrics::Numbers;
use crate::plan::{Buffer, Plan};
use crate::session::{Session, Targets};

/// What each value must be.
#[derive(Clone, Copy)]
pub(super) struct Check {
    /// What a value must be, in words.
    pub wanted: &'static str,
    /// Whether a value is.
    pub fits: fn(f32) -> bool,
}

/// The labels of all images of these splits.
pub(super) fn labels(splits: &Splits) -> Vec<u32> {
    splits.iter().flat_map(|(split, count)| &split.labels()[..*count]).copied().collect()
}

/// The values of all images of these splits, `[images, width]`.
///
/// # Errors
/// If there are none, not as many for each image, or some that do not fit.
pub(super) fn values(loss: &LossConfig, data: &Dataset, splits: &Splits, check: Check) -> Result<Values, TaskError> {
    let name = || data.name().to_string();
    let mut all: Option<Values> = None;
    for (split, count) in splits {
        let Some(own) = split.values() else {
            return Err(TaskError::NeedsValues { loss: loss.name(), data: name() });
        };
        if own.width == 0 {
            return Err(TaskError::NoValues { data: name() });
        }
        let all = all.get_or_insert_with(|| Values { width: own.width, data: Vec::new() });
        if all.width != own.width {
            return Err(TaskError::Widths { data: name(), widths: [all.width, own.width] });
        }
        all.data.extend_from_slice(&own.data[..count * own.width]);
    }
    let Some(all) = all else { return Err(TaskError::NoValues { data: name() }) };
    if let Some(at) = all.data.iter().position(|&value| !(check.fits)(value)) {
        return Err(TaskError::Value {
            data: name(),
            image: at / all.width,
            number: at % all.width,
            value: all.data[at],
            wanted: check.wanted,
        });
    }
    Ok(all)
}

/// Checks that a model gives as many numbers as there are values for an image.
///
/// # Errors
/// [`TaskError::Width`] with both numbers.
pub(crate) fn check_width(targets: &Targets, data: &Dataset, plan: &Plan) -> Result<(), TaskError> {
    match &targets.values {
        Some(values) if values.width != plan.classes => Err(TaskError::Width {
            model: plan.model.clone(),
            outputs: plan.classes,
            data: data.name().to_string(),
            values: values.width,
        }),
        _ => Ok(()),
    }
}

/// The names of values: the data's where it has one for each, else their numbers.
pub(super) fn names(data: &Dataset, outputs: usize) -> Vec<String> {
    if data.classes().len() == outputs {
        return data.classes().to_vec();
    }
    (0..outputs).map(|i| i.to_string()).collect()
}

/// What a model gave for these images and what it should have given, in the data's units; `None` if the last evaluation kept no
/// outputs.
pub(super) fn outputs(session: &Session, images: &[usize]) -> Result<Option<Numbers>, GpuError> {
    let (Some(outputs), Some(values)) = (session.kept(Buffer::Outputs)?, &session.targets.values) else {
        return Ok(None);
    };
    let mut outputs: Vec<f32> = bytemuck::pod_collect_to_vec(&outputs);
    session.targets.scale.restore(&mut outputs);
    let width = values.width;
    let of = |all: &[f32]| images.iter().flat_map(|i| &all[i * width..][..width]).copied().collect::<Vec<f32>>();
    Ok(Some(Numbers { outputs: of(&outputs), targets: of(&values.data), width }))
}
