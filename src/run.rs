//! A run in a few lines: a model, what differs from the defaults, and data.

use std::path::Path;

use crate::checkpoint::{Checkpoint, write_atomically};
use crate::config::{
    AugmentConfig, Freeze, LossConfig, NormalizeConfig, OptimizerConfig, RunConfig, ScheduleConfig, Validation,
};
use crate::data::Dataset;
use crate::gpu::Gpu;
use crate::metrics::Metrics;
use crate::model::ModelSpec;
use crate::tasks;
use crate::train::{Control, Event, Outcome, Predictor, StopHandle, TrainError, Trainer, Verdict};
use crate::weights::Weights;

/// A run that has not begun: a model and its configuration. What is not said has the defaults of [`RunConfig`], and the loss is
/// the one that the model and the data ask for.
///
/// ```
/// use lepton_gpu::{Run, data, gpu::Gpu, model::ModelSpec, train::Event};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let Ok(gpu) = Gpu::open(&Default::default()) else { return Ok(()) };
/// # /*
/// let gpu = Gpu::open(&Default::default())?; // the best adapter
/// # */
/// let data = data::load(None)?; // a small set that is in the program
/// let mut trained = Run::new(ModelSpec::open("linear")?)
///     .epochs(1)
///     .batch(50)
///     .limit(1000)
///     .on_event(|event| {
///         if let Event::Epoch { epoch, train, .. } = event {
///             println!("epoch {epoch}: loss {:.3}", train.loss);
///         }
///     })
///     .train(&gpu, &data)?;
/// let metrics = trained.evaluate()?.expect("it has test images");
/// assert!(metrics.accuracy.unwrap() > 0.5);
/// let image = data.test().unwrap().example(0)?;
/// let answer = trained.predictor(&gpu)?.predict(&image)?.remove(0);
/// println!("{} with {:.0} %", answer.best().unwrap().name, 100.0 * answer.best().unwrap().probability);
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("model.safetensors");
/// # /*
/// trained.save("model.safetensors")?;
/// # */
/// # trained.save(path)?;
/// # Ok(())
/// # }
/// ```
pub struct Run {
    model: ModelSpec,
    config: RunConfig,
    weights: Option<Weights>,
    has_rate: bool,
    has_loss: bool,
    listener: Listener,
    stop: StopHandle,
}

type Listener = Box<dyn FnMut(&Event) -> Result<Control, TrainError> + Send>;

impl Run {
    /// A run of a model with the defaults.
    pub fn new(model: ModelSpec) -> Self {
        let config = RunConfig { model: model.name.clone(), ..RunConfig::default() };
        let listener = Box::new(|_: &Event| Ok(Control::Continue));
        let stop = StopHandle::default();
        Run { model, config, weights: None, has_rate: false, has_loss: false, listener, stop }
    }

    /// With a whole configuration, its learning rate and loss included.
    #[must_use]
    pub fn config(self, config: RunConfig) -> Self {
        Run { config, has_rate: true, has_loss: true, ..self }
    }

    /// Starting from trained weights instead of the seed, and with the scaling of pixels that they were trained with unless
    /// [`normalize`](Self::normalize) says another; see [`Trainer::from_weights`].
    ///
    /// ```no_run
    /// # use lepton_gpu::{Run, config::Freeze, data::Dataset, gpu::Gpu, weights};
    /// # fn example(gpu: &Gpu, data: &Dataset) -> Result<(), Box<dyn std::error::Error>> {
    /// let weights = weights::open("efficientnet-lite0")?; // or the folder of a run, or a file
    /// let model = weights.model.clone().expect("built-in weights say so");
    /// let trained = Run::new(model).init(weights).freeze(Freeze::Body).epochs(10).train(gpu, data)?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn init(mut self, weights: Weights) -> Self {
        self.config.init = Some(weights.origin.clone());
        self.config.init_sha256 = weights.sha256.clone();
        if let (true, Some(normalize)) = (self.config.normalize.is_none(), &weights.normalize) {
            self.config.normalize = normalize.as_given();
        }
        Run { weights: Some(weights), ..self }
    }

    /// With layers that keep the weights that they start with.
    #[must_use]
    pub fn freeze(mut self, freeze: Freeze) -> Self {
        self.config.freeze = freeze;
        self
    }

    /// With an optimiser, at its own default rate unless [`learning_rate`](Self::learning_rate) says another.
    #[must_use]
    pub fn optimizer(mut self, optimizer: impl Into<OptimizerConfig>) -> Self {
        self.config.optimizer = optimizer.into();
        if !self.has_rate {
            self.config.learning_rate = self.config.optimizer.default_learning_rate();
        }
        self
    }

    /// With a learning rate: the highest of a schedule.
    #[must_use]
    pub fn learning_rate(mut self, learning_rate: f32) -> Self {
        (self.config.learning_rate, self.has_rate) = (learning_rate, true);
        self
    }

    /// With so many passes over the training images.
    #[must_use]
    pub fn epochs(mut self, epochs: u32) -> Self {
        self.config.epochs = epochs;
        self
    }

    /// Stops after so many steps at the latest.
    #[must_use]
    pub fn steps(mut self, steps: u64) -> Self {
        self.config.steps = Some(steps);
        self
    }

    /// With so many images a batch.
    #[must_use]
    pub fn batch(mut self, images: usize) -> Self {
        self.config.batch = images;
        self
    }

    /// With the seed of starting weights, order and held-out images.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.config.seed = seed;
        self
    }

    /// On the first so many training images alone.
    #[must_use]
    pub fn limit(mut self, images: usize) -> Self {
        self.config.limit = Some(images);
        self
    }

    /// With a loss instead of the one that model and data ask for.
    #[must_use]
    pub fn loss(mut self, loss: impl Into<LossConfig>) -> Self {
        (self.config.loss, self.has_loss) = (loss.into(), true);
        self
    }

    /// With a schedule of the learning rate.
    #[must_use]
    pub fn schedule(mut self, schedule: impl Into<ScheduleConfig>) -> Self {
        self.config.schedule = schedule.into();
        self
    }

    /// With images that validate each epoch.
    #[must_use]
    pub fn validation(mut self, validation: Validation) -> Self {
        self.config.validation = validation;
        self
    }

    /// With a scaling of pixels.
    #[must_use]
    pub fn normalize(mut self, normalize: NormalizeConfig) -> Self {
        self.config.normalize = normalize;
        self
    }

    /// With transforms of the training images.
    #[must_use]
    pub fn augment(mut self, augment: AugmentConfig) -> Self {
        self.config.augment = augment;
        self
    }

    /// With a listener that hears every event; see [`Verdict`] for what it may return. For one that borrows, or saves while the
    /// run goes on, see [`Trainer::fit`].
    #[must_use]
    pub fn on_event<V: Verdict>(mut self, mut listen: impl FnMut(&Event) -> V + Send + 'static) -> Self {
        self.listener = Box::new(move |event| listen(event).control());
        self
    }

    /// What stops the run from another thread.
    pub fn stop_handle(&self) -> StopHandle {
        self.stop.clone()
    }

    /// Trains the model to the end of the run, or until it is stopped.
    ///
    /// # Errors
    /// If data, model and configuration do not go together, the loss is not finite any more, the device fails, or the
    /// listener does.
    pub fn train(mut self, gpu: &Gpu, data: &Dataset) -> Result<Trained, TrainError> {
        if !self.has_loss {
            self.config.loss = tasks::default_loss(&self.model, data)?;
        }
        let trainer = match &self.weights {
            Some(weights) => Trainer::from_weights(gpu, data, self.model, self.config, weights, &mut self.listener)?,
            None => Trainer::new(gpu, data, self.model, self.config)?,
        };
        let mut trainer = trainer.with_stop_handle(self.stop);
        let outcome = trainer.fit(|_, event| (self.listener)(event))?;
        Ok(Trained { trainer, outcome })
    }
}

/// A run that ended, with its weights on the device. What is evaluated, answers and is saved are the weights of its best epoch
/// ([`Trainer::best`]), which may not be the last one; those of the moment where no epoch is better than another. To train on from
/// the last step, [`into_trainer`](Self::into_trainer).
pub struct Trained {
    trainer: Trainer,
    outcome: Outcome,
}

impl Trained {
    /// Whether it finished or was stopped.
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// Loss, accuracy and what else is measured on the test images with the weights of the best epoch; `None` without such
    /// images.
    ///
    /// # Errors
    /// If the loss is not finite, or the device fails.
    pub fn evaluate(&mut self) -> Result<Option<Metrics>, TrainError> {
        Ok(self.trainer.test()?.and_then(|event| match event {
            Event::Test { metrics, .. } => Some(metrics),
            _ => None,
        }))
    }

    /// The model with the weights of its best epoch, ready to answer.
    ///
    /// # Errors
    /// If the model has no answers to give, or the device fails.
    pub fn predictor(&self, gpu: &Gpu) -> Result<Predictor, TrainError> {
        Predictor::new(gpu, &self.checkpoint()?, None)
    }

    /// The model with the weights of its best epoch, as [`evaluate`](Self::evaluate) measures them and
    /// [`predictor`](Self::predictor) answers with them, without the optimiser's state. [`Trainer::checkpoint`] has that, with the
    /// last weights.
    ///
    /// # Errors
    /// If a weight is not finite, or the device fails.
    pub fn checkpoint(&self) -> Result<Checkpoint, TrainError> {
        self.trainer.best_checkpoint()
    }

    /// Writes [`checkpoint`](Self::checkpoint) to a file, whole or not at all.
    ///
    /// # Errors
    /// As [`checkpoint`](Self::checkpoint), and the system's.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), TrainError> {
        Ok(write_atomically(path.as_ref(), &self.checkpoint()?.into_bytes())?)
    }

    /// The trainer as it stands after the last step, to go on with.
    pub fn into_trainer(self) -> Trainer {
        self.trainer
    }
}
