//! The learning-rate range test (Smith 2017): one training in which the rate rises step by step, and what its losses say.

use serde::Serialize;

/// The rates that a test goes through.
const LOWEST: f64 = 1e-6;
const HIGHEST: f64 = 10.0;
/// Steps of a test, at the most.
pub(super) const STEPS: usize = 120;
/// Steps on either side of one that its smoothed loss is the mean of: nothing is shifted to higher rates.
const SIDE: usize = 4;
/// A smoothed loss of so many times the lowest one ends the test: nothing is learned beyond.
const DIVERGED: f64 = 3.0;

/// The learning rate of step `number`, from 0.
pub(super) fn rate(number: usize) -> f64 {
    LOWEST * (HIGHEST / LOWEST).powf(number as f64 / (STEPS - 1) as f64)
}

/// A step of a range test.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LrRangePoint {
    /// Learning rate of its update.
    pub learning_rate: f64,
    /// The loss of its batch, before its update.
    pub loss: f64,
    /// The mean of the losses around it.
    pub smoothed: f64,
}

/// What a range test found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LrRangeTest {
    /// Every step, in order.
    pub points: Vec<LrRangePoint>,
    /// A learning rate to start with, if the loss fell at all.
    pub suggestion: Option<f64>,
}

impl LrRangeTest {
    /// The test of these rates and losses.
    pub fn new(measured: &[(f64, f64)]) -> Self {
        let point = |(i, &(learning_rate, loss)): (usize, &(f64, f64))| {
            // as many on either side, so that the ends are not tilted
            let side = SIDE.min(i).min(measured.len() - 1 - i);
            let around = &measured[i - side..=i + side];
            let smoothed = around.iter().map(|m| m.1).sum::<f64>() / around.len() as f64;
            LrRangePoint { learning_rate, loss, smoothed }
        };
        let points: Vec<LrRangePoint> = measured.iter().enumerate().map(point).collect();
        let suggestion = suggest(&points);
        LrRangeTest { points, suggestion }
    }

    pub(super) fn diverged(measured: &[(f64, f64)]) -> bool {
        let test = LrRangeTest::new(measured);
        let lowest = test.points.iter().map(|p| p.smoothed).fold(f64::INFINITY, f64::min);
        let recent = &measured[measured.len().saturating_sub(SIDE)..];
        // one bad batch is not the end
        recent.iter().any(|(_, loss)| !loss.is_finite())
            || (recent.len() == SIDE && recent.iter().all(|&(_, loss)| loss > DIVERGED * lowest))
    }
}

/// The rate at which the smoothed loss falls fastest with the logarithm of the rate, over windows of a tenth of the test;
/// it is before the loss's minimum by construction of the range.
fn suggest(points: &[LrRangePoint]) -> Option<f64> {
    let lowest = points.iter().enumerate().min_by(|a, b| a.1.smoothed.total_cmp(&b.1.smoothed))?.0;
    let window = (points.len() / 10).max(2);
    let slope = |i: usize| points[i + window].smoothed - points[i].smoothed;
    let steepest = (0..(lowest + 1).saturating_sub(window)).min_by(|&a, &b| slope(a).total_cmp(&slope(b)))?;
    (slope(steepest) < 0.0).then(|| points[steepest + window / 2].learning_rate)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Losses that fall around one rate and rise beyond another.
    fn losses(fall: f64, rise: f64) -> Vec<(f64, f64)> {
        let rates = (0..120).map(|i| LOWEST * (HIGHEST / LOWEST).powf(f64::from(i) / 119.0));
        rates.map(|lr| (lr, 2.3 - 1.5 / (1.0 + (fall / lr).powi(2)) + (lr / rise).powi(2))).collect()
    }

    #[test]
    fn the_suggestion_is_where_the_loss_falls() {
        for (fall, rise) in [(1e-3, 0.5), (1e-2, 2.0), (1e-4, 0.05)] {
            let suggested = LrRangeTest::new(&losses(fall, rise)).suggestion.unwrap();
            assert!(suggested > fall / 5.0 && suggested < fall * 5.0, "{suggested} for {fall}");
        }
    }

    #[test]
    fn nothing_is_suggested_where_nothing_is_learned() {
        let rising: Vec<(f64, f64)> = (0..50).map(|i| (f64::from(i), 1.0 + f64::from(i))).collect();
        assert_eq!(LrRangeTest::new(&rising).suggestion, None);
        assert_eq!(LrRangeTest::new(&[]).suggestion, None);
        assert_eq!(LrRangeTest::new(&[(1e-3, 2.0)]).suggestion, None);
    }

    #[test]
    fn a_loss_that_explodes_ends_the_test() {
        let mut measured = losses(1e-3, 10.0);
        assert!(!LrRangeTest::diverged(&measured[..60]));
        measured.extend((0..20).map(|i| (20.0, 50.0 * f64::from(i))));
        assert!(LrRangeTest::diverged(&measured));
        assert!(LrRangeTest::diverged(&[(1.0, 2.0), (2.0, f64::NAN)]));
    }
}
