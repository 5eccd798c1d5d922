//! The table of classes, labels or numbers, with a bar for each measure.

use serde::Serialize;

use super::facts::Facts;
use crate::metrics::{ClassMeasures, ErrorMeasures, LabelMeasures, Measures, Scores, ValueMeasures};
use crate::plan::thousands;
use crate::report::chart::figure;

/// A table that can be sorted.
#[derive(Debug, PartialEq, Serialize)]
pub struct Table {
    pub title: &'static str,
    pub about: String,
    pub heads: Vec<&'static str>,
    pub rows: Vec<Row>,
    pub foot: Vec<Row>,
}

/// A class, label or number.
#[derive(Debug, PartialEq, Serialize)]
pub struct Row {
    pub name: String,
    pub cells: Vec<Cell>,
}

/// In words, the length of its bar from 0 to 1, and the number that it is sorted by.
pub type Cell = (String, Option<f64>, f64);

fn share(value: f64) -> Cell {
    (format!("{:.1} %", 100.0 * value), Some(value), value)
}

fn index(value: f64) -> Cell {
    (format!("{value:.3}"), Some(value.clamp(0.0, 1.0)), value)
}

fn maybe(value: Option<f64>) -> Cell {
    value.map_or(("–".into(), None, -1.0), index)
}

fn count(value: u64, most: u64) -> Cell {
    (thousands(value), Some(value as f64 / most.max(1) as f64), value as f64)
}

fn plain(value: f64) -> Cell {
    (figure(value), None, value)
}

/// The table of what was measured by class, label or number.
pub fn table(facts: &Facts) -> Option<Table> {
    let names = |i: usize| facts.names.get(i).cloned().unwrap_or_else(|| i.to_string());
    match facts.measures.as_ref()? {
        Measures::Classes(measured) => Some(of_classes(measured, names)),
        Measures::Labels(measured) => Some(of_labels(measured, names)),
        Measures::Values(measured) => Some(of_values(measured, names)),
        Measures::Errors(measured) => (measured.classes.len() > 1).then(|| of_errors(measured)),
    }
}

fn scores(scores: &Scores, most: u64) -> Vec<Cell> {
    // what is neither there nor answered has no scores
    let known = |value: f64, cell: fn(f64) -> Cell| if scores.is_concerned { cell(value) } else { maybe(None) };
    vec![
        known(scores.precision, share),
        known(scores.recall, share),
        known(scores.f1, index),
        count(scores.support, most),
    ]
}

fn average(name: &str, measured: &Scores, more: usize) -> Row {
    let dash = || ("–".to_string(), None, 0.0);
    let mut cells = scores(measured, 1);
    cells.splice(3..3, (0..more).map(|_| dash()));
    Row { name: name.into(), cells }
}

fn of_classes(measured: &ClassMeasures, names: impl Fn(usize) -> String) -> Table {
    let most = measured.classes.iter().map(|s| s.support).max().unwrap_or(1);
    let row = |(i, s): (usize, &Scores)| Row { name: names(i), cells: scores(s, most) };
    Table {
        title: "By class",
        about: "Precision: how many of the answers with this class are right. Recall: how many of its examples are found. F1: their harmonic mean. Support: how many examples it has.".into(),
        heads: vec!["Class", "Precision", "Recall", "F1", "Support"],
        rows: measured.classes.iter().enumerate().map(row).collect(),
        foot: vec![average("Mean of the classes", &measured.macro_average, 0), average("Mean of the examples", &measured.weighted_average, 0)],
    }
}

fn of_labels(measured: &LabelMeasures, names: impl Fn(usize) -> String) -> Table {
    let support = |i: usize| measured.labels[i].scores().support;
    let most = (0..measured.labels.len()).map(support).max().unwrap_or(1);
    let row = |i: usize| {
        let mut cells = scores(&measured.labels[i].scores(), most);
        cells.insert(3, maybe(measured.labels[i].auc));
        Row { name: names(i), cells }
    };
    Table {
        title: "By label",
        about: "Precision: how often the label is there when it is answered. Recall: how often it is answered when it is there. AUC: how well examples with and without it are ranked, whatever the threshold.".into(),
        heads: vec!["Label", "Precision", "Recall", "F1", "AUC", "Support"],
        rows: (0..measured.labels.len()).map(row).collect(),
        foot: vec![average("Mean of the labels", &measured.macro_average, 1), average("All together", &measured.micro_average, 1)],
    }
}

fn of_values(measured: &ValueMeasures, names: impl Fn(usize) -> String) -> Table {
    let row = |(i, s): (usize, &crate::metrics::ValueScore)| Row {
        name: names(i),
        cells: vec![maybe(s.r2), plain(s.mae), plain(s.mse.sqrt()), plain(s.variance.sqrt())],
    };
    Table {
        title: "By number",
        about: "R²: share of the variance that is explained. MAE: mean absolute error. RMSE: root of the mean squared error. Spread: the standard deviation of the true values, which is the RMSE of always answering their mean.".into(),
        heads: vec!["Number", "R²", "MAE", "RMSE", "Spread"],
        rows: measured.outputs.iter().enumerate().map(row).collect(),
        foot: Vec::new(),
    }
}

fn of_errors(measured: &ErrorMeasures) -> Table {
    let there = || measured.classes.iter().filter(|class| class.images > 0);
    let most = there().filter_map(|class| class.mean).fold(f64::MIN_POSITIVE, f64::max);
    let images = there().map(|class| class.images as u64).max().unwrap_or(1);
    let row = |class: &crate::metrics::ClassError| {
        let mean = class.mean.unwrap_or(0.0);
        let normal = if class.normal { "normal" } else { "" };
        Row {
            name: class.class.clone(),
            cells: vec![
                (normal.to_string(), None, f64::from(u8::from(class.normal))),
                (figure(mean), Some(mean / most), mean),
                maybe(class.auc),
                count(class.images as u64, images),
            ],
        }
    };
    Table {
        title: "By class",
        about: "Mean error of a class, and how well its images are told from normal ones (AUC: 1 is perfect, 0.5 is chance).".into(),
        heads: vec!["Class", "Kind", "Mean error", "AUC", "Images"],
        rows: there().map(row).collect(),
        foot: Vec::new(),
    }
}
