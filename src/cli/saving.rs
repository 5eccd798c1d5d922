//! `--save-every`: when a run is saved within an epoch.

use std::time::{Duration, Instant};

use super::CliError;
use super::args::TrainArgs;
use super::budget;

/// Where nothing was typed: what a kill costs at the most.
const EVERY: Duration = Duration::from_secs(600);

/// When the run is to be saved next.
pub struct Saving {
    every: Option<Duration>,
    since: Instant,
}

impl Saving {
    /// As it was typed.
    ///
    /// # Errors
    /// [`CliError::Usage`] if that is no time.
    pub fn of(args: &TrainArgs) -> Result<Self, CliError> {
        let every = match args.typed.text("save_every") {
            None => Some(EVERY),
            Some("off") => None,
            Some(text) => Some(budget::parse("--save-every", text)?),
        };
        Ok(Saving { every, since: Instant::now() })
    }

    /// Whether so much time has passed since the last time.
    pub fn is_due(&self) -> bool {
        self.every.is_some_and(|every| self.since.elapsed() >= every)
    }

    /// It was saved.
    pub fn done(&mut self) {
        self.since = Instant::now();
    }
}
