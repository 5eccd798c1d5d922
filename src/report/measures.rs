//! What was measured over a split, on the terminal.

use comfy_table::{CellAlignment, Table, presets};

use crate::metrics::{ErrorMeasures, Measures, Scores, Summary};

/// Of more classes or outputs no table is printed; `--json` has them all.
const ROWS: usize = 40;
/// Of more classes no confusion matrix is printed.
const MATRIX: usize = 20;

/// One line a measure, each after `prefix`.
pub fn print_summary(prefix: &str, summary: &Summary) {
    let named = [
        ("top-5", summary.top5),
        ("macro F1", summary.macro_f1),
        ("calibration error", summary.ece),
        ("AUC", summary.auc),
        ("mean absolute error", summary.mae),
        ("root mean squared error", summary.rmse),
        ("R2", summary.r2),
    ];
    let errors = [("normal images", summary.normal_error), ("other images", summary.other_error)];
    for (name, error) in errors.into_iter().filter_map(|(name, error)| Some((name, error?))) {
        say!("{prefix}mean error of {name}: {error:.6}");
    }
    for (name, value) in named.into_iter().filter_map(|(name, value)| Some((name, value?))) {
        say!("{prefix}{name}: {value:.4}");
    }
}

/// Everything that was measured, with the names of classes, labels or outputs.
pub fn print_measures(measures: &Measures, names: &[String]) {
    print_summary("", &measures.summary());
    match measures {
        Measures::Classes(m) => {
            let averages = [("macro average", m.macro_average), ("weighted average", m.weighted_average)];
            print_scores("class", names, &m.classes, &averages);
            if let Some(text) = m.confusion.as_ref().and_then(|matrix| confusion_text(matrix, names)) {
                say!("\nconfusion matrix (rows: true class, columns: predicted)");
                say!("{text}");
            }
        }
        Measures::Labels(m) => {
            say!("label accuracy: {:.4}", m.label_accuracy);
            let scores: Vec<Scores> = m.labels.iter().map(crate::metrics::LabelCounts::scores).collect();
            let averages = [("macro average", m.macro_average), ("micro average", m.micro_average)];
            print_scores("label", names, &scores, &averages);
        }
        Measures::Values(m) if m.outputs.len() > 1 => {
            let mut table = table(&["value", "MAE", "MSE", "R2"]);
            for (name, score) in names.iter().zip(&m.outputs).take(ROWS) {
                let r2 = score.r2.map_or(String::new(), |r2| format!("{r2:.4}"));
                table.add_row([name.clone(), format!("{:.4}", score.mae), format!("{:.4}", score.mse), r2]);
            }
            finish(table, m.outputs.len());
        }
        Measures::Values(_) => {}
        Measures::Errors(m) => print_errors(m),
    }
}

/// Mean errors by class, and how well each class is told from the normal ones.
fn print_errors(measured: &ErrorMeasures) {
    if measured.classes.is_empty() {
        return;
    }
    let told = measured.normal.is_some();
    let mut table =
        table(if told { &["class", "images", "mean error", "AUC"] } else { &["class", "images", "mean error"] });
    for class in measured.classes.iter().take(ROWS) {
        let mean = class.mean.map_or(String::new(), |mean| format!("{mean:.6}"));
        let auc = match class.auc {
            Some(auc) => format!("{auc:.4}"),
            None if class.normal => "normal".into(),
            None => String::new(),
        };
        let row = [class.class.clone(), class.images.to_string(), mean, auc];
        table.add_row(&row[..if told { 4 } else { 3 }]);
    }
    finish(table, measured.classes.len());
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(header);
    for column in 1..header.len() {
        table.column_mut(column).expect("a column of the header").set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn finish(table: Table, rows: usize) {
    say!("\n{table}");
    if rows > ROWS {
        say!("… and {} more (--json lists all)", rows - ROWS);
    }
}

fn print_scores(what: &str, names: &[String], scores: &[Scores], averages: &[(&str, Scores)]) {
    let mut table = table(&[what, "precision", "recall", "F1", "support"]);
    let mut add = |name: &str, s: &Scores| {
        // what is neither there nor answered has no scores
        let part = |part: f64| if s.is_concerned { format!("{part:.4}") } else { "-".into() };
        let parts = [s.precision, s.recall, s.f1].map(part);
        table.add_row([&[name.to_string()], &parts[..], &[s.support.to_string()]].concat());
    };
    for (name, s) in names.iter().zip(scores).take(ROWS) {
        add(name, s);
    }
    for (name, s) in averages {
        add(name, s);
    }
    finish(table, scores.len());
}

/// A confusion matrix as text: counts under the first letters of the answers; none of more classes than fit.
fn confusion_text(matrix: &[Vec<u64>], names: &[String]) -> Option<String> {
    if matrix.len() > MATRIX {
        return None;
    }
    let largest = matrix.iter().flatten().max().copied().unwrap_or(0);
    let width = largest.to_string().len().max(4);
    let short = |name: &String, width: usize| name.chars().take(width).collect::<String>();
    let header: Vec<String> = names.iter().map(|name| format!("{:>width$}", short(name, width))).collect();
    let mut lines = vec![format!("{:<16} {}", "", header.join(" "))];
    for (name, row) in names.iter().zip(matrix) {
        let cell = |&count: &u64| format!("{:>width$}", if count == 0 { ".".into() } else { count.to_string() });
        let cells: Vec<String> = row.iter().map(cell).collect();
        lines.push(format!("{:<16} {}", short(name, 16), cells.join(" ")));
    }
    Some(lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_confusion_matrix_lines_up() {
        let names: Vec<String> = ["cat", "a very long name of a dog"].map(String::from).into();
        let text = confusion_text(&[vec![12, 0], vec![3, 40_000]], &names).unwrap();
        assert_eq!(text, "                   cat a ver\ncat                 12     .\na very long name     3 40000");
        assert_eq!(confusion_text(&vec![vec![0; 21]; 21], &names), None);
    }
}
