//! Half a cosine from 1 down to `last` (`CosineAnnealingLR`; Loshchilov and Hutter 2017, without restarts).

use serde::{Deserialize, Serialize};

use super::{Anneal, Member, Moment, Schedule, number, option, read};

/// This schedule in `SCHEDULES`.
pub const ENTRY: Member<dyn Schedule> = Member {
    name: "cosine",
    summary: "half a cosine, from 1 down to the factor `last`",
    options: &[option("last", number(0.0, 1.0), "0", "Factor at the end of the run.")],
    read: read::<Cosine>,
};

/// Half a cosine from 1 down to `last` (`CosineAnnealingLR`; Loshchilov and Hutter 2017, without restarts).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cosine {
    /// The factor at the end of the run.
    pub last: f64,
}

impl Default for Cosine {
    fn default() -> Self {
        ENTRY.with_defaults()
    }
}

impl Schedule for Cosine {
    fn entry(&self) -> &'static Member<dyn Schedule> {
        &ENTRY
    }

    fn factor(&self, now: &Moment) -> f64 {
        Anneal::Cosine.between(1.0, self.last, now.share())
    }
}
