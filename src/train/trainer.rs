//! The training loop.

use std::time::Instant;

use lepton_kernels::Step;
use lepton_kernels::adam::Adam;

use super::batches::{Order, Range};
use super::error::TrainError;
use super::evaluate::evaluate;
use super::event::{Control, Event, Metrics};
use super::profile::Profile;
use super::state::State;
use crate::checkpoint::DataPrint;
use crate::config::{OptimizerConfig, RunConfig, Validation};
use crate::data::Vocabulary;
use crate::gpu::Program;
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
pub struct Trainer<'gpu> {
    pub(super) program: Program<'gpu>,
    pub(super) plan: Plan,
    pub(super) model: ModelSpec,
    pub(super) config: RunConfig,
    pub(super) classes: Vec<String>,
    pub(super) vocabulary: Option<Vocabulary>,
    pub(super) order: Order,
    pub(super) data: DataPrint,
    pub(super) state: State,
    pub(super) begun: Instant,
    pub(super) steps: Vec<Step>,
    /// Steps that were submitted and not collected.
    pub(super) pending: usize,
}

impl<'gpu> Trainer<'gpu> {
    /// The plan, for its memory and its text.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The model, with the data set's number of classes.
    pub fn model(&self) -> &ModelSpec {
        &self.model
    }

    /// Where the run stands.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Steps of an epoch.
    pub fn steps_per_epoch(&self) -> usize {
        self.order.train.length.div_ceil(self.config.batch)
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
                    return Ok(Outcome::Stopped);
                }
            }
            if self.out_of_steps() && self.state.batch < self.steps_per_epoch() {
                let loss = self.probe()?;
                self.check_loss(loss as f32)?;
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
        let (begun, first) = (Instant::now(), self.state.step == 0);
        self.submit_some()?;
        let images = self.collect_some()?;
        let mut control = Control::Continue;
        if first {
            control = listen(self, &Event::FirstStep { seconds: self.begun.elapsed().as_secs_f64() })?;
        }
        if control == Control::Continue {
            let event = self.progress(images, begun.elapsed().as_secs_f64());
            control = listen(self, &event)?;
        }
        // whoever stops finds everything that was submitted
        while control == Control::Stop && self.pending > 0 {
            self.collect_some()?;
        }
        Ok(control)
    }

    /// Submits steps of this epoch while there is room and the device would run out of work.
    fn submit_some(&mut self) -> Result<(), TrainError> {
        loop {
            let left = self.steps_per_epoch() - self.state.batch - self.pending;
            let allowed = self.config.steps.map_or(u64::MAX, |steps| steps - self.state.step - self.pending as u64);
            let some = self.program.steps_per_run(Goal::Train);
            let count = some.min(left).min(allowed.try_into().unwrap_or(usize::MAX));
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

    /// Parameters of the step that comes `ahead` steps after the last one that was collected.
    fn step(&self, ahead: usize) -> Step {
        let order = self.order.training_step(self.state.epoch, self.config.batch, self.state.batch + ahead);
        let corrections = bias_corrections(&self.config.optimizer, self.state.step + ahead as u64 + 1);
        Step {
            learning_rate: self.config.learning_rate,
            bias_correction1: corrections[0],
            bias_correction2: corrections[1],
            ..order
        }
    }

    /// Waits for the oldest submission, takes in its records and returns its images.
    fn collect_some(&mut self) -> Result<usize, TrainError> {
        let mut images = 0;
        for &[loss, correct] in self.program.collect(Goal::Train)? {
            if !loss.is_finite() {
                let (step, learning_rate) = (self.state.step + 1, self.config.learning_rate);
                return Err(TrainError::NotFinite { step, loss, learning_rate });
            }
            let length = self.order.train.batch_length(self.config.batch, self.state.batch);
            images += length;
            self.pending -= 1;
            self.state.add(length, loss, correct);
        }
        Ok(images)
    }

    fn progress(&self, images: usize, seconds: f64) -> Event {
        Event::Progress {
            epoch: self.state.epoch + 1,
            step: self.state.batch,
            steps: self.steps_per_epoch(),
            images,
            images_left: self.order.train.length - self.state.seen as usize,
            seconds,
            so_far: self.state.so_far(),
        }
    }

    /// Trains up to `steps` steps of the epoch that is running with every launch timed by itself. They count as any others.
    ///
    /// # Errors
    /// [`TrainError`].
    pub fn profile(&mut self, steps: usize) -> Result<Profile, TrainError> {
        let mut profile = Profile::new(&self.plan);
        for _ in 0..steps {
            if self.state.batch == self.steps_per_epoch() || self.out_of_steps() {
                break;
            }
            let mut step = self.step(0);
            let ([loss, correct], seconds) = self.program.profile(Goal::Train, &mut step)?;
            if seconds.is_empty() {
                break;
            }
            self.check_loss(loss)?;
            self.state.add(step.batch_length as usize, loss, correct);
            profile.add(&seconds);
        }
        Ok(profile)
    }

    fn finish_epoch(&mut self, begun: Instant) -> Result<Event, TrainError> {
        let train = self.state.so_far();
        let validation = match self.config.validation {
            Validation::None => None,
            Validation::Test => self.order.test.map(|range| self.evaluate(range)).transpose()?,
            Validation::Fraction(_) => self.order.held_out.map(|range| self.evaluate(range)).transpose()?,
        };
        let seen = match validation {
            Some(metrics) => metrics.loss,
            None => self.probe()?,
        };
        self.check_loss(seen as f32)?;
        let score = validation.map_or(-train.loss, |v| v.accuracy);
        let best = self.state.best.is_none_or(|before| score > before);
        if best {
            self.state.best = Some(score);
        }
        self.state.finish_epoch();
        let seconds = begun.elapsed().as_secs_f64();
        let (epoch, global_step) = (self.state.epoch, self.state.step);
        Ok(Event::Epoch { epoch, global_step, steps: self.steps_per_epoch(), seconds, train, validation, best })
    }

    /// Loss and accuracy over a range of images.
    fn evaluate(&mut self, range: Range) -> Result<Metrics, TrainError> {
        evaluate(&mut self.program, &self.order, &range, self.config.batch, &mut self.steps)
    }

    /// The loss of one training batch with the weights as they are. The losses of training steps come before their
    /// updates; this one sees the last update before anybody saves it.
    fn probe(&mut self) -> Result<f64, TrainError> {
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
        let metrics = self.evaluate(range)?;
        self.check_loss(metrics.loss as f32)?;
        Ok(Some(Event::Test { images: range.length, metrics }))
    }
}

/// Adam's corrections of step `t`; other optimisers have none.
pub(crate) fn bias_corrections(optimizer: &OptimizerConfig, t: u64) -> [f32; 2] {
    match *optimizer {
        OptimizerConfig::Adam { beta1, beta2, epsilon, weight_decay } => {
            Adam { beta1, beta2, epsilon, weight_decay, ..Adam::default() }.bias_corrections(t)
        }
        OptimizerConfig::Sgd { .. } => [1.0, 1.0],
    }
}
