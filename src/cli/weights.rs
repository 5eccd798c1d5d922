//! Which weights of a run answer.

use serde::Serialize;

use crate::checkpoint::{Checkpoint, Meta};
use crate::gpu::Gpu;
use crate::metrics::Best;
use crate::report::{aside, say};

/// The weights of a checkpoint within their run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Weights {
    /// Epochs that they had finished.
    epoch: u32,
    /// Epochs that the run was to have.
    epochs: u32,
    /// Steps that they had done.
    step: u64,
    /// What they were judged by, if they are the best ones until then.
    best: Option<Best>,
}

impl Weights {
    /// Those of a checkpoint.
    pub fn of(meta: &Meta) -> Self {
        let state = &meta.state;
        let best = state.best.filter(|_| state.is_best());
        Weights { epoch: state.epoch, epochs: meta.config.epochs, step: state.step, best }
    }

    /// In a line: `epoch 9 of 12, the best by macro F1 (0.8712)`.
    pub fn line(&self) -> String {
        let Weights { epoch, epochs, step, best } = self;
        match best {
            Some(best) => format!("epoch {epoch} of {epochs}, the best by {} ({:.4})", best.by.name(), best.score),
            None if *step == 0 => "as they were imported or initialized, without a step of training".into(),
            None if epoch == epochs => format!("epoch {epoch} of {epochs}, the last one"),
            None => format!("step {step}, after {epoch} of {epochs} epochs"),
        }
    }
}

/// Says what answers: the adapter and the weights, with headings of so many columns.
pub fn say_who(gpu: &Gpu, checkpoint: &Checkpoint, width: usize) {
    say!("{:<width$}{}", "adapter", gpu.summary().line());
    say!("{:<width$}{}", "weights", Weights::of(&checkpoint.meta).line());
}

/// The same on standard error, where answers have standard output for themselves.
pub fn tell_who(gpu: &Gpu, checkpoint: &Checkpoint) {
    aside!("adapter  {}", gpu.summary().line());
    aside!("weights  {}", Weights::of(&checkpoint.meta).line());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Criterion;

    #[test]
    fn weights_say_where_in_a_run_they_are_from() {
        let best = Best { epoch: Some(3), by: Criterion::MacroF1, score: 0.87125, loss: None };
        let line = |epoch, best| Weights { epoch, epochs: 5, step: 40 * u64::from(epoch), best }.line();
        assert_eq!(line(3, Some(best)), "epoch 3 of 5, the best by macro F1 (0.8712)");
        assert_eq!(line(5, None), "epoch 5 of 5, the last one");
        assert_eq!(line(2, None), "step 80, after 2 of 5 epochs");
        assert_eq!(line(0, None), "as they were imported or initialized, without a step of training");
    }
}
