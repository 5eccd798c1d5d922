//! The training loop.

use std::time::Instant;

use lepton_kernels::Step;

use super::batches::{Range, Sampler};
use super::error::TrainError;
use super::evaluate::evaluate;
use super::event::{Control, Event, Metrics};
use super::mixing::mix;
use super::profile::Profile;
use super::sampler::Samples;
use super::schedule::Schedule;
use super::state::State;
use super::targets::{Targets, images_of};
use super::updates::Updates;
use crate::checkpoint::DatasetFingerprint;
use crate::config::{RunConfig, Validation};
use crate::data::Vocabulary;
use crate::gpu::Program;
use crate::metrics::Measures;
use crate::model::ModelSpec;
use crate::plan::{Goal, Plan};

/// How a call of [`Trainer::fit`] ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All epochs or steps are done.
    Finished,
    /// The listener stopped it.
    Stopped,
}

/// A model, its data and its optimiser on a device.
pub struct Trainer {
    pub(super) program: Program,
    pub(super) plan: Plan,
    pub(super) model: ModelSpec,
    pub(super) config: RunConfig,
    pub(super) classes: Vec<String>,
    pub(super) vocabulary: Option<Vocabulary>,
    pub(super) order: Sampler,
    pub(super) schedule: Schedule,
    pub(super) targets: Targets,
    pub(super) updates: Updates,
    pub(super) data: DatasetFingerprint,
    pub(super) state: State,
    pub(super) begun: Instant,
    pub(super) steps: Vec<Step>,
    /// Batches of the step under way that were collected; between steps, 0.
    pub(super) within: usize,
    /// Batches that were submitted and not collected.
    pub(super) pending: usize,
    /// What a generator made after the last epoch.
    pub(super) samples: Option<Samples>,
}

impl Trainer {
    /// The plan, for its memory and its text.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The configuration, with the numbers of the data set where it asks for them.
    pub fn config(&self) -> &RunConfig {
        &self.config
    }

    /// The model, with the data set's number of classes.
    pub fn model(&self) -> &ModelSpec {
        &self.model
    }

    /// Where the run stands.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Steps of an epoch: updates, each over one or several batches.
    pub fn steps_per_epoch(&self) -> usize {
        self.updates.count()
    }

    /// Images of a step that is not the last of an epoch.
    pub fn images_per_step(&self) -> usize {
        self.updates.batch * self.updates.accumulate
    }

    /// Images that an epoch learns from.
    pub fn images_per_epoch(&self) -> usize {
        self.order.train.length
    }

    /// Launches of such a step.
    pub fn dispatches_per_step(&self) -> usize {
        self.plan.train.len() + (self.updates.accumulate - 1) * self.plan.accumulate.len()
    }

    /// Trains to the configured epochs or steps. `listen` hears every event and may stop the run after any of them; it
    /// is handed the trainer so that it can save.
    ///
    /// # Errors
    /// [`TrainError`].
    pub fn fit(
        &mut self,
        listen: &mut dyn FnMut(&Trainer, &Event) -> Result<Control, TrainError>,
    ) -> Result<Outcome, TrainError> {
        while self.state.epoch < self.config.epochs && !self.out_of_steps() {
            let begun = Instant::now();
            while self.state.batch < self.steps_per_epoch() && !self.out_of_steps() {
                if self.run_some(listen)? == Control::Stop {
                    self.find_threshold(None)?;
                    return Ok(Outcome::Stopped);
                }
            }
            if self.out_of_steps() && self.state.batch < self.steps_per_epoch() {
                let loss = self.probe()?;
                self.check_loss(loss as f32)?;
                self.find_threshold(None)?;
            } else {
                let event = self.finish_epoch(begun)?;
                let done = self.state.epoch == self.config.epochs || self.out_of_steps();
                if listen(self, &event)? == Control::Stop && !done {
                    return Ok(Outcome::Stopped);
                }
            }
        }
        Ok(Outcome::Finished)
    }

    fn out_of_steps(&self) -> bool {
        self.config.steps.is_some_and(|steps| self.state.step >= steps)
    }

    /// Keeps the device busy, and takes in one submission's worth of steps.
    fn run_some(
        &mut self,
        listen: &mut dyn FnMut(&Trainer, &Event) -> Result<Control, TrainError>,
    ) -> Result<Control, TrainError> {
        let (begun, first) = (Instant::now(), self.state.step == 0 && self.state.seen == 0);
        let steps_left = self.config.steps.map_or(u64::MAX, |steps| steps - self.state.step);
        self.submit_until(self.updates.end(self.state.batch, steps_left))?;
        let images = self.collect_some()?;
        let mut control = Control::Continue;
        if first {
            control = listen(self, &Event::FirstStep { seconds: self.begun.elapsed().as_secs_f64() })?;
        }
        if control == Control::Continue {
            let event = self.progress(images, begun.elapsed().as_secs_f64());
            control = listen(self, &event)?;
        }
        // whoever stops finds everything that was submitted, and whole steps
        while control == Control::Stop && (self.pending > 0 || self.within > 0) {
            if self.pending == 0 {
                self.submit_until(self.updates.end(self.state.batch, 1))?;
            }
            self.collect_some()?;
        }
        Ok(control)
    }

    /// Batches of this epoch that were collected.
    fn collected(&self) -> usize {
        self.state.batch * self.updates.accumulate + self.within
    }

    /// Submits batches of this epoch up to number `end` while there is room and the device would run out of work.
    fn submit_until(&mut self, end: usize) -> Result<(), TrainError> {
        loop {
            let left = end.saturating_sub(self.collected() + self.pending);
            let some = self.program.steps_per_run(Goal::Train);
            let count = some.min(left);
            // steps so long that a submission holds one need no second submission to hide its cost
            if count == 0 || !self.program.is_free() || (self.pending > 0 && some == 1) {
                return Ok(());
            }
            self.steps.clear();
            for i in self.pending..self.pending + count {
                let step = self.step(i);
                self.steps.push(step);
            }
            self.program.submit(Goal::Train, &mut self.steps)?;
            self.pending += count;
        }
    }

    /// Parameters of the batch that comes `ahead` batches after the last one that was collected.
    fn step(&self, ahead: usize) -> Step {
        let number = self.collected() + ahead;
        let update = self.updates.of(number);
        let before = self.state.step + (update.number - self.state.batch) as u64;
        Step {
            update_images: update.images as u32,
            part: update.part,
            ..self.step_at(self.state.epoch, number, before)
        }
    }

    /// Parameters of a batch that is an update of its own, after `before` updates of the run.
    pub(super) fn step_at(&self, epoch: u32, batch: usize, before: u64) -> Step {
        let mut order = self.order.training_step(epoch, self.config.batch, batch);
        let [h, w, _] = self.model.input;
        mix(&self.config.augment, &mut order, [h, w]);
        let t = before + 1;
        let [bias_correction1, bias_correction2] = self.config.optimizer.bias_corrections(t);
        Step {
            learning_rate: self.schedule.rate(before, &self.state.plateau),
            bias_correction1,
            bias_correction2,
            ema_decay: self.config.update.average_decay(t, self.schedule.total()),
            ..order
        }
    }

    /// Waits for the oldest submission, takes in its records and returns its images.
    fn collect_some(&mut self) -> Result<usize, TrainError> {
        let (mut images, adversarial) = (0, self.config.loss.is_adversarial());
        for &[loss, second] in self.program.collect(Goal::Train)? {
            if !loss.is_finite() || !second.is_finite() {
                let loss = if loss.is_finite() { second } else { loss };
                let (step, learning_rate) = (self.state.step + 1, self.config.learning_rate);
                return Err(TrainError::NotFinite { step, loss, learning_rate });
            }
            let number = self.state.batch * self.updates.accumulate + self.within;
            let (length, update) = (self.order.train.batch_length(self.config.batch, number), self.updates.of(number));
            images += length;
            self.pending -= 1;
            let correct = self.state.take_second(adversarial, length, second);
            self.within = update.take(&mut self.state, length, [loss, correct], self.within);
        }
        Ok(images)
    }

    fn progress(&self, images: usize, seconds: f64) -> Event {
        Event::Progress {
            epoch: self.state.epoch + 1,
            step: self.state.batch,
            steps: self.steps_per_epoch(),
            images,
            seen: self.state.seen,
            images_left: self.order.train.length - self.state.seen as usize,
            seconds,
            so_far: self.so_far(),
        }
    }

    /// Trains up to `steps` steps of the epoch that is running with every launch timed by itself. They count as any others.
    ///
    /// # Errors
    /// [`TrainError`].
    pub fn profile(&mut self, steps: usize) -> Result<Profile, TrainError> {
        let mut profile = Profile::new(&self.plan);
        while profile.steps < steps {
            if self.state.batch == self.steps_per_epoch() || self.out_of_steps() {
                break;
            }
            let (mut step, update) = (self.step(0), self.updates.of(self.collected()));
            let (record, seconds) = match update.is_last() {
                true => self.program.profile(Goal::Train, &mut step)?,
                // what is timed is a batch with its update
                false => (self.program.run(Goal::Train, &mut [step])?[0], Vec::new()),
            };
            if update.is_last() && seconds.is_empty() {
                break;
            }
            self.check_loss(record[0])?;
            let images = step.batch_length as usize;
            let correct = self.state.take_second(self.config.loss.is_adversarial(), images, record[1]);
            self.within = update.take(&mut self.state, images, [record[0], correct], self.within);
            if seconds.is_empty() {
                continue;
            }
            profile.add(&seconds);
        }
        Ok(profile)
    }

    fn finish_epoch(&mut self, begun: Instant) -> Result<Event, TrainError> {
        let train = self.so_far();
        let range = match self.config.validation {
            Validation::Test => self.order.test,
            Validation::None | Validation::Fraction(_) => self.order.held_out,
        };
        let validation = range.map(|range| self.measure(range)).transpose()?.map(|(metrics, _)| metrics);
        let seen = match validation {
            Some(metrics) => metrics.loss,
            None => self.probe()?,
        };
        self.check_loss(seen as f32)?;
        self.find_threshold(range)?;
        let score = validation.map_or(-train.loss, |v| v.accuracy.unwrap_or(-v.loss_to_judge()));
        // of two networks neither loss says which epoch is best
        let adversarial = self.config.loss.is_adversarial();
        let best = !adversarial && self.state.best.is_none_or(|before| score > before);
        if adversarial {
            self.draw_samples()?;
        }
        if best {
            self.state.best = Some(score);
        }
        let learning_rate = self.schedule.rate(self.state.step.saturating_sub(1), &self.state.plateau);
        self.schedule.finish_epoch(&mut self.state.plateau, validation.map_or(train.loss, |v| v.loss_to_judge()));
        self.state.finish_epoch();
        let seconds = begun.elapsed().as_secs_f64();
        let (epoch, global_step) = (self.state.epoch, self.state.step);
        Ok(Event::Epoch {
            epoch,
            global_step,
            steps: self.steps_per_epoch(),
            seconds,
            learning_rate,
            train,
            validation,
            best,
        })
    }

    /// Loss and accuracy over a range of images.
    pub(super) fn evaluate(&mut self, range: Range) -> Result<Metrics, TrainError> {
        let answers = self.config.loss.target_kind().has_answers();
        let (batch, steps) = (self.config.batch, &mut self.steps);
        evaluate(&mut self.program, &self.order, &range, batch, answers, &[], steps)
    }

    /// [`evaluate`](Self::evaluate), and whatever else can be measured.
    fn measure(&mut self, range: Range) -> Result<(Metrics, Option<Measures>), TrainError> {
        let metrics = self.evaluate(range)?;
        let images = images_of(&self.order, &range);
        let measures = self.targets.measure(&self.program, &self.plan, &images, false)?;
        let more = measures.as_ref().map(Measures::summary).unwrap_or_default();
        Ok((Metrics { more, ..metrics }, measures))
    }

    /// Means over the epoch so far.
    fn so_far(&self) -> Metrics {
        let metrics = self.state.so_far(self.config.loss.target_kind().has_answers());
        match self.config.loss.is_adversarial() {
            true => metrics.with_generator(self.state.generator_loss_sum / self.state.seen.max(1) as f64),
            false => metrics,
        }
    }

    /// The loss of one training batch with the weights as they are. The losses of training steps come before their
    /// updates; this one sees the last update before anybody saves it.
    fn probe(&mut self) -> Result<f64, TrainError> {
        // two networks are looked at when they are saved
        if self.config.loss.is_adversarial() {
            return Ok(self.so_far().loss);
        }
        let range = Range { length: self.order.train.length.min(self.config.batch), ..self.order.train };
        Ok(self.evaluate(range)?.loss)
    }

    fn check_loss(&self, loss: f32) -> Result<(), TrainError> {
        let (step, learning_rate) = (self.state.step, self.config.learning_rate);
        if loss.is_finite() { Ok(()) } else { Err(TrainError::NotFinite { step, loss, learning_rate }) }
    }

    /// Loss and accuracy on the test split, if there is one.
    ///
    /// # Errors
    /// [`TrainError`].
    pub fn test(&mut self) -> Result<Option<Event>, TrainError> {
        let Some(range) = self.order.test else { return Ok(None) };
        let (metrics, measures) = self.measure(range)?;
        self.check_loss(metrics.loss as f32)?;
        let classes = match measures {
            Some(Measures::Errors(measured)) => measured.classes,
            _ => Vec::new(),
        };
        Ok(Some(Event::Test { images: range.length, metrics, classes }))
    }
}
