//! What a sweep asks of `train`, whose runs it takes turns with.

use super::super::CliError;
use crate::metrics::Criterion;
use crate::train::{Event, StopHandle, Trainer};

/// A turn of one of a sweep's runs, from its beginning or its checkpoint on.
pub struct Turn<'a> {
    /// What stops the whole sweep.
    pub stop: StopHandle,
    /// The epoch after which it is another run's turn; none trains to the end.
    pub until: Option<u32>,
    /// Whether it is the best run, which is tested and gets a report.
    pub is_winner: bool,
    /// A setting that is varied and that makes losses of runs incomparable.
    pub changes_loss: Option<&'static str>,
    /// Hears what happens.
    pub listen: &'a mut dyn FnMut(&Event),
}

impl Turn<'_> {
    /// The run's trainer, which the sweep can stop.
    ///
    /// # Errors
    /// [`CliError::Usage`] if what comes of it could not be compared with other runs.
    pub fn joined(&self, trainer: Trainer) -> Result<Trainer, CliError> {
        let refused = |problem: &str, way: &str| Err(CliError::Usage(format!("{problem}\n  try: {way}")));
        let Some(judging) = trainer.judging() else {
            return refused(
                "a sweep ranks its runs by a measure, and a model of this kind has none",
                "lepton-gpu train, and runs compare",
            );
        };
        if !trainer.validates() {
            return refused("a sweep ranks its runs on images that are held out, and none are", "--val-split 0.2");
        }
        match self.changes_loss.filter(|_| judging.by == Criterion::Loss) {
            Some(flag) => refused(
                &format!("--vary {flag} changes what the loss is, and the runs would be compared by their loss"),
                "--best-by accuracy, or another measure",
            ),
            None => Ok(trainer.with_stop_handle(self.stop.clone())),
        }
    }

    /// Takes in an event; whether the turn ends with it.
    pub fn ends_with(&mut self, event: &Event) -> bool {
        (self.listen)(event);
        matches!(event, Event::Epoch { epoch, .. } if self.until.is_some_and(|until| *epoch >= until))
    }
}
