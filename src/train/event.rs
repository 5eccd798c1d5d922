//! What a run tells whoever listens: the terminal, `events.jsonl`, an application.

use serde::Serialize;

use crate::metrics::{ClassError, Summary};

/// Means over some images.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Metrics {
    /// Mean loss of an image.
    pub loss: f64,
    /// Share of right answers, 0..1; of several labels, where all are right. None where numbers are predicted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<f64>,
    /// Both losses, where two networks are trained in turn; `loss` is then the discriminator's.
    #[serde(flatten)]
    pub adversarial: Option<AdversarialLosses>,
    /// What else was measured, after an evaluation.
    #[serde(flatten)]
    pub more: Summary,
}

impl Metrics {
    /// The loss that tells a better epoch from a worse one: where some classes are normal, that of their images.
    pub(super) fn loss_to_judge(&self) -> f64 {
        self.more.normal_error.unwrap_or(self.loss)
    }
}

/// The losses of two networks that are trained in turn.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct AdversarialLosses {
    /// The discriminator's: mean over real images plus mean over generated ones; 1.386 where it cannot tell them apart.
    pub d_loss: f64,
    /// The generator's; 0.693 there.
    pub g_loss: f64,
}

/// Something that happened in a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
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
    },
    /// The test split was evaluated at the end.
    Test {
        /// Images.
        images: usize,
        /// Means.
        #[serde(flatten)]
        metrics: Metrics,
        /// Errors by class, of autoencoders.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        classes: Vec<ClassError>,
    },
}

/// What a listener wants after an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Control {
    /// Go on.
    #[default]
    Continue,
    /// Save and stop.
    Stop,
}
