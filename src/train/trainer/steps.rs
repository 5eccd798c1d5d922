//! The parameters of each step.

use lepton_kernels::Step;

use super::super::mixing::mix;
use super::super::schedule::Schedule;
use super::super::updates::Updates;
use crate::checkpoint::State;
use crate::config::RunConfig;
use crate::model::ModelSpec;
use crate::session::{Sampler, Targets};

/// What the batches of an epoch weigh by their number, where classes have weights.
pub(super) fn weights<'a>(
    order: &'a Sampler,
    targets: &'a Targets,
    config: &'a RunConfig,
    epoch: u32,
) -> impl Fn(usize) -> Option<f64> + 'a {
    move |number| targets.weight(&config.loss, &order.training_step(epoch, config.batch, number))
}

/// What the parameters of a step follow from.
pub(super) struct Steps<'a> {
    pub config: &'a RunConfig,
    pub model: &'a ModelSpec,
    pub schedule: &'a Schedule,
    pub state: &'a State,
}

impl Steps<'_> {
    /// Parameters of batch `number` of the epoch that is running.
    pub fn of(&self, order: &Sampler, targets: &Targets, updates: &Updates, number: usize) -> Step {
        let update = updates.of(number);
        let before = self.state.step + (update.number - self.state.batch) as u64;
        let step = self.at(order, self.state.epoch, number, before);
        // a batch that is all of its update finds its own weight on the device
        let weight = if updates.accumulate > 1 {
            updates.weight(number, weights(order, targets, self.config, self.state.epoch)).unwrap_or(0.0)
        } else {
            0.0
        };
        Step { update_images: update.images as u32, update_weight: weight as f32, part: update.part, ..step }
    }

    /// Parameters of a batch that is an update of its own, after `before` updates of the run.
    pub fn at(&self, order: &Sampler, epoch: u32, batch: usize, before: u64) -> Step {
        let mut step = order.training_step(epoch, self.config.batch, batch);
        let [h, w, _] = self.model.input;
        mix(&self.config.augment, &mut step, [h, w]);
        let t = before + 1;
        // batch norm takes a batch's statistics in, whether the weights are updated after it or later
        let batches = order.training_batches(self.config.batch).count() as u64;
        let seen = u64::from(epoch) * batches + batch as u64;
        let [bias_correction1, bias_correction2] = self.config.optimizer.bias_corrections(t);
        Step {
            learning_rate: self.schedule.rate(before, &self.state.plateau),
            bias_correction1,
            bias_correction2,
            ema_decay: self.config.update.average_decay(t, self.schedule.total()),
            least_momentum: if self.state.given_averages { 0.0 } else { 1.0 / (seen + 1) as f32 },
            ..step
        }
    }
}
