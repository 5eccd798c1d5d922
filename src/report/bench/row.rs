//! A result as a row of the table in `docs/benchmarks.md`.

use super::format::{grouped, verdict};
use crate::bench::BenchResult;

/// The workloads of the table's columns: model, batch, precision.
const COLUMNS: [(&str, usize, &str); 9] = [
    ("seed-mnist", 128, "f32"),
    ("seed-cifar", 128, "f32"),
    ("resnet20", 128, "f32"),
    ("resnet18-cifar", 128, "f32"),
    ("resnet18-cifar", 128, "f16"),
    ("resnet18", 64, "f32"),
    ("resnet18", 64, "f16"),
    ("resnet50", 64, "f32"),
    ("resnet50", 64, "f16"),
];

/// The first two lines of the table.
pub fn table_head() -> String {
    let columns: String =
        COLUMNS.iter().map(|(model, batch, precision)| format!(" `{model}`, {batch}, {precision} |")).collect();
    format!("| adapter | driver | processor | date | score |{columns}\n|{}\n", "---|".repeat(5 + COLUMNS.len()))
}

/// A result's line: images a second in each column, `-` where it was not measured or its loss was wrong.
pub fn table_row(result: &BenchResult) -> String {
    let rate = |&(model, batch, precision): &(&str, usize, &str)| {
        let is_it =
            |t: &&crate::bench::TrainingResult| (&*t.model, t.batch, &*t.precision) == (model, batch, precision);
        let right = result.training.iter().find(is_it).filter(|t| verdict(&t.loss) != "WRONG");
        format!(" {} |", right.map_or("-".into(), |t| grouped(t.images_per_second)))
    };
    let rates: String = COLUMNS.iter().map(rate).collect();
    let cell = |text: &str| text.replace('|', "/");
    let (adapter, host) = (&result.adapter, &result.host);
    let processor = host.processor.as_deref().unwrap_or("unknown");
    let date = result.run.began.split('T').next().unwrap_or_default();
    let score = result.score.as_ref().map_or("-".into(), |score| grouped(score.value));
    format!(
        "| {} | {} | {}, {} cores | {date} | {score} |{rates}\n",
        cell(&adapter.name),
        cell(&adapter.driver),
        cell(processor),
        host.cores
    )
}
