//! `(1 - t / T) ^ power` (`PolynomialLR`); linear with power 1.

use serde::{Deserialize, Serialize};

use super::{Member, Moment, Schedule, number, option, read};

/// This schedule in `SCHEDULES`.
pub const ENTRY: Member<dyn Schedule> = Member {
    name: "polynomial",
    summary: "a power of the remaining fraction of the run",
    options: &[option("power", number(0.0, 100.0), "1", "Exponent.")],
    read: read::<Polynomial>,
};

/// `(1 - t / T) ^ power` (`PolynomialLR`); linear with power 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Polynomial {
    /// Exponent of the share of the run that is left; 1 is a straight line.
    pub power: f64,
}

impl Default for Polynomial {
    fn default() -> Self {
        ENTRY.with_defaults()
    }
}

impl Schedule for Polynomial {
    fn entry(&self) -> &'static Member<dyn Schedule> {
        &ENTRY
    }

    fn factor(&self, now: &Moment) -> f64 {
        (1.0 - now.share()).powf(self.power)
    }
}
