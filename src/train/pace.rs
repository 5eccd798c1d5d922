//! How long parts of a run take, measured on a trainer that is thrown away.

use super::error::TrainError;
use super::trainer::Trainer;
use crate::platform::Instant;

/// Seconds that parts of a run take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// A step.
    pub step: f64,
    /// The validation of an epoch; 0 without one.
    pub validation: f64,
    /// Saving after an epoch: the best weights and the last.
    pub saving: f64,
    /// The test at the end; 0 without test images.
    pub test: f64,
}

/// Steps that are timed, and the seconds after which no more are.
const STEPS: u64 = 16;
const SECONDS: f64 = 3.0;

impl Trainer {
    /// Times some steps, a validation and what is saved. The trainer is not what it was: whoever measures makes another one to
    /// train.
    ///
    /// # Errors
    /// As [`fit`](Self::fit).
    pub fn pace(&mut self) -> Result<Pace, TrainError> {
        // the first step waits for what is compiled
        self.train_steps(1)?;
        let (begun, mut steps) = (Instant::now(), 0);
        while steps < STEPS && begun.elapsed().as_secs_f64() < SECONDS {
            self.train_steps(1)?;
            steps += 1;
        }
        let step = begun.elapsed().as_secs_f64() / steps as f64;
        let timed = |begun: Instant| begun.elapsed().as_secs_f64();
        let begun = Instant::now();
        let validated = self.validate()?;
        let validation = if validated.is_some() { timed(begun) } else { 0.0 };
        let begun = Instant::now();
        let bytes = self.checkpoint()?.into_bytes();
        let saving = if bytes.is_empty() { 0.0 } else { 2.0 * timed(begun) };
        let begun = Instant::now();
        let tested = self.test()?;
        let test = if tested.is_some() { timed(begun) } else { 0.0 };
        Ok(Pace { step, validation, saving, test })
    }
}
