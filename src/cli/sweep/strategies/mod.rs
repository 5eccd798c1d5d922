//! How a sweep chooses its runs, and how long each of them is trained: a table, one file a strategy.

mod grid;
mod halving;
mod random;

use super::super::CliError;
use super::dimension::Dimension;

/// Every strategy.
pub const STRATEGIES: [&Strategy; 3] = [&grid::STRATEGY, &random::STRATEGY, &halving::STRATEGY];

/// A way to choose runs.
pub struct Strategy {
    /// Its name.
    pub name: &'static str,
    /// What it does, in a line of help.
    pub summary: &'static str,
    /// The runs: for each, a value of every dimension.
    pub points: fn(&Asked) -> Result<Vec<Vec<String>>, CliError>,
    /// How many of so many runs are trained how far; every run to its end where that is all.
    pub rungs: fn(&Asked, usize) -> Result<Vec<Rung>, CliError>,
}

/// What was asked for.
pub struct Asked<'a> {
    /// What is varied.
    pub dimensions: &'a [Dimension],
    /// Number of runs, if it was said.
    pub runs: Option<usize>,
    /// Epochs of a whole run, if they were said.
    pub epochs: Option<u32>,
    /// One in so many runs goes on after a cut.
    pub eta: u32,
    /// Seed by which runs are drawn.
    pub seed: u64,
}

/// A part of a sweep: the best runs so far go on to an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Rung {
    /// How many runs there are left.
    pub runs: usize,
    /// The epoch that they are trained to; none is the end of each.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epochs: Option<u32>,
}

/// The strategy of this name, or the one that suits what is varied.
pub fn strategy(name: Option<&str>, dimensions: &[Dimension]) -> &'static Strategy {
    let has_range = dimensions.iter().any(|one| one.count().is_none());
    let name = name.unwrap_or(if has_range { random::STRATEGY.name } else { grid::STRATEGY.name });
    STRATEGIES.into_iter().find(|own| own.name == name).expect("clap knows the names")
}

/// All runs to their ends.
fn whole(_: &Asked, runs: usize) -> Result<Vec<Rung>, CliError> {
    Ok(vec![Rung { runs, epochs: None }])
}

#[cfg(test)]
mod tests;
