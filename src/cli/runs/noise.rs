//! Whether two runs differ by more than chance, on examples that neither has learned.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::super::started::digest;
use super::super::{CliError, pictures};
use crate::checkpoint::{Checkpoint, locate};
use crate::gpu::Gpu;
use crate::metrics::{Answers, Interval, McNemar, Numbers, ValueMeasures, bootstrap};
use crate::report::percent;
use crate::train::Evaluator;

/// The chance below which a difference is called more than chance.
const LEVEL: f64 = 0.05;
/// Examples of which a bootstrap tells something.
const FEW: usize = 10;

/// What is known of the difference between the first run and another one.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "test", rename_all = "snake_case")]
pub enum Noise {
    /// Answers that are right or wrong, on the same examples.
    Mcnemar {
        /// `training`, `validation` or `test`.
        split: &'static str,
        /// Examples.
        examples: usize,
        /// Right answers of the first run.
        right: u64,
        /// Right answers of the other one.
        other_right: u64,
        /// Where they differ, and the chance of that.
        #[serde(flatten)]
        paired: McNemar,
    },
    /// Mean absolute errors, on the same examples.
    Bootstrap {
        /// `training`, `validation` or `test`.
        split: &'static str,
        /// Examples.
        examples: usize,
        /// Mean absolute error of the first run; of several numbers the mean over them, each in its standard deviations.
        error: f64,
        /// That of the other one.
        other_error: f64,
        /// Where the difference of both may lie.
        interval: Interval,
        /// Whether errors are in standard deviations.
        #[serde(skip)]
        is_scaled: bool,
    },
    /// The runs were looked at on different examples.
    Unpaired {
        /// Why they cannot be paired.
        why: String,
        /// Right answers and examples of the first run, with where the share may lie.
        first: Option<(u64, u64, Interval)>,
        /// Those of the other one.
        other: Option<(u64, u64, Interval)>,
    },
    /// Nothing can be said.
    Unknown {
        /// Why.
        why: String,
    },
}

/// A run on the examples that tell most about it.
struct Looked {
    split: &'static str,
    digest: Option<String>,
    answers: Answers,
}

/// What is known of the difference between the first run and each other one.
pub fn tests(runs: &[PathBuf], open: impl Fn() -> Result<Gpu, CliError>) -> Result<Vec<Noise>, CliError> {
    let gpu = open()?;
    let looked: Vec<Result<Looked, CliError>> = runs.iter().map(|run| look(run, &gpu)).collect();
    let unknown = |run: &Path, error: &CliError| Noise::Unknown {
        why: format!("{} cannot be evaluated: {error}", run.display()),
    };
    let others = looked.iter().zip(runs).skip(1);
    Ok(others
        .map(|(other, run)| match (&looked[0], other) {
            (Ok(first), Ok(other)) => between(first, other),
            (Err(error), _) => unknown(&runs[0], error),
            (_, Err(error)) => unknown(run, error),
        })
        .collect())
}

fn look(run: &Path, gpu: &Gpu) -> Result<Looked, CliError> {
    let checkpoint = Checkpoint::read(&locate(run)?)?;
    let data = pictures::of_run(&checkpoint, None, &Default::default())?;
    let (split, name) = data.unseen();
    let answers = Evaluator::new(gpu, &checkpoint, &data, None)?.examine()?.answers;
    let answers = answers.ok_or_else(|| CliError::Usage("it keeps no answers".into()))?;
    let all: Vec<usize> = (0..split.len()).collect();
    Ok(Looked { split: name, digest: digest(split, &all, &data), answers })
}

fn between(first: &Looked, other: &Looked) -> Noise {
    let is_same = first.digest.is_some() && first.digest == other.digest && first.answers.len() == other.answers.len();
    let [one, two] = [first, other].map(|looked| right(&looked.answers));
    if !is_same {
        let counted = |right: Option<Vec<bool>>| {
            let right = right?;
            let count = right.iter().filter(|&&right| right).count() as u64;
            Some((count, right.len() as u64, Interval::wilson(count, right.len() as u64)))
        };
        let [a, b] = [first, other].map(|looked| format!("{} {} examples", looked.answers.len(), looked.split));
        return Noise::Unpaired {
            why: format!("they were evaluated on different examples ({a}; {b})"),
            first: counted(one),
            other: counted(two),
        };
    }
    let (split, examples) = (first.split, first.answers.len());
    if let (Some(one), Some(two)) = (one, two) {
        let count = |right: &[bool]| right.iter().filter(|&&right| right).count() as u64;
        let paired = McNemar::new(&one, &two);
        return Noise::Mcnemar { split, examples, right: count(&one), other_right: count(&two), paired };
    }
    match (errors(&first.answers), errors(&other.answers)) {
        (Some(one), Some(two)) => {
            let mean = |errors: &[f64]| errors.iter().sum::<f64>() / errors.len().max(1) as f64;
            let differences: Vec<f64> = one.iter().zip(&two).map(|(one, two)| one - two).collect();
            let (error, other_error, interval) = (mean(&one), mean(&two), bootstrap(&differences));
            let is_scaled = matches!(&first.answers, Answers::Values(Numbers { width: 2.., .. }));
            Noise::Bootstrap { split, examples, error, other_error, interval, is_scaled }
        }
        _ => Noise::Unknown { why: "the runs answer different questions, or none that is right or wrong".into() },
    }
}

/// Whether each answer is right: the class, or all labels.
fn right(answers: &Answers) -> Option<Vec<bool>> {
    match answers {
        Answers::Classes { answers, .. } => Some(answers.iter().map(|own| own.answer == own.label).collect()),
        Answers::Labels(Numbers { outputs, targets, width }) => {
            let rows = outputs.chunks_exact(*width).zip(targets.chunks_exact(*width));
            let all = |(outputs, targets): (&[f32], &[f32])| {
                outputs.iter().zip(targets).all(|(o, t)| (*o > 0.0) == (*t > 0.5))
            };
            Some(rows.map(all).collect())
        }
        Answers::Values(_) | Answers::Errors(_) => None,
    }
}

/// The mean absolute error of each example; of several numbers, which may have different units, each in its standard deviations.
fn errors(answers: &Answers) -> Option<Vec<f64>> {
    let Answers::Values(Numbers { outputs, targets, width }) = answers else { return None };
    let units: Vec<f64> = match width {
        1 => vec![1.0],
        _ => {
            let scores = ValueMeasures::new(outputs, targets, *width).outputs;
            scores.iter().map(|score| if score.variance > 0.0 { score.variance.sqrt() } else { 1.0 }).collect()
        }
    };
    let rows = outputs.chunks_exact(*width).zip(targets.chunks_exact(*width));
    let mean = |(outputs, targets): (&[f32], &[f32])| {
        let errors = outputs.iter().zip(targets).zip(&units);
        errors.map(|((o, t), unit)| (f64::from(*o) - f64::from(*t)).abs() / unit).sum::<f64>() / *width as f64
    };
    Some(rows.map(mean).collect())
}

impl Noise {
    /// In lines about the first run and the other one.
    pub fn told(&self, first: &str, other: &str) -> Vec<String> {
        match self {
            Noise::Mcnemar { split, examples, right, other_right, paired } => {
                let McNemar { first_alone, second_alone, p } = paired;
                let share = |right: u64| percent(right as f64 / (*examples).max(1) as f64);
                let verdict = if *p < LEVEL { "more than chance" } else { "may be chance" };
                vec![
                    format!(
                        "{first} and {other} on the same {examples} {split} examples: {} and {} right",
                        share(*right),
                        share(*other_right)
                    ),
                    format!(
                        "  {first} alone is right in {first_alone}, {other} alone in {second_alone}: {verdict} (McNemar's exact test, {})",
                        p_value(*p)
                    ),
                ]
            }
            Noise::Bootstrap { split, examples, error, other_error, interval: Interval { low, high }, is_scaled } => {
                let unit = if *is_scaled { ", in standard deviations of each number" } else { "" };
                let verdict = match () {
                    () if *examples < FEW => "too few examples to tell",
                    () if *low > 0.0 || *high < 0.0 => "more than chance",
                    () => "may be chance",
                };
                vec![
                    format!(
                        "{first} and {other} on the same {examples} {split} examples: mean absolute errors {error:.4} and {other_error:.4}{unit}"
                    ),
                    format!(
                        "  the difference is {:.4}, within {low:.4} to {high:.4} (95 %, bootstrap of pairs): {verdict}",
                        error - other_error
                    ),
                ]
            }
            Noise::Unpaired { why, first: one, other: two } => {
                let line = |name: &str, counted: &Option<(u64, u64, Interval)>| {
                    counted.map(|(right, all, Interval { low, high })| {
                        let share = percent(right as f64 / all.max(1) as f64);
                        format!("  {name}: {share} right of {all}, within {} to {} (95 %)", percent(low), percent(high))
                    })
                };
                let head = format!("{first} and {other}: no paired test is possible, {why}");
                std::iter::once(head).chain(line(first, one)).chain(line(other, two)).collect()
            }
            Noise::Unknown { why } => vec![format!("{first} and {other}: no test, {why}")],
        }
    }
}

/// `p = 0.0312`, or `p < 0.0001`.
fn p_value(p: f64) -> String {
    if p < 1e-4 { "p < 0.0001".into() } else { format!("p = {p:.4}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_different_units_count_alike() {
        // dollars that are 100 off, and a share that is 0.1 off; deviations are 1000 and 1
        let targets = vec![1000.0, 1.0, 3000.0, 3.0];
        let of = |outputs: [f32; 4], width| {
            errors(&Answers::Values(Numbers { outputs: outputs.to_vec(), targets: targets.clone(), width })).unwrap()
        };
        let found = of([1100.0, 1.0, 3000.0, 3.1], 2);
        assert!((found[0] - 0.05).abs() < 1e-6 && (found[1] - 0.05).abs() < 1e-6, "{found:?}");
        assert_eq!(of([1100.0, 1.0, 3000.0, 3.5], 1), [100.0, 0.0, 0.0, 0.5], "one number is in its own unit");
    }
}
