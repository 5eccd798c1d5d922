//! Where a share may lie that was counted on a few examples.

use serde::Serialize;

/// Bounds of a share, with 95 % confidence.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

/// The deviation that 95 % of a normal distribution are within.
const Z: f64 = 1.959_963_984_540_054;

impl Interval {
    /// Of a share of `count` among `all` independent examples: Wilson's score interval (1927), which suits small counts and shares near
    /// 0 and 1. Without examples it says nothing: 0 to 1.
    pub fn wilson(count: u64, all: u64) -> Self {
        if all == 0 {
            return Interval { low: 0.0, high: 1.0 };
        }
        let (n, share) = (all as f64, count as f64 / all as f64);
        let centre = share + Z * Z / (2.0 * n);
        let spread = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
        let scale = 1.0 + Z * Z / n;
        let low = if count == 0 { 0.0 } else { (centre - spread) / scale };
        let high = if count == all { 1.0 } else { (centre + spread) / scale };
        Interval { low, high }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_those_of_the_literature() {
        // the formula, evaluated independently in Python; statsmodels calls it proportion_confint(…, method="wilson")
        for (count, all, low, high) in [
            (12, 12, 0.757_506, 1.0),
            (0, 10, 0.0, 0.277_533),
            (15, 148, 0.062_386, 0.160_487),
            (5, 10, 0.236_593, 0.763_407),
        ] {
            let interval = Interval::wilson(count, all);
            assert!(
                (interval.low - low).abs() < 1e-5 && (interval.high - high).abs() < 1e-5,
                "{count}/{all}: {interval:?}"
            );
        }
        assert_eq!(Interval::wilson(0, 0), Interval { low: 0.0, high: 1.0 });
    }
}
