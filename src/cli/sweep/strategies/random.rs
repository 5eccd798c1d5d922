//! Independent random values (Bergstra and Bengio 2012).

use std::collections::HashSet;

use super::{Asked, Strategy, whole};
use crate::cli::CliError;

/// This strategy in the table.
pub const STRATEGY: Strategy = Strategy {
    name: "random",
    summary: "Random values from lists and ranges; --runs says how many runs",
    points,
    rungs: whole,
};

/// Each value is a function of the seed, the number of its run and that of its setting. No two runs are the same.
pub fn points(asked: &Asked) -> Result<Vec<Vec<String>>, CliError> {
    let Some(runs) = asked.runs else {
        return Err(CliError::Usage(
            "random runs are drawn, but --runs does not say how many\n  try: --runs 10".into(),
        ));
    };
    let all = asked.dimensions.iter().map(|one| one.count()).try_fold(1_usize, |all, count| all.checked_mul(count?));
    if let Some(all) = all.filter(|all| *all < runs) {
        return Err(CliError::Usage(format!(
            "these lists have {all} combinations, fewer than --runs {runs}\n  try: --strategy grid, which trains them all"
        )));
    }
    let mut points: Vec<Vec<String>> = Vec::new();
    let mut drawn = HashSet::new();
    let (mut element, mut misses) = (0, 0);
    while points.len() < runs {
        let of = |(stream, one): (u64, &crate::cli::sweep::dimension::Dimension)| one.draw(asked.seed, stream, element);
        let point: Vec<String> = (0..).zip(asked.dimensions).map(of).collect();
        misses = if drawn.insert(point.clone()) { 0 } else { misses + 1 };
        if misses == 0 {
            points.push(point);
        }
        element += 1;
        // a range may have fewer numbers than it seems
        if misses > 1000 + 10 * runs {
            let found = points.len();
            return Err(CliError::Usage(format!(
                "only {found} different runs were found, fewer than --runs {runs}\n  try: --runs {found}"
            )));
        }
    }
    Ok(points)
}
