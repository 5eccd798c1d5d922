//! What the images of a run are to be answered with: uploaded for the loss, and kept for the metrics.

use lepton_kernels::batch_index::image_of_row;

use super::batches::{Range, Sampler};
use super::error::TrainError;
use crate::config::{LossConfig, TargetKind};
use crate::data::{Dataset, Split, Values};
use crate::gpu::Program;
use crate::metrics::{ClassAnswer, ClassMeasures, ErrorMeasures, LabelMeasures, Measures, ValueMeasures};
use crate::plan::{Buffer, KEPT, Plan, Resident};

/// Labels and values of every image on the device.
#[derive(Debug)]
pub(super) struct Targets {
    pub labels: Vec<u32>,
    pub values: Option<Values>,
    /// Names of the classes, and the numbers of those that are normal, for autoencoders.
    classes: Vec<String>,
    normal: Option<Vec<u32>>,
}

impl Targets {
    /// Of the first `count` images of each split, for this loss.
    ///
    /// # Errors
    /// If the loss needs what the data has not, or the other way round.
    pub fn new(loss: &LossConfig, name: &str, splits: &[(&Split, usize)]) -> Result<Self, TrainError> {
        let (against, mut labels, mut values) = (loss.target_kind(), Vec::new(), None::<Values>);
        for (split, count) in splits {
            check_kind(loss, name, split)?;
            labels.extend_from_slice(&split.labels[..*count]);
            if let Some(own) = split.values.as_ref().filter(|_| against.needs_values()) {
                if own.width == 0 {
                    return Err(TrainError::Mismatch(format!("`{name}` has 0 values for each image")));
                }
                let all = values.get_or_insert_with(|| Values { width: own.width, data: Vec::new() });
                if all.width != own.width {
                    let (one, other) = (all.width, own.width);
                    let message =
                        format!("`{name}` has {one} values for each training image and {other} for each test image");
                    return Err(TrainError::Mismatch(message));
                }
                all.data.extend_from_slice(&own.data[..count * own.width]);
            }
        }
        if let Some(values) = &values {
            check_values(against, name, values)?;
            if against == TargetKind::Distribution {
                labels = values.data.chunks_exact(values.width).map(largest).collect();
            }
        }
        Ok(Targets { labels, values, classes: Vec::new(), normal: None })
    }

    /// With the classes of a data set, of which the ones of these names are normal; all where there are no names.
    #[must_use]
    pub fn with_classes(mut self, data: &Dataset, normal: &[String]) -> Self {
        let number = |name: &String| data.classes.iter().position(|class| class == name).map(|class| class as u32);
        // images with values have no class
        let splits = [&data.train, &data.validation, &data.test].into_iter().flatten();
        let valued = splits.into_iter().any(|split| split.values.is_some());
        self.classes = if valued { Vec::new() } else { data.classes.clone() };
        self.normal = (!normal.is_empty()).then(|| normal.iter().filter_map(number).collect());
        self
    }

    /// Whether an image is of a normal class.
    pub fn is_normal(&self, image: usize) -> bool {
        self.normal.as_ref().is_none_or(|normal| normal.contains(&self.labels[image]))
    }

    /// The loss of each of these images by itself, as the last evaluation kept it, if its plan keeps it.
    ///
    /// # Errors
    /// [`TrainError`].
    pub fn errors(&self, program: &Program, plan: &Plan, images: &[usize]) -> Result<Option<Vec<f32>>, TrainError> {
        let Some(bytes) = kept(program, plan, Resident::Errors)? else { return Ok(None) };
        let all: Vec<f32> = bytemuck::pod_collect_to_vec(&bytes);
        Ok(Some(images.iter().map(|&image| all[image]).collect()))
    }

    /// Checks that the model gives as many numbers as there are values.
    ///
    /// # Errors
    /// [`TrainError::Mismatch`] with both numbers.
    pub fn check_width(&self, name: &str, plan: &Plan) -> Result<(), TrainError> {
        match &self.values {
            Some(values) if values.width != plan.classes => Err(TrainError::Mismatch(format!(
                "model `{}` gives {} numbers for an image, and `{name}` has {} values for each\n  try: a model file whose last layer has units = {}",
                plan.model, plan.classes, values.width, values.width
            ))),
            _ => Ok(()),
        }
    }

    /// Puts them on the device.
    pub fn write(&self, program: &Program) -> Result<(), TrainError> {
        program.write(Buffer::Resident(Resident::Labels), bytemuck::cast_slice(&self.labels))?;
        if let Some(values) = &self.values {
            program.write(Buffer::Resident(Resident::Values), bytemuck::cast_slice(&values.data))?;
        }
        Ok(())
    }

    /// Measures what the last evaluation of this range kept, if its plan keeps anything.
    pub fn measure(
        &self,
        program: &Program,
        plan: &Plan,
        images: &[usize],
        confusion: bool,
    ) -> Result<Option<Measures>, TrainError> {
        if let Some(errors) = self.errors(program, plan, images)? {
            let errors: Vec<(f32, u32)> = errors.into_iter().zip(images.iter().map(|&i| self.labels[i])).collect();
            return Ok(Some(Measures::Errors(ErrorMeasures::new(&errors, &self.classes, self.normal.as_deref()))));
        }
        let kept = |resident| kept(program, plan, resident);
        if let (Some(answers), Some(scores)) = (kept(Resident::Answers)?, kept(Resident::Scores)?) {
            let answers: Vec<u32> = bytemuck::pod_collect_to_vec(&answers);
            let scores: Vec<f32> = bytemuck::pod_collect_to_vec(&scores);
            let answer = |&image: &usize| ClassAnswer {
                label: self.labels[image],
                answer: answers[image * KEPT],
                before: answers[image * KEPT + 1],
                confidence: scores[image * KEPT],
                margin: scores[image * KEPT + 1],
            };
            let all: Vec<ClassAnswer> = images.iter().map(answer).collect();
            return Ok(Some(Measures::Classes(ClassMeasures::new(&all, plan.classes, confusion))));
        }
        let (Some(outputs), Some(values)) = (kept(Resident::Outputs)?, &self.values) else { return Ok(None) };
        let outputs: Vec<f32> = bytemuck::pod_collect_to_vec(&outputs);
        let width = values.width;
        let of = |all: &[f32]| images.iter().flat_map(|i| &all[i * width..][..width]).copied().collect::<Vec<f32>>();
        let (outputs, targets) = (of(&outputs), of(&values.data));
        Ok(Some(match plan.loss.target_kind() {
            TargetKind::Labels => Measures::Labels(LabelMeasures::new(&outputs, &targets, width)),
            _ => Measures::Values(ValueMeasures::new(&outputs, &targets, width)),
        }))
    }
}

/// The bytes of a buffer in which evaluation keeps something of each image, if the plan has it.
fn kept(program: &Program, plan: &Plan, resident: Resident) -> Result<Option<Vec<u8>>, TrainError> {
    let buffer = Buffer::Resident(resident);
    match plan.buffers.iter().find(|(b, _)| *b == buffer) {
        Some((_, bytes)) => Ok(Some(program.read(buffer, 0, *bytes)?)),
        None => Ok(None),
    }
}

/// The images of a range.
pub(super) fn images_of(order: &Sampler, range: &Range) -> Vec<usize> {
    let all = order.evaluation_step(range, range.length, 0);
    (0..range.length as u32).filter_map(|row| image_of_row(&all, row)).map(|image| image as usize).collect()
}

/// The names of what a model gives: of classes, or of values where the data names them.
pub(super) fn output_names(loss: &LossConfig, data: &Dataset, outputs: usize) -> Vec<String> {
    let named = data.classes.len() == outputs;
    match loss.target_kind() {
        TargetKind::Distribution | TargetKind::Labels | TargetKind::Numbers if !named => {
            (0..outputs).map(|i| i.to_string()).collect()
        }
        _ => data.classes.clone(),
    }
}

fn largest(row: &[f32]) -> u32 {
    (0..row.len()).fold(0, |best, i| if row[i] > row[best] { i } else { best }) as u32
}

fn check_kind(loss: &LossConfig, name: &str, split: &Split) -> Result<(), TrainError> {
    let against = loss.target_kind();
    let message = match (&split.values, against) {
        (None, against) if against.needs_values() => format!(
            "the loss {} needs values for each image, and `{name}` has a class for each\n  try: --loss cross-entropy{}",
            loss.name(),
            if against == TargetKind::Numbers { ", or --target input to learn the images themselves" } else { "" }
        ),
        (Some(values), TargetKind::Label) => format!(
            "the loss {} needs a class for each image, and `{name}` has {} values for each\n  try: --loss bce where they are labels, 0 or 1; --loss mse where they are numbers",
            loss.name(),
            values.width
        ),
        _ => return Ok(()),
    };
    Err(TrainError::Mismatch(message))
}

/// Checks that values are what the loss takes them for.
fn check_values(against: TargetKind, name: &str, values: &Values) -> Result<(), TrainError> {
    let (wanted, fits): (&str, fn(f32) -> bool) = match against {
        TargetKind::Labels => ("between 0 and 1", |v| (0.0..=1.0).contains(&v)),
        TargetKind::Distribution => ("0 or more", |v| v.is_finite() && v >= 0.0),
        _ => ("finite", f32::is_finite),
    };
    if let Some(at) = values.data.iter().position(|&v| !fits(v)) {
        return Err(TrainError::Mismatch(format!(
            "`{name}`: value {} of image {} is {}, and for this loss it must be {wanted}\n  try: --loss mse for numbers, or correct the data",
            at % values.width,
            at / values.width,
            values.data[at]
        )));
    }
    let total = |row: &[f32]| row.iter().map(|&v| f64::from(v)).sum::<f64>();
    let mut rows = values.data.chunks_exact(values.width).map(total);
    match rows.position(|total| against == TargetKind::Distribution && (total - 1.0).abs() > 1e-3) {
        Some(image) => Err(TrainError::Mismatch(format!(
            "`{name}`: the values of image {image} sum to {}, and a distribution sums to 1\n  try: --loss bce where they are labels, 0 or 1",
            total(&values.data[image * values.width..][..values.width])
        ))),
        None => Ok(()),
    }
}
