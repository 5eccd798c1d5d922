//! Answers of a trained model on images.

use lepton_kernels::Step;

use super::error::TrainError;
use super::evaluate::check_checkpoint;
use crate::checkpoint::Checkpoint;
use crate::config::{OptimizerConfig, UpdateConfig};
use crate::gpu::{Gpu, Program};
use crate::plan::{Buffer, Goal, Input, Plan, Request, Resident};
use crate::session::{InputKind, Tta, check_tokens, check_vocabulary, seen};
use crate::tasks::{self, Task};
use lepton_kernels::batch_views::View;

/// A model's answer on one image.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// What the model gives, `[outputs]`: logits, or the numbers themselves.
    pub outputs: Vec<f32>,
    /// Probability of each class, or of each label; empty where numbers are predicted.
    pub probabilities: Vec<f64>,
}

impl Answer {
    /// The `k` likeliest classes with their probabilities, likeliest first; of equal ones the first class comes first.
    pub fn top(&self, k: usize) -> Vec<(usize, f64)> {
        let mut ranked: Vec<(usize, f64)> = self.probabilities.iter().copied().enumerate().collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        ranked.truncate(k);
        ranked
    }
}

/// A trained model ready to answer.
pub struct Predictor {
    program: Program,
    plan: Plan,
    image_len: usize,
    views: Vec<View>,
    vocabulary: Option<usize>,
    task: &'static dyn Task,
}

/// Images that are answered at a time.
const BATCH: usize = 64;

impl Predictor {
    /// Puts a checkpoint's model on a device; with `tta`, logits are averaged over its views.
    ///
    /// # Errors
    /// [`TrainError`].
    pub fn new(gpu: &Gpu, checkpoint: &Checkpoint, tta: Option<Tta>) -> Result<Self, TrainError> {
        let model = checkpoint.meta.model()?;
        let task = tasks::of(&checkpoint.meta.config.loss);
        task.check_answers(&model, tta.is_some())?;
        let vocabulary = checkpoint.meta.vocabulary.as_ref().map(|vocabulary| vocabulary.len());
        check_vocabulary(&model, vocabulary)?;
        let request = Request {
            model: &model,
            batch: BATCH,
            images: BATCH,
            loss: &checkpoint.meta.config.loss,
            keep: false,
            input: Input { views: tta.is_some(), ..Input::default() },
            optimizer: &OptimizerConfig::default(),
            update: &UpdateConfig::default(),
            target: gpu.target(),
            limits: gpu.limits(),
            goals: &[Goal::Predict],
            fuse: true,
        };
        let plan = Plan::compile(&request)?;
        check_checkpoint(checkpoint, task, &plan)?;
        let program = Program::new(gpu, &plan)?;
        program.write_parameters(&checkpoint.weights(&plan.parameters, plan.arena_words)?)?;
        let input = InputKind::of(&model);
        input.write_norm(&program, &model, &checkpoint.meta.config)?;
        let views = tta.map_or_else(Vec::new, Tta::views);
        let image_len = input.bytes(model.input);
        Ok(Predictor { program, plan, image_len, views, vocabulary, task })
    }

    /// Answers for images `[n, h, w, c]` of bytes, of the model's input size; for texts as
    /// [`Vocabulary::encode`](crate::data::Vocabulary::encode) gives them.
    ///
    /// # Errors
    /// [`TrainError`].
    ///
    /// # Panics
    /// If `images` is not a whole number of images.
    pub fn predict(&mut self, images: &[u8]) -> Result<Vec<Answer>, TrainError> {
        assert_eq!(images.len() % self.image_len, 0, "whole images");
        if let Some(vocabulary) = self.vocabulary {
            check_tokens(images, vocabulary)?;
        }
        let mut answers = Vec::new();
        for batch in images.chunks(BATCH * self.image_len) {
            let count = (batch.len() / self.image_len) as u32;
            self.program.write_images(&[batch])?;
            let step = Step { batch_length: count, range_length: count, ..Step::default() };
            let looks = 0..self.views.len().max(1);
            let mut steps: Vec<Step> = looks.map(|number| seen(step, &self.views, number)).collect();
            self.program.run(Goal::Predict, &mut steps)?;
            let bytes = self.program.read(
                Buffer::Resident(Resident::Logits),
                0,
                u64::from(count) * self.plan.classes as u64 * 4,
            )?;
            let logits: Vec<f32> =
                bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
            answers.extend(
                logits.chunks_exact(self.plan.classes).map(|outputs| Answer {
                    outputs: outputs.to_vec(),
                    probabilities: self.task.probabilities(outputs),
                }),
            );
        }
        Ok(answers)
    }
}
