//! Answers of a trained model.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

#[cfg(feature = "images")]
use image::DynamicImage;
use lepton_kernels::Step;
use lepton_kernels::batch_views::View;

use super::error::TrainError;
use super::evaluate::check_checkpoint;
use crate::checkpoint::{Checkpoint, locate};
#[cfg(feature = "images")]
use crate::data::{self, picture};
use crate::gpu::{Gpu, Program};
use crate::metrics::Thresholds;
use crate::model::ModelSpec;
use crate::plan::{Buffer, Goal, Input, Plan, Request};
#[cfg(feature = "images")]
use crate::session;
use crate::session::{InputError, Tta, check_tokens, check_vocabulary, with_view, write_norm};
use crate::tasks::{self, Task};

/// A model's answer on one image or text.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// What the model gives, `[outputs]`: logits, numbers in the data's units, or the pixels of an image as the model scales them.
    pub outputs: Vec<f32>,
    /// Probability of each class, or of each label; empty where outputs are the answer.
    pub probabilities: Vec<f64>,
    names: Arc<[String]>,
    thresholds: Arc<Thresholds>,
}

/// A class or label with its probability.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ranked<'a> {
    /// Number of the class or label, from 0.
    pub class: usize,
    /// Name of the class or label.
    pub name: &'a str,
    /// Its probability, 0 to 1.
    pub probability: f64,
}

impl Answer {
    pub(crate) fn new(outputs: Vec<f32>, probabilities: Vec<f64>, names: Arc<[String]>) -> Self {
        Answer { outputs, probabilities, names, thresholds: Arc::default() }
    }

    /// With what decides between classes, or which labels are there.
    #[must_use]
    pub fn with_thresholds(self, thresholds: &Arc<Thresholds>) -> Self {
        Answer { thresholds: thresholds.clone(), ..self }
    }

    /// The names of the classes, labels or numbers, in the order of `outputs`; those of the classes where outputs are pixels.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Whether a label is there: its probability reaches its threshold or, without one, is above a half.
    pub fn is_there(&self, label: usize) -> bool {
        self.probabilities.get(label).is_some_and(|&probability| self.thresholds.is_there(label, probability))
    }

    /// The `k` likeliest classes, likeliest first; of equal ones the first class comes first.
    pub fn top(&self, k: usize) -> Vec<Ranked<'_>> {
        let ranked = |(class, &probability): (usize, &f64)| Ranked { class, name: &self.names[class], probability };
        let mut all: Vec<Ranked> = self.probabilities.iter().enumerate().map(ranked).collect();
        all.sort_by(|a, b| b.probability.total_cmp(&a.probability).then(a.class.cmp(&b.class)));
        all.truncate(k);
        all
    }

    /// The class that is answered: the likeliest one, unless a threshold decides otherwise; none where outputs are the answer.
    pub fn best(&self) -> Option<Ranked<'_>> {
        let class = self.thresholds.class(&self.probabilities)?;
        Some(Ranked { class, name: &self.names[class], probability: self.probabilities[class] })
    }
}

/// A trained model ready to answer.
///
/// It owns what it needs. Clones share one model on the device, and it may be used from several threads at once: calls take
/// turns on the device, so that a server needs one predictor and no lock of its own.
#[derive(Clone)]
pub struct Predictor(Arc<Shared>, Arc<Thresholds>);

struct Shared {
    gpu: Gpu,
    /// Weights and metadata, without what only training needs.
    checkpoint: Checkpoint,
    model: ModelSpec,
    task: &'static dyn Task,
    views: Vec<View>,
    names: Arc<[String]>,
    /// The model for batches of some sizes, made when they are first needed.
    ready: Mutex<Vec<Ready>>,
}

/// The model on the device for batches of one size.
struct Ready {
    /// The size that was asked for; the plan's batch is smaller where the device cannot hold that many.
    rows: usize,
    program: Program,
    plan: Plan,
}

/// Inputs that are answered at a time: a call takes the smallest size that holds all of them, or several of the largest. The
/// answers are the same, to the bit.
const SIZES: [usize; 3] = [1, 8, 64];

impl Predictor {
    /// Puts a checkpoint's model on a device; with `tta`, logits are averaged over its views.
    ///
    /// # Errors
    /// If the model has no answers to give, the checkpoint is not whole, or the device refuses the plan.
    pub fn new(gpu: &Gpu, checkpoint: &Checkpoint, tta: Option<Tta>) -> Result<Self, TrainError> {
        let model = checkpoint.meta.model()?;
        let task = tasks::of(&checkpoint.meta.config.loss);
        task.check_answers(&model, tta.is_some())?;
        check_vocabulary(&model, checkpoint.meta.vocabulary.as_ref().map(|vocabulary| vocabulary.len()))?;
        let shared = Shared {
            gpu: gpu.clone(),
            checkpoint: checkpoint.without_optimizer(),
            model,
            task,
            views: tta.map_or_else(Vec::new, Tta::views),
            names: checkpoint.meta.classes.as_slice().into(),
            ready: Mutex::default(),
        };
        // whatever is wrong is said now, not with the first answer
        let first = shared.prepare(SIZES[0])?;
        shared.ready.lock().unwrap_or_else(PoisonError::into_inner).push(first);
        Ok(Predictor(Arc::new(shared), Arc::default()))
    }

    /// Loads a run folder's best checkpoint, or a checkpoint file.
    ///
    /// # Errors
    /// As [`new`](Self::new), and if there is no checkpoint.
    pub fn load(gpu: &Gpu, run: impl AsRef<Path>) -> Result<Self, TrainError> {
        Self::new(gpu, &Checkpoint::read(&locate(run.as_ref())?)?, None)
    }

    /// From the bytes of a checkpoint file, such as those of `include_bytes!`.
    ///
    /// # Errors
    /// As [`new`](Self::new), and if they are not a whole checkpoint.
    pub fn from_bytes(gpu: &Gpu, bytes: &[u8]) -> Result<Self, TrainError> {
        Self::new(gpu, &Checkpoint::from_bytes(bytes)?, None)
    }

    /// With what decides between classes, or which labels are there.
    #[must_use]
    pub fn with_thresholds(self, thresholds: Thresholds) -> Self {
        Predictor(self.0, Arc::new(thresholds))
    }

    /// The names of the classes, labels or numbers that it answers with.
    pub fn names(&self) -> &[String] {
        &self.0.names
    }

    /// The model that answers.
    pub fn model(&self) -> &ModelSpec {
        &self.0.model
    }

    /// Answers for images `[n, h, w, c]` of bytes, of the model's input size; for texts as
    /// [`Vocabulary::encode`](crate::data::Vocabulary::encode) gives them.
    ///
    /// # Errors
    /// [`InputError`] if they are not a whole number of inputs, or tokens are not of the vocabulary; or if the device is lost.
    pub fn predict(&self, inputs: &[u8]) -> Result<Vec<Answer>, TrainError> {
        let shared = &*self.0;
        let kind = shared.model.input_kind();
        let each = kind.bytes(shared.model.input);
        if !inputs.len().is_multiple_of(each) {
            return Err(InputError::Bytes { bytes: inputs.len(), kind, each }.into());
        }
        if let Some(vocabulary) = &shared.checkpoint.meta.vocabulary {
            check_tokens(inputs, vocabulary.len())?;
        }
        let answers = shared.predict(inputs, each)?;
        Ok(answers.into_iter().map(|answer| answer.with_thresholds(&self.1)).collect())
    }

    #[cfg(feature = "images")]
    /// The answer on a decoded image of any size, fitted to the model's as the run fitted its own.
    ///
    /// # Errors
    /// [`InputError`] if the model does not take grey or colour images; or if the device is lost.
    pub fn predict_image(&self, image: &DynamicImage) -> Result<Answer, TrainError> {
        self.one(&fitted(image, &self.0.model, &self.0.checkpoint.meta.config.images)?)
    }

    #[cfg(feature = "images")]
    /// The answer on an image file.
    ///
    /// # Errors
    /// As [`predict_image`](Self::predict_image), and if the file cannot be decoded.
    pub fn predict_file(&self, path: impl AsRef<Path>) -> Result<Answer, TrainError> {
        let path = path.as_ref();
        let decoded = picture::decode_deep(&path.into(), self.0.checkpoint.meta.config.images.range);
        let (decoded, _) = decoded.map_err(|source| TrainError::Picture { path: path.into(), source })?;
        self.predict_image(&decoded)
    }

    /// The answer on a text.
    ///
    /// # Errors
    /// [`InputError::NoVocabulary`] if the model takes images; or if the device is lost.
    pub fn predict_text(&self, text: &str) -> Result<Answer, TrainError> {
        let model = &self.0.model;
        match &self.0.checkpoint.meta.vocabulary {
            Some(vocabulary) => self.one(&vocabulary.encode(text, model.input[1])),
            None => Err(InputError::NoVocabulary { model: model.name.clone() }.into()),
        }
    }

    fn one(&self, input: &[u8]) -> Result<Answer, TrainError> {
        Ok(self.predict(input)?.pop().expect("one input has one answer"))
    }
}

/// A decoded image of any size as an image of a model's, as a run with these options fits its own.
///
/// # Errors
/// [`InputError`] if the model does not take grey or colour images.
#[cfg(feature = "images")]
pub(crate) fn fitted(
    image: &DynamicImage,
    model: &ModelSpec,
    images: &data::ImageOptions,
) -> Result<Vec<u8>, TrainError> {
    session::check_pictures(model)?;
    // images that came with a size were never fitted; a picture is stretched to it
    let fit = images.fit.unwrap_or(data::Fit::Stretch);
    Ok(picture::scale(&picture::in_eight_bits(image, images.range), model.input, fit))
}

impl Shared {
    /// The model on the device for batches of so many inputs.
    fn prepare(&self, rows: usize) -> Result<Ready, TrainError> {
        let (gpu, checkpoint, config) = (&self.gpu, &self.checkpoint, &self.checkpoint.meta.config);
        let plan = Plan::compile_fitting(
            &self.model,
            &Request {
                input: Input { views: !self.views.is_empty(), ..Input::default() },
                // an answer does not depend on what else is asked
                target: gpu.target().for_any_batch(),
                limits: gpu.limits(),
                ..Request::prediction(rows, &config.loss)
            },
        )?;
        check_checkpoint(checkpoint, self.task, &plan)?;
        let program = Program::trusted(gpu, &plan)?;
        program.write_parameters(&checkpoint.weights(&plan.parameters, plan.arena_words)?)?;
        write_norm(&program, &self.model, config)?;
        Ok(Ready { rows, program, plan })
    }

    fn predict(&self, inputs: &[u8], each: usize) -> Result<Vec<Answer>, TrainError> {
        let count = inputs.len() / each;
        let rows = SIZES.into_iter().find(|&size| size >= count).unwrap_or(SIZES[SIZES.len() - 1]);
        // a call that panicked left nothing behind that the next one reads
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        let at = match ready.iter().position(|ready| ready.rows == rows) {
            Some(at) => at,
            None => {
                ready.push(self.prepare(rows)?);
                ready.len() - 1
            }
        };
        let Ready { program, plan, .. } = &mut ready[at];
        let mut answers = Vec::with_capacity(count);
        for batch in inputs.chunks(plan.batch * each) {
            let length = (batch.len() / each) as u32;
            program.write_images(&[batch])?;
            let step = Step { batch_length: length, range_length: length, ..Step::default() };
            let looks = 0..self.views.len().max(1);
            let mut steps: Vec<Step> = looks.map(|number| with_view(step, &self.views, number)).collect();
            program.run(Goal::Predict, &mut steps)?;
            let bytes = u64::from(length) * plan.classes as u64 * 4;
            let bytes = program.read(Buffer::Logits, 0, bytes)?;
            let mut outputs: Vec<f32> = bytemuck::pod_collect_to_vec(&bytes);
            self.checkpoint.meta.config.targets.restore(&mut outputs);
            answers.extend(
                outputs
                    .chunks_exact(plan.classes)
                    .map(|outputs| Answer::new(outputs.to_vec(), self.task.probabilities(outputs), self.names.clone())),
            );
        }
        Ok(answers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_ranked_by_probability_then_number() {
        let names: Arc<[String]> = ["cat", "dog", "sofa"].map(String::from).to_vec().into();
        let answer = Answer::new(vec![1.0, -1.0, 1.0], vec![0.5, 0.0, 0.5], names);
        let ranked: Vec<_> = answer.top(2).iter().map(|ranked| (ranked.class, ranked.name)).collect();
        assert_eq!(ranked, [(0, "cat"), (2, "sofa")]);
        assert_eq!(answer.best().unwrap().probability, 0.5);
    }

    #[test]
    fn a_predictor_can_be_shared() {
        fn shared<T: Send + Sync + Clone + 'static>() {}
        shared::<Predictor>();
        fn sent<T: Send + 'static>() {}
        sent::<super::super::Trainer>();
        sent::<super::super::Evaluator>();
    }
}
