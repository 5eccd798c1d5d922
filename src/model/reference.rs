//! Every layer type with its options, from the same table that reads model files: for `inspect --layers` and the guide.

use std::fmt::Write as _;

use super::layers::{LAYERS, LayerType};

fn default(option: &super::OptionDoc) -> String {
    option.default.map_or("required".into(), |text| format!("`{text}`"))
}

fn one(layer: &LayerType, text: &mut String) {
    let _ =
        writeln!(text, "### `{}`\n\n{}. {}.\n", layer.name, capital(layer.summary), capital(&layer.reads.to_string()));
    if layer.options.is_empty() {
        return;
    }
    text.push_str("| option | type | default | description |\n|---|---|---|---|\n");
    for option in layer.options {
        let takes = option.takes.replace('|', "\\|");
        let _ = writeln!(text, "| `{}` | {takes} | {} | {} |", option.name, default(option), option.meaning);
    }
    text.push('\n');
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

/// Every layer type as Markdown.
pub fn layers_markdown() -> String {
    let mut text = String::new();
    for layer in LAYERS {
        one(layer, &mut text);
    }
    text
}

/// Every layer type as plain text.
pub fn layers_text() -> String {
    let mut text = String::new();
    for layer in LAYERS {
        let _ = writeln!(text, "{:<20} {} ({})", layer.name, layer.summary, layer.reads);
        for option in layer.options {
            let default = option.default.map_or("required".into(), |value| format!("default {value}"));
            let _ = writeln!(text, "    {:<18} {}; {}; {default}", option.name, option.meaning, option.takes);
        }
    }
    text
}
