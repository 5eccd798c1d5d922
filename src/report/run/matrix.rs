//! The confusion matrix as a table, for any number of classes.

use serde::Serialize;

use super::facts::Facts;
use crate::metrics::{ClassMeasures, Measures};
use crate::plan::thousands;

/// Cells of more classes are smaller, and of yet more the smallest.
const LARGE: usize = 16;
const MIDDLE: usize = 48;
/// Of more classes only those with the most mistakes are shown.
const MOST: usize = 160;
/// Classes that are shown then.
const WORST: usize = 48;
/// Confusions that are listed.
const PAIRS: usize = 12;

/// A confusion matrix.
#[derive(Debug, PartialEq, Serialize)]
pub struct Matrix {
    pub title: &'static str,
    /// How large cells are: `few`, `middle` or `many`.
    pub size: &'static str,
    pub names: Vec<String>,
    pub rows: Vec<Row>,
    pub note: Option<String>,
}

/// A true class.
#[derive(Debug, PartialEq, Serialize)]
pub struct Row {
    pub name: String,
    /// None where no example is; else its class in the style sheet, its share from 0 to 1, the same in percent, the count, and all
    /// of it in words.
    pub cells: Vec<Option<[String; 5]>>,
}

fn counts(facts: &Facts) -> Option<&Vec<Vec<u64>>> {
    match &facts.measures {
        Some(Measures::Classes(ClassMeasures { confusion, .. })) => confusion.as_ref(),
        _ => None,
    }
}

fn name(facts: &Facts, class: usize) -> String {
    facts.names.get(class).cloned().unwrap_or_else(|| class.to_string())
}

/// The matrix of a classification.
pub fn matrix(facts: &Facts) -> Option<Matrix> {
    let counts = counts(facts)?;
    let classes = counts.len();
    let mut shown: Vec<usize> = (0..classes).collect();
    let note = (classes > MOST).then(|| {
        let wrong = |class: usize| {
            let missed: u64 = counts[class].iter().sum::<u64>() - counts[class][class];
            let taken: u64 = counts.iter().map(|row| row[class]).sum::<u64>() - counts[class][class];
            missed + taken
        };
        shown.sort_by_key(|&class| (std::cmp::Reverse(wrong(class)), class));
        shown.truncate(WORST);
        shown.sort_unstable();
        format!("Only the {WORST} of {classes} classes with the most mistakes are shown.")
    });
    let size = match shown.len() {
        count if count <= LARGE => "few",
        count if count <= MIDDLE => "middle",
        _ => "many",
    };
    let row = |&class: &usize| {
        let total: u64 = counts[class].iter().sum();
        let cell = |&answer: &usize| {
            let count = counts[class][answer];
            (count > 0).then(|| cell([&name(facts, class), &name(facts, answer)], class == answer, [count, total]))
        };
        Row { name: name(facts, class), cells: shown.iter().map(cell).collect() }
    };
    let names = shown.iter().map(|&class| name(facts, class)).collect();
    Some(Matrix { title: "Confusion matrix", size, names, rows: shown.iter().map(row).collect(), note })
}

fn cell([class, answer]: [&str; 2], right: bool, [count, total]: [u64; 2]) -> [String; 5] {
    let share = count as f64 / total as f64;
    let look = match (right, share > 0.5) {
        (true, true) => "r h",
        (true, false) => "r",
        (false, true) => "w h",
        (false, false) => "w",
    };
    let percent = 100.0 * share;
    let short = if percent < 0.95 { "<1".to_string() } else { format!("{percent:.0}") };
    let words = if right {
        format!("{count} of {total} “{class}” right ({percent:.1} %)")
    } else {
        format!("{count} of {total} “{class}” taken for “{answer}” ({percent:.1} %)")
    };
    [look.into(), format!("{share:.2}"), short, count.to_string(), words]
}

/// What is confused most: class, answer, how often, share of the class.
pub fn pairs(facts: &Facts) -> Vec<[String; 4]> {
    let Some(counts) = counts(facts) else { return Vec::new() };
    let cells = counts
        .iter()
        .enumerate()
        .flat_map(|(class, row)| row.iter().enumerate().map(move |(answer, &n)| (class, answer, n)));
    let mut wrong: Vec<(usize, usize, u64)> = cells.filter(|&(class, answer, n)| class != answer && n > 0).collect();
    wrong.sort_by_key(|&(class, answer, n)| (std::cmp::Reverse(n), class, answer));
    let row = |(class, answer, n): (usize, usize, u64)| {
        let share = 100.0 * n as f64 / counts[class].iter().sum::<u64>() as f64;
        [name(facts, class), name(facts, answer), thousands(n), format!("{share:.1} %")]
    };
    wrong.into_iter().take(PAIRS).map(row).collect()
}
