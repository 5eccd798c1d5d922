//! What a run tells whoever listens: the terminal, `events.jsonl`, an application.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;

use super::error::TrainError;
use crate::metrics::{Assessment, Best, ClassError, Metrics};

/// Something that happened in a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A frozen body computed features of some images, before the first step.
    Features {
        /// Images whose features are there.
        seen: usize,
        /// Images of the whole pass.
        images: usize,
        /// Seconds since it began.
        seconds: f64,
    },
    /// A head that is trained on features before the run's first step has seen all of them once more.
    Head {
        /// Times that it has seen them.
        epoch: u32,
        /// Steps so far.
        step: u64,
        /// Steps of all.
        steps: u64,
        /// Seconds since its first step.
        seconds: f64,
        /// Means over the training images, while they were learned.
        #[serde(flatten)]
        train: Metrics,
        /// Means over the validation images.
        validation: Option<Metrics>,
    },
    /// The first step has finished: everything is compiled.
    FirstStep {
        /// Seconds since the trainer was asked for.
        seconds: f64,
    },
    /// Some steps have finished.
    Progress {
        /// Epoch, from 1.
        epoch: u32,
        /// Steps done in this epoch.
        step: usize,
        /// Steps of an epoch.
        steps: usize,
        /// Images seen by these steps.
        images: usize,
        /// Images seen in this epoch.
        seen: u64,
        /// Images that this epoch has still to see.
        images_left: usize,
        /// Seconds these steps took.
        seconds: f64,
        /// Means over the epoch so far.
        #[serde(flatten)]
        so_far: Metrics,
    },
    /// Something makes the run slower and changes no result of it: the cache of decoded images cannot be written any more.
    Note {
        /// What, what it means, and a way out.
        text: String,
    },
    /// Nothing is under way within an epoch, since a listener asked for [`Control::Save`]: a checkpoint made now can be resumed exactly.
    Checkpoint {
        /// Steps since the start of the run.
        global_step: u64,
    },
    /// An epoch has finished.
    Epoch {
        /// Epoch, from 1.
        epoch: u32,
        /// Steps since the start of the run.
        global_step: u64,
        /// Steps of an epoch.
        steps: usize,
        /// Seconds of this epoch in this process.
        seconds: f64,
        /// Learning rate of its last step.
        learning_rate: f32,
        /// Means over the training images, while they were learned.
        #[serde(flatten)]
        train: Metrics,
        /// Means over the validation images.
        validation: Option<Metrics>,
        /// Whether this is the best epoch so far.
        best: bool,
        /// Validation images by class (row) and answer (column), of up to [`TOLD_CLASSES`](crate::metrics::TOLD_CLASSES) classes.
        #[serde(skip_serializing_if = "Option::is_none")]
        confusion: Option<Vec<Vec<u64>>>,
    },
    /// The test split was evaluated at the end.
    Test {
        /// Number of test images.
        images: usize,
        /// Means over the test images.
        #[serde(flatten)]
        metrics: Metrics,
        /// Errors by class, of autoencoders.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        classes: Vec<ClassError>,
        /// The epoch whose weights were evaluated: the best one; none where it was those of the moment.
        #[serde(skip_serializing_if = "Option::is_none")]
        best: Option<Best>,
    },
    /// What a finished run is worth.
    Verdict {
        /// Seconds that the run took in this process.
        seconds: f64,
        /// What was found with the weights of the best epoch; none where the task evaluates nothing.
        #[serde(flatten)]
        assessment: Option<Assessment>,
    },
}

/// What a listener wants after an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Control {
    /// Go on with the run.
    #[default]
    Continue,
    /// Finish the steps that are under way, then tell [`Event::Checkpoint`], at which the run can be saved, and go on. It changes no
    /// number of the run.
    Save,
    /// Save and stop.
    Stop,
}

/// What a listener may return: nothing, which goes on; a [`Control`]; or either of them in a `Result`, whose error ends the
/// run.
pub trait Verdict {
    /// Whether the run goes on.
    ///
    /// # Errors
    /// The listener's.
    fn control(self) -> Result<Control, TrainError>;
}

impl Verdict for () {
    fn control(self) -> Result<Control, TrainError> {
        Ok(Control::Continue)
    }
}

impl Verdict for Control {
    fn control(self) -> Result<Control, TrainError> {
        Ok(self)
    }
}

impl<V: Verdict, E: Into<Box<dyn Error + Send + Sync>>> Verdict for Result<V, E> {
    fn control(self) -> Result<Control, TrainError> {
        match self {
            Ok(verdict) => verdict.control(),
            Err(error) => Err(TrainError::Listener(error.into())),
        }
    }
}

/// Stops a run from anywhere, also from another thread: it finishes the step that is running and returns
/// [`Outcome::Stopped`](super::Outcome::Stopped). Clones stop the same run.
#[derive(Clone, Debug, Default)]
pub struct StopHandle(Arc<AtomicBool>);

impl StopHandle {
    /// Stops the run after the step that is running; before it begins, after its first step.
    pub fn stop(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it was asked to stop.
    pub fn is_stopped(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
