//! `eval --wrong`: which answers are wrong, the most confident ones first.

use std::path::Path;

use super::CliError;
use super::started::below;
use super::tasks::classify::{GRID, grid_of};
use crate::checkpoint::{Meta, write_atomically};
use crate::cli::error::save_png;
use crate::data::{Dataset, Split};
use crate::metrics::{Answers, Errors, Numbers, Thresholds};
use crate::train::Answer;

/// A wrong answer, or a number that is off.
struct Wrong {
    example: usize,
    /// How sure or how far off it is; the largest first.
    weight: f64,
    cells: Vec<String>,
}

/// What was answered on a split.
pub struct Answered<'a> {
    /// The data set that it is of.
    pub dataset: &'a Dataset,
    pub split: &'a Split,
    pub meta: &'a Meta,
    /// What evaluation kept of each example.
    pub answers: &'a Answers,
    /// The answers with their probabilities, of a model of classes.
    pub probabilities: &'a [Answer],
    pub thresholds: &'a Thresholds,
}

impl Answered<'_> {
    /// Writes the table. Returns how many rows it has.
    pub fn write_table(&self, path: &Path) -> Result<usize, CliError> {
        let (header, rows) = self.rows()?;
        let mut csv = csv::Writer::from_writer(Vec::new());
        csv.write_record(["file"].iter().chain(header)).expect("a table is written into memory");
        for row in &rows {
            let file = match self.split.name(row.example) {
                Some(name) => below(self.dataset, name),
                None => row.example.to_string(),
            };
            csv.write_record(std::iter::once(&file).chain(&row.cells)).expect("as many cells as columns");
        }
        write_atomically(path, &csv.into_inner().expect("a table is written into memory"))?;
        Ok(rows.len())
    }

    /// Draws the first of them. Returns how many are drawn.
    pub fn draw_sheet(&self, title: &str, path: &Path) -> Result<usize, CliError> {
        let Answers::Classes { .. } = self.answers else {
            return Err(CliError::Usage(
                "--wrong-sheet shows one class per image, but this model does not choose one\n  try: --wrong wrong.csv"
                    .into(),
            ));
        };
        if self.dataset.texts().is_some() {
            return Err(CliError::Usage(
                "--wrong-sheet draws images, and these are texts\n  try: --wrong wrong.csv".into(),
            ));
        }
        let (_, rows) = self.rows()?;
        let first = rows.iter().take(GRID * GRID);
        let shown: Vec<(usize, &Answer)> = first.map(|row| (row.example, &self.probabilities[row.example])).collect();
        if shown.is_empty() {
            return Ok(0);
        }
        let title = format!("{title} · {} of {} wrong", rows.len(), self.split.len());
        save_png(&grid_of(&title, self.dataset, self.split, &shown)?, path)?;
        Ok(shown.len())
    }

    /// The rows of the table with the names of their columns behind the file.
    fn rows(&self) -> Result<(&'static [&'static str], Vec<Wrong>), CliError> {
        let (header, mut rows): (&'static [&'static str], Vec<Wrong>) = match self.answers {
            Answers::Classes { .. } => (&["truth", "answer", "probability", "margin"], self.classes()),
            Answers::Labels(numbers) => (&["label", "truth", "answer", "probability", "margin"], self.labels(numbers)),
            Answers::Values(numbers) => (&["number", "truth", "answer", "error"], self.values(numbers)),
            Answers::Errors(errors) => (&["truth", "answer", "score", "margin"], self.anomalies(errors)?),
        };
        rows.sort_by(|a, b| b.weight.total_cmp(&a.weight).then(a.example.cmp(&b.example)));
        Ok((header, rows))
    }

    fn name(&self, class: usize) -> String {
        self.meta.classes.get(class).cloned().unwrap_or_else(|| class.to_string())
    }

    /// The margin is how much likelier the answer is than the truth; below 0 where a threshold decided.
    fn classes(&self) -> Vec<Wrong> {
        let wrong = self.probabilities.iter().enumerate().filter_map(|(example, answer)| {
            let (best, truth) = (answer.best()?, self.split.labels()[example] as usize);
            let margin = best.probability - answer.probabilities.get(truth)?;
            let numbers = [best.probability, margin].map(|number| format!("{number:.6}"));
            let names = [self.name(truth), self.name(best.class)];
            (best.class != truth).then(|| Wrong {
                example,
                weight: best.probability,
                cells: names.into_iter().chain(numbers).collect(),
            })
        });
        wrong.collect()
    }

    /// A row for each label that is wrong; the margin is how far its probability is from what decides.
    fn labels(&self, Numbers { outputs, targets, width }: &Numbers) -> Vec<Wrong> {
        let mut wrong = Vec::new();
        for (i, (output, target)) in outputs.iter().zip(targets).enumerate() {
            let (example, label) = (i / width, i % width);
            let probability = 1.0 / (1.0 + (-f64::from(*output)).exp());
            let (answer, truth) = (self.thresholds.is_there(label, probability), *target > 0.5);
            let margin = (probability - self.thresholds.of(label).unwrap_or(0.5)).abs();
            if answer != truth {
                let words = [truth, answer].map(|there| String::from(if there { "1" } else { "0" }));
                let numbers = [probability, margin].map(|number| format!("{number:.6}"));
                let cells = std::iter::once(self.name(label)).chain(words).chain(numbers).collect();
                wrong.push(Wrong { example, weight: margin, cells });
            }
        }
        wrong
    }

    /// A row for each number, since none is simply wrong: the largest errors first, in units of the number's deviation.
    fn values(&self, Numbers { outputs, targets, width }: &Numbers) -> Vec<Wrong> {
        let deviation = |output: usize| {
            let own = || targets.iter().skip(output).step_by(*width).map(|&value| f64::from(value));
            let count = own().count().max(1) as f64;
            let mean = own().sum::<f64>() / count;
            let variance = own().map(|value| (value - mean) * (value - mean)).sum::<f64>() / count;
            if variance > 0.0 { variance.sqrt() } else { 1.0 }
        };
        let deviations: Vec<f64> = (0..*width).map(deviation).collect();
        let row = |(i, (&output, &target)): (usize, (&f32, &f32))| {
            let error = f64::from(output) - f64::from(target);
            let cells = vec![self.name(i % width), target.to_string(), output.to_string(), format!("{error}")];
            Wrong { example: i / width, weight: error.abs() / deviations[i % width], cells }
        };
        outputs.iter().zip(targets).enumerate().map(row).collect()
    }

    /// The margin is how far the score is from the threshold, as a share of it.
    fn anomalies(&self, Errors { errors, classes, normal }: &Errors) -> Result<Vec<Wrong>, CliError> {
        let (Some(threshold), Some(normal)) = (self.meta.state.threshold, normal) else {
            return Err(CliError::Usage(
                "--wrong: which images are anomalies is not known, since the run calls no class normal\n  try: train with --normal CLASS".into(),
            ));
        };
        let word = |is_normal: bool| String::from(if is_normal { "normal" } else { "anomaly" });
        let wrong = errors.iter().enumerate().filter_map(|(example, &(score, class))| {
            let (answer, truth) = (threshold.is_normal(score), normal.contains(&class));
            let margin = (f64::from(score) / threshold.score - 1.0).abs();
            let truth_word = match classes.get(class as usize) {
                Some(name) => format!("{} ({name})", word(truth)),
                None => word(truth),
            };
            (answer != truth).then(|| Wrong {
                example,
                weight: margin,
                cells: vec![truth_word, word(answer), score.to_string(), format!("{margin:.6}")],
            })
        });
        Ok(wrong.collect())
    }
}
