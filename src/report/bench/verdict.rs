//! What a result, or two of them, mean in one sentence.

use super::format::{figure, grouped};
use crate::bench::BenchResult;

/// What one result means beside the baseline.
pub fn of_one(result: &BenchResult) -> String {
    let Some(score) = &result.score else {
        return "none: a loss was wrong, or a workload did not run".into();
    };
    let [lowest, highest] = range(score.parts.iter().map(|part| part.images_per_second / part.baseline));
    format!(
        "trains {} as fast as the baseline, two cores without a GPU ({} to {}, by model)",
        times(score.value / 100.0),
        times(lowest),
        times(highest)
    )
}

/// Which of two results trains faster, over workloads that both have and whose losses are right in both.
pub fn of_two(a: &BenchResult, b: &BenchResult) -> String {
    let wrong = |result: &BenchResult| result.training.iter().any(|t| t.loss.is_some_and(|loss| !loss.passed()));
    match (wrong(a), wrong(b)) {
        (true, true) => return "none: losses of A and B are wrong, so their speeds mean nothing".into(),
        (true, false) => return "none: a loss of A is wrong, so its speed means nothing".into(),
        (false, true) => return "none: a loss of B is wrong, so its speed means nothing".into(),
        (false, false) => {}
    }
    let key = |t: &crate::bench::TrainingResult| (t.model.clone(), t.batch, t.precision.clone());
    let ratios: Vec<f64> = a
        .training
        .iter()
        .filter_map(|in_a| {
            let in_b = b.training.iter().find(|in_b| key(in_b) == key(in_a))?;
            Some(in_b.images_per_second / in_a.images_per_second)
        })
        .filter(|ratio| ratio.is_finite() && *ratio > 0.0)
        .collect();
    if ratios.is_empty() {
        return "none: A and B have no training in common".into();
    }
    let mean = (ratios.iter().map(|ratio| ratio.ln()).sum::<f64>() / ratios.len() as f64).exp();
    let [lowest, highest] = range(ratios.iter().copied());
    let (faster, slower, mean, [lowest, highest]) = if mean >= 1.0 {
        ("B", "A", mean, [lowest, highest])
    } else {
        ("A", "B", 1.0 / mean, [1.0 / highest, 1.0 / lowest])
    };
    let count = ratios.len();
    format!(
        "{faster} trains {} as fast as {slower} ({} to {} in {count} workload{})",
        times(mean),
        times(lowest),
        times(highest),
        if count == 1 { "" } else { "s" }
    )
}

fn range(values: impl Iterator<Item = f64>) -> [f64; 2] {
    values.fold([f64::INFINITY, 0.0], |[low, high], value| [low.min(value), high.max(value)])
}

/// `3.10x`, `1,240x`.
fn times(ratio: f64) -> String {
    if ratio < 999.5 { format!("{}x", figure(ratio)) } else { format!("{}x", grouped(ratio)) }
}
