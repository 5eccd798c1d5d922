//! The best epoch of a run: what it is chosen by, its weights, and what they are worth.

use super::super::error::TrainError;
use super::super::event::Event;
use super::super::looks::Looks;
use super::super::schedule::Schedule;
use super::super::setup;
use super::Trainer;
use crate::checkpoint::{AVERAGE, Checkpoint, State};
use crate::config::RunConfig;
use crate::data::Balance;
use crate::losses::Records;
use crate::metrics::{Assessment, Best, Examined as Of, Measures, Metrics};
use crate::plan::Buffer;
use crate::session::{Range, Session};
use crate::tasks::{Detail, Examined, Judging};

/// The weights of the best epoch.
pub(super) struct Kept {
    /// The buffer that evaluation reads: all parameters, or their averages.
    weights: Vec<u8>,
    /// Where the run stood after it.
    state: State,
    /// What was measured with them, and on which images.
    measured: Vec<(Range, Examined)>,
}

/// Images of each class that are learned and that validate, of `classes` classes; nothing where images have no class.
pub(super) fn balance(session: &Session, validated: Option<Range>, classes: usize) -> Balance {
    if session.plan.loss.target_row().records != Some(Records::Answers) {
        return Balance::default();
    }
    let labels = |range: Range| session.images(&range).into_iter().map(|image| session.targets.labels[image]);
    let validated: Vec<u32> = validated.map_or_else(Vec::new, |range| labels(range).collect());
    Balance::count(classes, labels(session.order.train), validated)
}

impl Trainer {
    /// What the best epoch is chosen by, and why; none where no epoch is better than another.
    pub fn judging(&self) -> Option<Judging> {
        self.judging
    }

    /// Images of each class that are learned and that validate; no classes where images have none.
    pub fn balance(&self) -> Balance {
        balance(&self.session, self.validation_range(), self.outputs.len())
    }

    /// The best epoch whose weights are here, with which the test images are evaluated; none where weights are those of the
    /// moment.
    pub fn best(&self) -> Option<Best> {
        self.kept.as_ref().and(self.state.best)
    }

    /// Judges the epoch that has just been trained: whether it is the best one so far.
    pub(super) fn judge(&mut self, train: &Metrics, validation: Option<&Metrics>) -> bool {
        let Some(judging) = self.judging else { return false };
        let now = judging.judge(self.state.epoch + 1, train, validation);
        let is_best = self.state.best.is_none_or(|before| now.beats(&before));
        if is_best {
            self.state.best = Some(now);
        }
        is_best
    }

    /// Keeps the weights of the epoch that has just ended, with what was measured with them.
    pub(super) fn keep(&mut self, measured: Option<(Range, Examined)>) -> Result<(), TrainError> {
        let weights = self.session.program.read(self.answering(), 0, self.arena_bytes())?;
        self.kept = Some(Kept { weights, state: self.state.clone(), measured: measured.into_iter().collect() });
        Ok(())
    }

    /// Takes the weights of the best epoch from the checkpoint that holds them, for a run that was resumed after that epoch. One
    /// of another epoch is passed over.
    ///
    /// # Errors
    /// [`TrainError::Checkpoint`] if it is of another model.
    pub fn keep_best(&mut self, checkpoint: &Checkpoint) -> Result<(), TrainError> {
        let state = &checkpoint.meta.state;
        if state.best.is_none() || state.best != self.state.best || !state.is_best() {
            return Ok(());
        }
        let Session { plan, .. } = &self.session;
        let checkpoint = &*self.own_part(checkpoint);
        super::super::evaluate::check_checkpoint(checkpoint, self.task, plan)?;
        let weights = checkpoint.weights(&plan.parameters, plan.arena_words)?;
        self.kept = Some(Kept { weights, state: state.clone(), measured: Vec::new() });
        Ok(())
    }

    /// Evaluates the test split with the weights of the best epoch, if there is a test split.
    ///
    /// # Errors
    /// If the loss is not finite, or the device is lost.
    pub fn test(&mut self) -> Result<Option<Event>, TrainError> {
        let Some(range) = self.session.order.test else { return Ok(None) };
        let Examined { metrics, measures, .. } = self.examine(range)?;
        let classes = measures.map_or_else(Vec::new, Measures::into_class_errors);
        Ok(Some(Event::Test { images: range.length, metrics, classes, best: self.best() }))
    }

    /// What the run is worth, with the weights of its best epoch: on the images that validate it, else on the test images, else on
    /// the first of those that it learned. None where the task evaluates nothing, or nothing was trained.
    ///
    /// # Errors
    /// As [`test`](Self::test).
    pub fn assess(&mut self) -> Result<Option<Assessment>, TrainError> {
        let Some((of, range)) = self.looked_at()? else { return Ok(None) };
        let Examined { metrics, measures, .. } = self.examine(range)?;
        let (best, epochs, validated) = (self.best(), self.state.epoch, self.validation_range().is_some());
        let on = (of, range.length);
        Ok(Some(Assessment::new(best, epochs, on, validated, &metrics, measures.as_ref(), &self.outputs)))
    }

    /// What [`assess`](Self::assess) looks at, example by example. None where it looks at nothing, or nothing was recorded of
    /// single examples.
    ///
    /// # Errors
    /// As [`test`](Self::test).
    pub fn looks(&mut self) -> Result<Option<Looks>, TrainError> {
        let Some((of, range)) = self.looked_at()? else { return Ok(None) };
        let Examined { metrics, answers, .. } = self.examine(range)?;
        let examples = setup::places(&self.session.order, &self.session.images(&range));
        Ok(answers.map(|answers| Looks { of, loss: metrics.judged_loss(), examples, answers }))
    }

    /// The examples that say what the run is worth.
    fn looked_at(&mut self) -> Result<Option<(Of, Range)>, TrainError> {
        if !self.task.evaluates() || self.state.step == 0 {
            return Ok(None);
        }
        let (test, normal) = (self.session.order.test, !self.config.normal.is_empty());
        let (of, range) = setup::looked_at(&self.session.order, &self.config);
        // normal images alone say nothing of anomalies
        if let (Some(all), true) = (test, normal)
            && matches!(&self.examine(range)?.measures, Some(Measures::Errors(errors)) if errors.auc.is_none())
        {
            return Ok(Some((Of::Test, all)));
        }
        Ok(Some((of, range)))
    }

    /// Everything that can be measured on some images with the weights of the best epoch. It is measured once.
    fn examine(&mut self, range: Range) -> Result<Examined, TrainError> {
        let mut known = self.kept.iter().flat_map(|kept| &kept.measured);
        if let Some((_, measured)) = known.find(|(of, _)| *of == range) {
            return Ok(measured.clone());
        }
        let measured = self.with_best(|trainer| trainer.measure(range, Detail::Full))?;
        let of = if self.session.order.test == Some(range) { "test" } else { "validation" };
        self.check_loss(of, measured.metrics.loss as f32)?;
        if let Some(kept) = &mut self.kept {
            kept.measured.push((range, measured.clone()));
        }
        Ok(measured)
    }

    /// The run as it stood after its best epoch, with what answering needs and without the optimiser's state: the weights that
    /// [`test`](Self::test) and [`assess`](Self::assess) look at. Those of the moment where no epoch is the best.
    ///
    /// # Errors
    /// As [`checkpoint`](Self::checkpoint).
    pub fn best_checkpoint(&self) -> Result<Checkpoint, TrainError> {
        let mut checkpoint = self.checkpoint()?.without_optimizer();
        let Some(kept) = &self.kept else { return Ok(checkpoint) };
        let prefix = if self.config.update.averages() { AVERAGE } else { "" };
        for parameter in &self.session.plan.parameters {
            let place = parameter.place(prefix);
            let bytes = &kept.weights[place.offset_words * 4..][..place.shape.count() * 4];
            let tensor = checkpoint.tensors.iter_mut().find(|tensor| tensor.name == place.name);
            tensor.expect("a checkpoint has every parameter").data = bytes.to_vec();
        }
        checkpoint.meta.state = kept.state.clone();
        Ok(checkpoint)
    }

    /// The learning rate of the last step as another configuration had it, and that of the next step.
    pub fn rates(&self, before: &RunConfig) -> [f32; 2] {
        let State { step, plateau, .. } = &self.state;
        let former = Schedule::new(before, self.updates.count());
        [former.rate(step.saturating_sub(1), plateau), self.schedule.rate(*step, plateau)]
    }

    /// The buffer of weights that evaluation reads.
    fn answering(&self) -> Buffer {
        if self.config.update.averages() { Buffer::Averages } else { Buffer::Parameters }
    }

    pub(super) fn arena_bytes(&self) -> u64 {
        self.session.plan.arena_words as u64 * 4
    }

    /// Looks at something with the weights of the best epoch, and puts those of the moment back.
    fn with_best<T>(&mut self, look: impl FnOnce(&mut Self) -> Result<T, TrainError>) -> Result<T, TrainError> {
        let Some(kept) = self.kept.take() else { return look(self) };
        let moment = self.swap(&kept.weights)?;
        let seen = look(self);
        self.swap(&moment)?;
        self.kept = Some(kept);
        seen
    }

    /// Puts other weights on the device for evaluation, and returns those that were there.
    fn swap(&self, weights: &[u8]) -> Result<Vec<u8>, TrainError> {
        let program = &self.session.program;
        let before = program.read(self.answering(), 0, self.arena_bytes())?;
        if self.config.update.averages() {
            program.write(Buffer::Averages, weights)?;
            // what is made from either of them is made when parameters are written
            program.write_parameters(&program.read(Buffer::Parameters, 0, self.arena_bytes())?)?;
        } else {
            program.write_parameters(weights)?;
        }
        Ok(before)
    }
}
