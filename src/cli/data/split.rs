//! `lepton-gpu data split`

use std::path::Path;

use super::super::args::SplitArgs;
use super::super::{CliError, Exit, pictures};
use crate::checkpoint::write_atomically;
use crate::data::doctor::{Shares, split as divide};
use crate::data::{ImageOptions, LoadOptions};
use crate::plan::thousands;
use crate::report::{Document, aside, listed, say, shell_word};

/// Writes a data set as a table with the split of each example.
pub fn split(args: &SplitArgs) -> Result<Exit, CliError> {
    let SplitArgs { data, out, val, test, seed, json, table, layout } = args;
    if val + test >= 1.0 {
        return Err(CliError::Usage(format!(
            "--val {val} and --test {test} leave nothing to learn from\n  try: --val 0.15 --test 0.15"
        )));
    }
    if out.exists() {
        return Err(CliError::Usage(format!("{} exists already\n  try: another --out, or remove it", out.display())));
    }
    let images = ImageOptions { layout: layout.options()?.layout, ..ImageOptions::default() };
    let options = LoadOptions { table: table.options()?, images, ..LoadOptions::default() };
    let (shares, folder) = (Shares { validation: *val, test: *test }, out.parent().unwrap_or(Path::new("")));
    let divided =
        pictures::with_bar(|on_pictures| Ok(divide(Path::new(data), &options, shares, *seed, folder, on_pictures)?))?;
    write_atomically(out, divided.csv.as_bytes())?;
    let next = format!("lepton-gpu train {}", shell_word(&out.display().to_string()));
    if *json {
        let [training, validation, test] = divided.counts;
        let value = serde_json::json!({
            "table": out, "training": training, "validation": validation, "test": test, "copies": divided.copies,
            "undivided": divided.undivided, "left_out": divided.left_out, "next": next,
        });
        say!("{:#}", Document::of(value).value());
        return Ok(Exit::Done);
    }
    let [train, val, test] = divided.counts.map(|count| thousands(count as u64));
    say!("{}: {train} training, {val} validation, {test} test", out.display());
    if divided.copies > 0 {
        say!("copies   {} are in the split of what they are a copy of", thousands(divided.copies as u64));
    }
    if !divided.undivided.is_empty() {
        aside!("warning: too few different examples to have some in every split: {}", named(&divided.undivided));
    }
    if divided.left_out > 0 {
        say!("left out {} that cannot be read or are missing", thousands(divided.left_out as u64));
    }
    say!("next     {next}");
    Ok(Exit::Done)
}

/// Classes that a message names; of more, only how many they are.
const NAMED: usize = 5;

fn named(classes: &[String]) -> String {
    let mut names: Vec<String> = classes.iter().take(NAMED).map(|class| format!("`{class}`")).collect();
    if classes.len() > NAMED {
        names.push(format!("{} more", thousands((classes.len() - NAMED) as u64)));
    }
    listed(&names)
}
