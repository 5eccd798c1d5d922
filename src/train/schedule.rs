//! The learning rate of every step: a pure function of the configuration and the step, and for a plateau of the losses of
//! the epochs before.

use crate::checkpoint::Plateau;
use crate::config::RunConfig;
use crate::schedules::{Moment, ScheduleConfig};

/// The course of the learning rate of a run.
#[derive(Clone, Debug)]
pub struct Schedule {
    learning_rate: f64,
    schedule: ScheduleConfig,
    steps_per_epoch: u64,
    total: u64,
    warmup: u64,
    warmup_start: f64,
}

/// A loss is better than the best one if it is smaller by this share.
const THRESHOLD: f64 = 1e-4;

impl Schedule {
    /// The schedule of a run whose epochs have so many steps.
    pub fn new(config: &RunConfig, steps_per_epoch: usize) -> Self {
        let steps_per_epoch = steps_per_epoch as u64;
        let steps = |epochs: f64| (epochs * steps_per_epoch as f64).round() as u64;
        let (warmup, warmup_start) = config.warmup.map_or((0, 1.0), |w| (steps(w.epochs), w.start));
        Schedule {
            learning_rate: f64::from(config.learning_rate),
            schedule: config.schedule.clone(),
            steps_per_epoch,
            total: u64::from(config.epochs) * steps_per_epoch,
            warmup,
            warmup_start,
        }
    }

    /// Steps of the whole run.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The learning rate of a step, counted from 0.
    pub fn rate(&self, step: u64, plateau: &Plateau) -> f32 {
        (self.learning_rate * self.warming(step) * self.factor(step, plateau)) as f32
    }

    fn warming(&self, step: u64) -> f64 {
        if step >= self.warmup {
            return 1.0;
        }
        self.warmup_start + (1.0 - self.warmup_start) * step as f64 / self.warmup as f64
    }

    fn factor(&self, step: u64, plateau: &Plateau) -> f64 {
        let epoch = (step / self.steps_per_epoch.max(1)).min(i32::MAX as u64) as i32;
        // what stretches over the run begins when warm-up ends
        let (t, total) = (step.saturating_sub(self.warmup), self.total.saturating_sub(self.warmup));
        self.schedule.factor(&Moment { epoch, step: t, total, reductions: plateau.reductions })
    }

    /// Takes in the loss of an epoch.
    pub fn finish_epoch(&self, plateau: &mut Plateau, loss: f64) {
        let Some(patience) = self.schedule.patience() else { return };
        if plateau.best.is_none_or(|best| loss < best * (1.0 - THRESHOLD)) {
            (plateau.best, plateau.waited) = (Some(loss), 0);
            return;
        }
        plateau.waited += 1;
        if plateau.waited > patience {
            (plateau.waited, plateau.reductions) = (0, plateau.reductions + 1);
        }
    }
}
