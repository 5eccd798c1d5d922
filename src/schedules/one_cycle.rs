//! Up and down once (`OneCycleLR`; Smith and Topin 2018): from `1 / start` to 1 at the share `peak` of the run, then down to
//! `1 / (start * end)`. Momentum stays as it is.

use serde::{Deserialize, Serialize};

use super::{Anneal, Member, Moment, Schedule, Takes, number, option, read};

/// This schedule in `SCHEDULES`.
pub const ENTRY: Member<dyn Schedule> = Member {
    name: "one_cycle",
    summary: "one rise and one fall over the run",
    options: &[
        option("peak", number(0.0, 1.0), "0.3", "Fraction of the run at which the learning rate peaks."),
        option("start", number(1.0, 1e9), "25", "The initial learning rate is the peak / start."),
        option("end", number(1.0, 1e9), "10000", "The final learning rate is the initial one / end."),
        option("anneal", Takes::OneOf(&["cosine", "linear"]), "cosine", "Shape of the rise and the fall."),
    ],
    read: read::<OneCycle>,
};

/// Up and down once (`OneCycleLR`; Smith and Topin 2018): from `1 / start` to 1 at the share `peak` of the run, then down to
/// `1 / (start * end)`. Momentum stays as it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OneCycle {
    /// Share of the run at which the rate is highest.
    pub peak: f64,
    /// The first rate is 1 / `start`.
    pub start: f64,
    /// The last rate is the first one / `end`.
    pub end: f64,
    /// How it goes up and down.
    pub anneal: Anneal,
}

impl Default for OneCycle {
    fn default() -> Self {
        ENTRY.with_defaults()
    }
}

impl Schedule for OneCycle {
    fn entry(&self) -> &'static Member<dyn Schedule> {
        &ENTRY
    }

    fn factor(&self, now: &Moment) -> f64 {
        // the last step before the peak, and the last one
        let last = now.total.saturating_sub(1) as f64;
        let top = (self.peak * now.total as f64 - 1.0).max(0.0);
        let (first, t) = (1.0 / self.start, now.step as f64);
        if t <= top && top > 0.0 {
            return self.anneal.between(first, 1.0, t / top);
        }
        self.anneal.between(1.0, first / self.end, ((t - top) / (last - top).max(1.0)).min(1.0))
    }
}
