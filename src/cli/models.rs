//! `lepton-gpu models`

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table, presets};

use super::args::ModelsArgs;
use super::{CliError, Exit};
use crate::model::{InputKind, ModelSpec, PRESETS, preset};
use crate::plan::{parameters, thousands};
use crate::report::say;

pub fn run(args: &ModelsArgs) -> Result<Exit, CliError> {
    let Some(name) = &args.name else { return list() };
    let unknown = || CliError::unknown("model", name, PRESETS.iter().map(|preset| preset.name), &["models"]);
    let preset = preset(name).ok_or_else(unknown)?;
    say!("{}", preset.text.trim_end());
    Ok(Exit::Done)
}

fn list() -> Result<Exit, CliError> {
    let mut table = listing(&["model", "parameters", "input", "description"]);
    table.column_mut(1).expect("four columns").set_cell_alignment(CellAlignment::Right);
    for preset in PRESETS {
        let model = ModelSpec::parse(preset.text, preset.name)?;
        let [h, w, c] = model.input;
        let (size, input) = match (model.input_kind(), model.text_length()) {
            (InputKind::Images, _) => (thousands(parameters(&model)?), format!("{h}x{w}x{c}")),
            (InputKind::Texts, Some(length)) => (thousands(parameters(&model)?), format!("{length} words")),
            // its embedding is as large as the vocabulary
            (InputKind::Texts, None) => ("by vocabulary".into(), "texts".into()),
            (InputKind::Features, _) => (thousands(parameters(&model)?), format!("{c} features")),
        };
        table.add_row([preset.name, &size, &input, preset.summary]);
    }
    say!("{}", table.trim_fmt());
    say!("\nParameters are for 10 classes. `lepton-gpu models NAME` prints a model's file.");
    Ok(Exit::Done)
}

/// A table whose last column alone is wrapped to fit a terminal.
pub fn listing(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_header(header);
    for (i, column) in table.column_iter_mut().enumerate() {
        if i == 0 {
            column.set_padding((0, 1));
        }
        if i + 1 < header.len() {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    table
}
