//! Every combination of the values of lists.

use super::{Asked, Strategy, whole};
use crate::cli::CliError;
use crate::cli::sweep::dimension::Values;

/// This strategy in the table.
pub const STRATEGY: Strategy =
    Strategy { name: "grid", summary: "Every combination of the values of lists", points, rungs: whole };

/// More runs than anybody waits for: a list too many was typed.
const MOST: usize = 10_000;

/// The first setting varies slowest, as nested loops do.
pub fn points(asked: &Asked) -> Result<Vec<Vec<String>>, CliError> {
    let mut points: Vec<Vec<String>> = vec![Vec::new()];
    for dimension in asked.dimensions {
        let Values::List(list) = &dimension.values else {
            let name = dimension.name();
            return Err(CliError::Usage(format!(
                "a grid needs lists, but --vary {name} is a range\n  try: --vary {name}=VALUE,VALUE, or --strategy random --runs 10"
            )));
        };
        let count = points.len() * list.len();
        if count > MOST {
            return Err(CliError::Usage(format!(
                "a grid of these lists has more than {MOST} runs\n  try: fewer values, or --strategy random --runs 20"
            )));
        }
        let longer = |point: &Vec<String>, value: &String| [point.as_slice(), std::slice::from_ref(value)].concat();
        points = points.iter().flat_map(|point| list.iter().map(|value| longer(point, value))).collect();
    }
    match asked.runs.filter(|runs| *runs != points.len()) {
        Some(runs) => Err(CliError::Usage(format!(
            "a grid of these lists has {} runs, not {runs}\n  try: without --runs, or --strategy random",
            points.len()
        ))),
        None => Ok(points),
    }
}
