//! The sheet of pictures beside a table.

use std::path::{Path, PathBuf};

use super::super::CliError;
use super::super::error::save_png;
use super::super::tasks::drawn;
use super::Looked;
use crate::plan::thousands;
use crate::report::draw::{Captioned, Gallery, Mark, gallery};
use crate::report::percent;

/// Rows of the sheet at the most, how many of them conflicts leave to what is doubted, and pictures of a row.
const ROWS: usize = 8;
const LEFT: usize = 4;
const ROW: usize = 5;

/// An example on the sheet, with what is said of it.
struct Cell {
    example: usize,
    /// Below the picture, the first one strong; the file follows.
    lines: Vec<String>,
}

impl Looked<'_> {
    /// Conflicts, a row each, and then what is doubted.
    fn cells(&self) -> Vec<Vec<Cell>> {
        let doubted = self.found.suspects.len().div_ceil(ROW);
        let conflict = |(number, conflict): (usize, &super::Conflict)| {
            let cell = |&example: &usize| {
                let headline = format!("conflict {}", number + 1);
                Cell { example, lines: vec![headline, format!("labelled {}", self.class(self.label(example)))] }
            };
            // one of each label first: of many copies the others say nothing new
            let mut members = conflict.members.clone();
            let mut seen = std::collections::BTreeSet::new();
            members.sort_by_cached_key(|&i| !seen.insert(self.label(i)));
            members.iter().take(ROW).map(cell).collect()
        };
        let mut rows: Vec<Vec<Cell>> =
            self.conflicts.iter().enumerate().take(ROWS - doubted.min(LEFT)).map(conflict).collect();
        let suspects = self.found.suspects.iter().take((ROWS - rows.len()) * ROW).map(|suspect| {
            let [less, more] = suspect.probabilities.map(percent);
            let headline = format!("{} {more}", self.class(suspect.likely));
            Cell {
                example: self.example(suspect),
                lines: vec![headline, format!("labelled {}: {less}", self.class(suspect.given))],
            }
        });
        let mut suspects = suspects.peekable();
        while suspects.peek().is_some() {
            rows.push(suspects.by_ref().take(ROW).collect());
        }
        rows
    }
}

/// Draws the sheet where the examples are pictures, and something was found. Returns where.
pub fn save(looked: &Looked, out: &Path) -> Result<Option<PathBuf>, CliError> {
    let (rows, shape) = (looked.cells(), looked.all.input().shape());
    if looked.data.texts().is_some() || rows.is_empty() || ![1, 3].contains(&shape[2]) {
        return Ok(None);
    }
    let path = out.with_extension("png");
    let each = looked.all.example_bytes();
    let shown: Vec<usize> = rows.iter().flatten().map(|cell| cell.example).collect();
    let mut pixels = vec![0; shown.len() * each];
    looked.all.read(&shown, &mut pixels)?;
    let mut pixels = pixels.chunks_exact(each);
    let mut drawn_rows = Vec::new();
    for row in rows {
        let mut cells = Vec::new();
        for (mut cell, pixels) in row.into_iter().zip(&mut pixels) {
            let name = looked.called(cell.example);
            cell.lines
                .push(Path::new(&name).file_name().map_or(name.clone(), |file| file.to_string_lossy().into_owned()));
            cells.push(Captioned { picture: drawn(pixels, shape)?, mark: Mark::Plain, lines: cell.lines });
        }
        drawn_rows.push(cells);
    }
    let [doubted, all] = [looked.found.suspects.len(), looked.doubtable()].map(|count| thousands(count as u64));
    let mut title = format!("{} · {doubted} of {all} labels are doubted", looked.data.name());
    let mut about = Vec::new();
    if !looked.conflicts.is_empty() {
        title += &format!(", {} in conflict", thousands(looked.in_conflict() as u64));
        about.push("conflict: the same image with different labels");
    }
    if !looked.found.suspects.is_empty() {
        about.push("bold: what a model that never saw the image takes it for");
    }
    save_png(&gallery(&Gallery { title: &title, about: &about.join("; "), ..Gallery::of(&drawn_rows) }), &path)?;
    Ok(Some(path))
}
