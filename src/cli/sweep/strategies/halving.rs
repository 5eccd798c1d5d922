//! Successive halving (Jamieson and Talwalkar 2016), the inner loop of Hyperband (Li et al. 2018): all runs are trained a little, the
//! best third goes on for three times as many epochs, and so on.

use super::{Asked, Rung, Strategy, grid, random};
use crate::cli::CliError;

/// This strategy in the table.
pub const STRATEGY: Strategy = Strategy {
    name: "halving",
    summary: "Successive halving: all runs a few epochs, the best third of them on, up to --epochs",
    points,
    rungs,
};

/// A grid unless a number of runs is drawn.
fn points(asked: &Asked) -> Result<Vec<Vec<String>>, CliError> {
    let is_grid = asked.runs.is_none() && asked.dimensions.iter().all(|one| one.count().is_some());
    if is_grid { grid::points(asked) } else { random::points(asked) }
}

/// With `s` cuts, `n / η^k` runs are trained to epoch `R / η^(s−k)`: as many cuts as leave a run and begin with an epoch.
fn rungs(asked: &Asked, runs: usize) -> Result<Vec<Rung>, CliError> {
    let Some(last) = asked.epochs else {
        return Err(CliError::Usage(
            "halving shares out epochs, but --epochs does not say how many the last run has\n  try: --epochs 27".into(),
        ));
    };
    let eta = u64::from(asked.eta);
    let cuts = (0..).take_while(|k| eta.pow(k + 1) <= runs as u64 && eta.pow(k + 1) <= u64::from(last)).count() as u32;
    if cuts == 0 {
        return Err(CliError::Usage(format!(
            "halving {runs} runs of {last} epochs by {eta} leaves nothing to cut\n  try: at least {eta} runs and --epochs {eta}, or --strategy random"
        )));
    }
    let rung = |k: u32| Rung {
        runs: runs / (eta.pow(k) as usize),
        epochs: Some((f64::from(last) / eta.pow(cuts - k) as f64).round() as u32),
    };
    // the last rung is the end of its runs, whatever ends them
    Ok((0..cuts).map(rung).chain([Rung { epochs: None, ..rung(cuts) }]).collect())
}
