//! Seconds that a part may take, and samples taken within them.

use crate::gpu::{GpuError, Timed};
use crate::platform::Instant;

/// Seconds of one sample: long against the tick of a device's clock, and far from the time at which drivers give up.
const SAMPLE_SECONDS: f64 = 2e-3;
/// Samples without which a median means little.
const LEAST: usize = 3;

/// A part's time.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    begun: Instant,
    seconds: f64,
}

impl Budget {
    /// From now on.
    pub fn new(seconds: f64) -> Self {
        Budget { begun: Instant::now(), seconds }
    }

    /// Seconds that are left; negative once it is overdrawn.
    pub fn left(&self) -> f64 {
        self.seconds - self.begun.elapsed().as_secs_f64()
    }

    /// The share that is used, 0..1.
    pub fn used(&self) -> f64 {
        (1.0 - self.left() / self.seconds).clamp(0.0, 1.0)
    }

    /// An equal part of what is left, for the next of `jobs` jobs.
    pub fn share(&self, jobs: usize) -> Budget {
        Budget::new((self.left() / jobs.max(1) as f64).max(0.0))
    }
}

/// Up to `most` samples of something that measures itself; at least three if they take no more than three times the budget.
pub fn samples(
    budget: Budget,
    most: usize,
    take: &mut dyn FnMut() -> Result<f64, GpuError>,
) -> Result<Vec<f64>, GpuError> {
    let mut all = Vec::with_capacity(most);
    loop {
        all.push(take()?);
        let enough = all.len() >= LEAST || budget.left() < -2.0 * budget.seconds;
        if all.len() >= most || (budget.left() < 0.0 && enough) {
            return Ok(all);
        }
    }
}

/// Samples of the seconds of one repetition of `timed`, after it has run once for nothing.
pub fn timed_samples(timed: &Timed, budget: Budget, most: usize) -> Result<Vec<f64>, GpuError> {
    // some drivers compile at the first launch
    let first = timed.seconds(1)?;
    let again = if first < budget.seconds / 4.0 { timed.seconds(1)? } else { first };
    let repeats = ((SAMPLE_SECONDS / again.max(1e-9)) as usize).clamp(1, 500);
    samples(budget, most, &mut || Ok(timed.seconds(repeats)? / repeats as f64))
}
