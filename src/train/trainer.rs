//! The training loop, and what a run saves and goes on from.

mod best;
mod steps;
mod tensors;

use std::borrow::Cow;

use crate::platform::Instant;

use lepton_kernels::Step;
use lepton_kernels::op::Precision;

use super::error::TrainError;
use super::event::{Control, Event, StopHandle, Verdict};
use super::lr_range::{self, LrRangeTest};
use super::profile::Profile;
use super::schedule::Schedule;
use super::setup::{self, Setup};
use super::start::sample;
use super::updates::Updates;
use crate::checkpoint::{AVERAGE, Checkpoint, CheckpointError, DatasetFingerprint, NamedTensor, State};
use crate::config::RunConfig;
use crate::data::{Dataset, Vocabulary};
use crate::gpu::Gpu;
use crate::metrics::Metrics;
use crate::model::{ModelSpec, Sample, WHITENED};
use crate::plan::{Buffer, Goal, Plan, TensorPlace};
use crate::session::{Range, Session};
use crate::tasks::{self, Detail, Examined, Judging, Samples, Task};
use crate::weights::Fit;
use best::Kept;
use steps::{Steps, weights};

/// How a call of [`Trainer::fit`] ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All epochs or steps are done.
    Finished,
    /// The listener or a [`StopHandle`] stopped it.
    Stopped,
}

/// Name of the loss scale in a checkpoint.
const LOSS_SCALE: &str = "optimizer.loss_scale";

/// A buffer whose tensors a checkpoint holds.
struct Arena {
    buffer: Buffer,
    words: usize,
    tensors: Vec<TensorPlace>,
}

/// A model, its data and its optimiser on a device, and where the run stands.
///
/// It owns what it needs and is `Send`: it can live in a struct and move to another thread.
pub struct Trainer {
    /// The device side.
    pub(super) session: Session,
    task: &'static dyn Task,
    pub(super) model: ModelSpec,
    pub(super) config: RunConfig,
    /// What a checkpoint says of the data: names of the outputs, words by token, and which images they were.
    outputs: Vec<String>,
    vocabulary: Option<Vocabulary>,
    pub(super) data: DatasetFingerprint,
    /// What computed the features that it trains on, where these are no images.
    pub(super) body: Option<Body>,
    /// What became of the weights that it started from.
    pub(super) origin: Option<Fit>,
    schedule: Schedule,
    updates: Updates,
    pub(super) state: State,
    /// What its best epoch is chosen by.
    judging: Option<Judging>,
    kept: Option<Kept>,
    flight: Flight,
    stop: StopHandle,
    /// What was drawn after the last epoch.
    samples: Option<Samples>,
    begun: Instant,
}

/// The frozen part of a model whose head is trained on features.
pub(super) struct Body {
    /// Its parameters, as a checkpoint holds them.
    pub tensors: Vec<NamedTensor>,
}

/// Batches that are on their way.
#[derive(Clone, Copy, Debug, Default)]
struct Flight {
    /// Batches of the step under way that were collected; between steps, 0.
    within: usize,
    /// Batches that were submitted and not collected.
    pending: usize,
}

impl Trainer {
    pub(super) fn build(gpu: &Gpu, data: &Dataset, model: &ModelSpec, config: RunConfig) -> Result<Self, TrainError> {
        let begun = Instant::now();
        let vocabulary = data.texts().map(|text| text.vocabulary.clone());
        let Setup { mut session, model, config, outputs, data } = Setup::new(gpu, data, model, config)?;
        let batches = session.order.training_batches(config.batch);
        let updates = Updates { batches, accumulate: config.update.accumulate };
        let task = tasks::of(&config.loss);
        let validated = setup::validation_range(&session.order, &config);
        session.expect(validated, config.epochs);
        let balance = best::balance(&session, validated, outputs.len());
        Ok(Trainer {
            task,
            judging: Judging::new(task, &config, session.plan.classes, &balance, validated.is_some())?,
            kept: None,
            schedule: Schedule::new(&config, updates.count()),
            session,
            model,
            config,
            outputs,
            vocabulary,
            data,
            body: None,
            origin: None,
            updates,
            state: State::default(),
            flight: Flight::default(),
            stop: StopHandle::default(),
            samples: None,
            begun,
        })
    }

    /// The first training images, without those that are held out.
    ///
    /// # Errors
    /// [`TrainError::Source`] if one of them cannot be read.
    pub(super) fn first_images<'a>(&'a self, data: &'a Dataset) -> Result<Sample<'a>, TrainError> {
        let train = self.session.order.train;
        let first = Range { length: train.length.min(WHITENED), ..train };
        let images = self.session.images(&first);
        sample(self.plan(), data, images.into_iter(), &self.model, &self.config)
    }

    /// The plan, for its memory and its text.
    pub fn plan(&self) -> &Plan {
        &self.session.plan
    }

    /// The configuration, with the numbers of the data set where it asks for them.
    pub fn config(&self) -> &RunConfig {
        &self.config
    }

    /// Names of what the model gives: classes, labels, or values.
    pub fn outputs(&self) -> &[String] {
        &self.outputs
    }

    /// The model, with the data set's number of classes.
    pub fn model(&self) -> &ModelSpec {
        &self.model
    }

    /// What it is trained for.
    pub fn task(&self) -> &'static dyn Task {
        self.task
    }

    /// What became of the weights that it started from; `None` if it started from the seed, or from a checkpoint.
    pub fn origin(&self) -> Option<&Fit> {
        self.origin.as_ref()
    }

    /// Where the run stands.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// What was drawn after the last epoch, where the task draws: images of a generator.
    pub fn samples(&self) -> Option<&Samples> {
        self.samples.as_ref()
    }

    /// What stops this run from another thread or a signal handler.
    pub fn stop_handle(&self) -> StopHandle {
        self.stop.clone()
    }

    /// With a handle that was made before.
    #[must_use]
    pub fn with_stop_handle(self, stop: StopHandle) -> Self {
        Trainer { stop, ..self }
    }

    /// Steps of an epoch: updates, each over one or several batches.
    pub fn steps_per_epoch(&self) -> usize {
        self.updates.count()
    }

    /// Images of a step that is not the last of an epoch.
    pub fn images_per_step(&self) -> usize {
        self.updates.batches.batch * self.updates.accumulate
    }

    /// Images that an epoch learns from.
    pub fn images_per_epoch(&self) -> usize {
        self.updates.batches.images
    }

    /// Launches of such a step.
    pub fn dispatches_per_step(&self) -> usize {
        self.plan().lists[Goal::Train].len() + (self.updates.accumulate - 1) * self.plan().lists[Goal::Accumulate].len()
    }

    /// Trains to the configured epochs or steps. `listen` hears every event; it may return nothing, a [`Control`] that stops
    /// the run, or a `Result` of either. It is handed the trainer so that it can save.
    ///
    /// ```no_run
    /// # use lepton_gpu::train::{Control, Event, Trainer};
    /// # fn example(mut trainer: Trainer) -> Result<(), Box<dyn std::error::Error>> {
    /// trainer.fit(|_, event| println!("{event:?}"))?;
    /// // stops after the first epoch that is good enough
    /// trainer.fit(|_, event| match event {
    ///     Event::Epoch { train, .. } if train.loss < 0.1 => Control::Stop,
    ///     _ => Control::Continue,
    /// })?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the loss or the weights are not finite any more, the device is lost, or the listener fails.
    pub fn fit<V: Verdict>(&mut self, mut listen: impl FnMut(&Trainer, &Event) -> V) -> Result<Outcome, TrainError> {
        self.run(&mut |trainer: &Trainer, event: &Event| listen(trainer, event).control())
    }

    fn run(&mut self, listen: &mut Listener) -> Result<Outcome, TrainError> {
        while self.state.epoch < self.config.epochs && !self.out_of_steps() && !self.out_of_patience() {
            let begun = Instant::now();
            while self.state.batch < self.steps_per_epoch() && !self.out_of_steps() {
                if self.run_some(listen)? == Control::Stop {
                    self.settle(None)?;
                    return Ok(Outcome::Stopped);
                }
            }
            if self.out_of_steps() && self.state.batch < self.steps_per_epoch() {
                let loss = self.probe()?;
                self.check_loss("training", loss as f32)?;
                self.settle(None)?;
            } else {
                let event = self.finish_epoch(begun)?;
                let done = self.state.epoch == self.config.epochs || self.out_of_steps() || self.out_of_patience();
                if self.tell(listen, &event)? == Control::Stop && !done {
                    return Ok(Outcome::Stopped);
                }
            }
        }
        Ok(Outcome::Finished)
    }

    /// Tells the listener; a run that was asked to stop stops whatever it says.
    fn tell(&self, listen: &mut Listener, event: &Event) -> Result<Control, TrainError> {
        let control = listen(self, event)?;
        Ok(if self.stop.is_stopped() { Control::Stop } else { control })
    }

    fn out_of_steps(&self) -> bool {
        self.config.steps.is_some_and(|steps| self.state.step >= steps)
    }

    /// Whether so many epochs brought nothing better that the run ends.
    pub fn out_of_patience(&self) -> bool {
        self.config.patience.is_some_and(|patience| self.state.batch == 0 && self.state.waited >= patience)
    }

    /// Keeps the device busy, and takes in one submission's worth of steps.
    fn run_some(&mut self, listen: &mut Listener) -> Result<Control, TrainError> {
        let (begun, first) = (Instant::now(), self.state.step == 0 && self.state.totals.seen == 0);
        let steps_left = self.config.steps.map_or(u64::MAX, |steps| steps - self.state.step);
        self.submit_until(self.updates.end(self.state.batch, steps_left))?;
        let images = self.collect_some()?;
        let mut control = Control::Continue;
        if first {
            control = self.tell(listen, &Event::FirstStep { seconds: self.begun.elapsed().as_secs_f64() })?;
        }
        if control == Control::Continue {
            let event = self.progress(images, begun.elapsed().as_secs_f64());
            control = self.tell(listen, &event)?;
        }
        if control == Control::Continue
            && let Some(text) = self.session.news()
        {
            control = self.tell(listen, &Event::Note { text })?;
        }
        // whoever stops or saves finds everything that was submitted, and whole steps
        while control != Control::Continue && (self.flight.pending > 0 || self.flight.within > 0) {
            if self.flight.pending == 0 {
                self.submit_until(self.updates.end(self.state.batch, 1))?;
            }
            self.collect_some()?;
        }
        if control == Control::Save {
            self.settle(None)?;
            let event = Event::Checkpoint { global_step: self.state.step };
            control = self.tell(listen, &event)?;
        }
        Ok(control)
    }

    /// Batches of this epoch that were collected.
    fn collected(&self) -> usize {
        self.state.batch * self.updates.accumulate + self.flight.within
    }

    /// Submits batches of this epoch up to number `end` while there is room and the device would run out of work.
    fn submit_until(&mut self, end: usize) -> Result<(), TrainError> {
        loop {
            let done = self.collected() + self.flight.pending;
            let is_long = self.session.program.steps_per_run(Goal::Train) == 1;
            let count = self.session.steps_per_run(Goal::Train).min(end.saturating_sub(done));
            // steps so long that a submission holds one need no second submission to hide its cost
            if count == 0 || !self.session.program.is_free() || (self.flight.pending > 0 && is_long) {
                return Ok(());
            }
            let steps =
                Steps { config: &self.config, model: &self.model, schedule: &self.schedule, state: &self.state };
            let updates = &self.updates;
            self.session
                .submit(done..done + count, |order, targets, number| steps.of(order, targets, updates, number))?;
            self.flight.pending += count;
        }
    }

    /// Waits for the oldest submission, takes in its records and returns its images.
    fn collect_some(&mut self) -> Result<usize, TrainError> {
        let before = self.state.totals.seen;
        let Trainer { session, task, config, state, flight, updates, .. } = self;
        for &record in session.program.collect(Goal::Train)? {
            check_record(record, state.step, config.learning_rate)?;
            flight.pending -= 1;
            take(weights(&session.order, &session.targets, config, state.epoch), *task, updates, state, flight, record);
        }
        Ok((state.totals.seen - before) as usize)
    }

    fn progress(&self, images: usize, seconds: f64) -> Event {
        let seen = self.state.totals.seen;
        Event::Progress {
            epoch: self.state.epoch + 1,
            step: self.state.batch,
            steps: self.steps_per_epoch(),
            images,
            seen,
            images_left: self.updates.batches.images - seen as usize,
            seconds,
            so_far: self.so_far(),
        }
    }

    /// Trains so many steps more, for a loop of one's own; fewer if the configured epochs or steps end before. Epochs begin and
    /// end as in [`fit`](Self::fit). Gives the means over the epoch so far.
    ///
    /// # Errors
    /// As [`fit`](Self::fit).
    pub fn train_steps(&mut self, steps: u64) -> Result<Metrics, TrainError> {
        let configured = self.config.steps;
        let end = self.state.step.saturating_add(steps);
        self.config.steps = Some(configured.map_or(end, |most| most.min(end)));
        let mut epoch = None;
        let trained = self.run(&mut |_, event| {
            if let Event::Epoch { train, .. } = event {
                epoch = Some(*train);
            }
            Ok(Control::Continue)
        });
        self.config.steps = configured;
        trained?;
        match epoch {
            // an epoch that has just ended has no sums any more
            Some(ended) if self.state.batch == 0 => Ok(ended),
            _ => Ok(self.so_far()),
        }
    }

    /// Evaluates the images that validate an epoch; `None` where the configuration names none.
    ///
    /// # Errors
    /// If the loss is not finite, or the device is lost.
    pub fn validate(&mut self) -> Result<Option<Metrics>, TrainError> {
        let Some(range) = self.validation_range() else { return Ok(None) };
        let metrics = self.measure(range, Detail::Summary)?.metrics;
        self.check_loss("validation", metrics.loss as f32)?;
        Ok(Some(metrics))
    }

    /// Whether there are images that validate epochs.
    pub fn validates(&self) -> bool {
        self.validation_range().is_some()
    }

    fn validation_range(&self) -> Option<Range> {
        setup::validation_range(&self.session.order, &self.config)
    }

    /// Trains up to `steps` steps of the epoch that is running with every launch timed by itself. They count as any others.
    ///
    /// # Errors
    /// If the loss is not finite any more, or the device is lost.
    pub fn profile(&mut self, steps: usize) -> Result<Profile, TrainError> {
        let mut profile = Profile::new(self.plan());
        while profile.steps < steps {
            if self.state.batch == self.steps_per_epoch() || self.out_of_steps() {
                break;
            }
            let (number, update) = (self.collected(), self.updates.of(self.collected()));
            let step = self.steps().of(&self.session.order, &self.session.targets, &self.updates, number);
            let (record, seconds) = if update.is_last() {
                self.session.profile(number, step)?
            } else {
                // what is timed is a batch with its update
                self.session.submit(number..number + 1, |_, _, _| step)?;
                (self.session.program.collect(Goal::Train)?[0], Vec::new())
            };
            if update.is_last() && seconds.is_empty() {
                break;
            }
            self.check_loss("training", record[0])?;
            let Trainer { session, task, config, state, flight, updates, .. } = self;
            take(weights(&session.order, &session.targets, config, state.epoch), *task, updates, state, flight, record);
            if !seconds.is_empty() {
                profile.add(&seconds);
            }
        }
        Ok(profile)
    }

    /// Runs a learning-rate range test from the weights as they are. The trainer is used up: its weights were trained at all
    /// those rates.
    ///
    /// # Errors
    /// [`TaskError::TwoLosses`](crate::tasks::TaskError::TwoLosses) where two networks are trained in turn, or if the device
    /// is lost.
    pub fn lr_range_test(mut self) -> Result<LrRangeTest, TrainError> {
        if !self.task.evaluates() {
            return Err(tasks::TaskError::TwoLosses.into());
        }
        let mut measured: Vec<(f64, f64)> = Vec::new();
        while measured.len() < lr_range::STEPS && !LrRangeTest::diverged(&measured) {
            let learning_rate = lr_range::rate(measured.len());
            let (number, count) = (measured.len(), self.steps_per_epoch());
            let (epoch, batch) = ((number / count) as u32, number % count);
            let step = self.steps().at(&self.session.order, epoch, batch, number as u64);
            let step = Step { learning_rate: learning_rate as f32, ..step };
            self.session.submit(batch..batch + 1, |_, _, _| step)?;
            let loss = self.session.program.collect(Goal::Train)?[0][0];
            measured.push((learning_rate, f64::from(loss)));
        }
        measured.retain(|(_, loss)| loss.is_finite());
        Ok(LrRangeTest::new(&measured))
    }

    fn steps(&self) -> Steps<'_> {
        Steps { config: &self.config, model: &self.model, schedule: &self.schedule, state: &self.state }
    }

    fn finish_epoch(&mut self, begun: Instant) -> Result<Event, TrainError> {
        let train = self.so_far();
        let range = self.validation_range();
        let measured =
            range.map(|range| Ok::<_, TrainError>((range, self.measure(range, Detail::Full)?))).transpose()?;
        let validation = measured.as_ref().map(|(_, examined)| examined.metrics);
        let confusion = measured.as_ref().and_then(|(_, examined)| examined.measures.as_ref()?.told_confusion());
        match validation {
            Some(metrics) => self.check_loss("validation", metrics.loss as f32)?,
            None => self.probe().and_then(|loss| self.check_loss("training", loss as f32))?,
        }
        self.settle(range)?;
        let best = self.judge(&train, validation.as_ref());
        self.state.waited = if best { 0 } else { self.state.waited + 1 };
        self.samples = self.task.draw(&mut self.session, &self.model, &self.config)?;
        let learning_rate = self.schedule.rate(self.state.step.saturating_sub(1), &self.state.plateau);
        let judged = validation.map_or(train.loss, |metrics| metrics.judged_loss());
        self.schedule.finish_epoch(&mut self.state.plateau, judged);
        self.state.finish_epoch();
        if best {
            self.keep(measured)?;
        }
        Ok(Event::Epoch {
            epoch: self.state.epoch,
            global_step: self.state.step,
            steps: self.steps_per_epoch(),
            seconds: begun.elapsed().as_secs_f64(),
            learning_rate,
            train,
            validation,
            best,
            confusion,
        })
    }

    /// Takes anew what the run keeps beside its weights.
    fn settle(&mut self, evaluated: Option<Range>) -> Result<(), TrainError> {
        Ok(self.task.settle(&mut self.session, &self.config, &mut self.state, evaluated)?)
    }

    /// The means over a range of images, and whatever else can be measured.
    fn measure(&mut self, range: Range, detail: Detail) -> Result<Examined, TrainError> {
        Ok(self.task.examine(&mut self.session, &range, &[], detail)?)
    }

    /// Means over the epoch so far.
    fn so_far(&self) -> Metrics {
        self.task.metrics(&self.state.totals)
    }

    /// The loss of one training batch with the weights as they are. The losses of training steps come before their
    /// updates; this one sees the last update before anybody saves it.
    fn probe(&mut self) -> Result<f64, TrainError> {
        // what cannot be evaluated is looked at when it is saved
        if !self.task.evaluates() {
            return Ok(self.so_far().loss);
        }
        let train = self.session.order.train;
        let range = Range { length: train.length.min(self.config.batch), ..train };
        Ok(self.task.evaluate(&mut self.session, &range, &[])?.loss)
    }

    fn check_loss(&self, of: &'static str, loss: f32) -> Result<(), TrainError> {
        let (step, learning_rate) = (self.state.step, self.config.learning_rate);
        if loss.is_finite() { Ok(()) } else { Err(TrainError::NotFinite { of, step, loss, learning_rate }) }
    }

    /// Everything that the run is, as it stands: the last weights, with all that it takes to go on from there.
    /// [`best_checkpoint`](Self::best_checkpoint) has those to answer with.
    ///
    /// # Errors
    /// [`TrainError::Diverged`] if a weight is not finite, or if the device is lost.
    pub fn checkpoint(&self) -> Result<Checkpoint, TrainError> {
        let Session { program, .. } = &self.session;
        let mut tensors = Vec::new();
        for Arena { buffer, words, tensors: places } in self.arenas() {
            let bytes = program.read(buffer, 0, words as u64 * 4)?;
            self.check_finite(&bytes)?;
            for TensorPlace { name, shape, offset_words } in places {
                let data = bytes[offset_words * 4..][..shape.count() * 4].to_vec();
                tensors.push(NamedTensor { name, shape: shape.sizes().to_vec(), data });
            }
        }
        if self.config.precision == Precision::F16 {
            let data = program.read(Buffer::LossScale, 0, 16)?;
            tensors.push(NamedTensor { name: LOSS_SCALE.into(), shape: vec![4], data });
        }
        for tensor in self.body.iter().flat_map(|body| &body.tensors) {
            if self.config.update.averages() {
                tensors.push(NamedTensor { name: format!("{AVERAGE}{}", tensor.name), ..tensor.clone() });
            }
            tensors.push(tensor.clone());
        }
        let (outputs, vocabulary) = (&self.outputs, self.vocabulary.as_ref());
        Ok(Checkpoint::new(&self.model, &self.config, outputs, vocabulary, self.data, &self.state, tensors))
    }

    /// The buffers that a run is made of, with the tensors that lie in them.
    fn arenas(&self) -> Vec<Arena> {
        let plan = &self.session.plan;
        let (parameters, words, states) = (&plan.parameters, &plan.arena_words, &plan.states);
        let weights = |prefix: &str, buffer| {
            let tensors = parameters.iter().map(|parameter| parameter.place(prefix)).collect();
            Arena { buffer, words: *words, tensors }
        };
        let mut arenas = vec![weights("", Buffer::Parameters)];
        if self.config.update.averages() {
            arenas.push(weights(AVERAGE, Buffer::Averages));
        }
        arenas.extend(states.iter().enumerate().map(|(i, state)| {
            let tensors = parameters.iter().zip(&state.tensors).filter_map(|(parameter, tensor)| {
                let (shape, offset_words) = tensor.clone()?;
                let name = format!("optimizer.{}.{}", state.name, parameter.name);
                Some(TensorPlace { name, shape, offset_words })
            });
            Arena { buffer: Buffer::State(i), words: state.words, tensors: tensors.collect() }
        }));
        arenas
    }

    /// A loss is computed before its step's update, so a last update can leave weights that no loss has seen.
    fn check_finite(&self, words: &[u8]) -> Result<(), TrainError> {
        let mut values = words.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
        if values.all(f32::is_finite) {
            return Ok(());
        }
        Err(TrainError::Diverged { step: self.state.step, learning_rate: self.config.learning_rate })
    }

    /// A checkpoint of this run without the parameters of a frozen body, which are not on the device.
    fn own_part<'a>(&self, checkpoint: &'a Checkpoint) -> Cow<'a, Checkpoint> {
        let Some(Body { tensors }) = &self.body else { return Cow::Borrowed(checkpoint) };
        let mut own = checkpoint.clone();
        own.tensors.retain(|tensor| {
            let name = tensor.name.strip_prefix(AVERAGE).unwrap_or(&tensor.name);
            tensors.iter().all(|of_body| of_body.name != name)
        });
        Cow::Owned(own)
    }

    pub(super) fn restore(&mut self, from: &Checkpoint) -> Result<(), TrainError> {
        let Session { program, plan, .. } = &self.session;
        let from = &self.own_part(from);
        super::evaluate::check_checkpoint(from, self.task, plan)?;
        // the order of images depends on their number, so other images would make another run of it
        let (before, now) = (from.meta.data, self.data);
        if before != now {
            return Err(TrainError::DataChanged { before, now });
        }
        from.meta
            .state
            .check(self.steps_per_epoch(), self.images_per_epoch())
            .map_err(|problem| CheckpointError::Damaged { path: from.path.clone(), problem })?;
        // parameters last: what is made from them and their averages is made when they are written
        for Arena { buffer, words, tensors } in self.arenas().into_iter().rev() {
            let bytes = from.arena(&tensors, words)?;
            match buffer {
                Buffer::Parameters => program.write_parameters(&bytes)?,
                other => program.write(other, &bytes)?,
            }
        }
        if self.config.precision == Precision::F16 {
            program.write(Buffer::LossScale, from.tensor(LOSS_SCALE, &[4])?)?;
        }
        self.state = from.meta.state.clone();
        // an epoch of an earlier version was judged by what its score is
        if let (Some(judging), Some(best)) = (&mut self.judging, self.state.best) {
            judging.by = best.by;
        }
        self.keep_best(from)
    }
}

/// What hears a run's events.
type Listener<'a> = dyn FnMut(&Trainer, &Event) -> Result<Control, TrainError> + 'a;

/// Refuses a record of training after `step` updates with a number that is not finite: a loss is computed before its own update.
fn check_record([loss, second]: [f32; 2], step: u64, learning_rate: f32) -> Result<(), TrainError> {
    match [loss, second].into_iter().find(|number| !number.is_finite()) {
        Some(loss) => Err(TrainError::NotFinite { of: "training", step, loss, learning_rate }),
        None => Ok(()),
    }
}

/// Counts the next batch with its record. The device divides its loss by the images of the whole update, or by what its batches weigh.
fn take(
    weight: impl Fn(usize) -> Option<f64>,
    task: &dyn Task,
    updates: &Updates,
    state: &mut State,
    flight: &mut Flight,
    [loss, second]: [f32; 2],
) {
    let number = state.batch * updates.accumulate + flight.within;
    let (update, images) = (updates.of(number), updates.batches.get(number).len());
    let whole = updates.weight(number, &weight).unwrap_or(update.images as f64);
    state.totals.add(images, f64::from(loss) * whole, weight(number));
    task.count(&mut state.totals, images, second);
    flight.within += 1;
    if update.is_last() {
        flight.within = 0;
        state.finish_step();
    }
}
