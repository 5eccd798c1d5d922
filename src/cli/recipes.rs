//! `lepton-gpu recipes`

use comfy_table::Table;

use super::args::RecipesArgs;
use super::models::listing;
use super::{CliError, Exit};
use crate::config::{RECIPES, Recipe};
use crate::report::say;

pub fn run(args: &RecipesArgs) -> Result<Exit, CliError> {
    let Some(wanted) = &args.name else { return list() };
    match RECIPES.iter().find(|(name, _)| name == wanted) {
        Some((_, text)) => say!("{}", text.trim_end()),
        None => {
            let recipes: Vec<&str> = RECIPES.iter().map(|(name, _)| *name).collect();
            return Err(CliError::Usage(format!(
                "no recipe in the program is called `{wanted}`\n  try: one of {}",
                recipes.join(", ")
            )));
        }
    }
    Ok(Exit::Done)
}

/// Columns of a terminal in which a recipe fits on one line.
const WIDE: u16 = 150;

fn list() -> Result<Exit, CliError> {
    let wide = Table::new().width().is_none_or(|columns| columns >= WIDE);
    let mut table = match wide {
        true => listing(&["recipe", "model", "data", "published", "what it is"]),
        false => listing(&["recipe", "model, data", "published, what it is"]),
    };
    for (name, text) in RECIPES {
        let Recipe { run, published, summary, .. } = Recipe::parse(text, name)?;
        let (model, data) = (&run.model, run.data.as_deref().unwrap_or("DATA"));
        match wide {
            true => table.add_row([*name, model, data, &published, &summary]),
            false => table.add_row([*name, &format!("{model}\n{data}"), &format!("{published}\n{summary}")]),
        };
    }
    say!("{}", table.trim_fmt());
    say!("\n`lepton-gpu train --recipe NAME` runs one.");
    say!("`lepton-gpu recipes NAME` prints its file: settings, source, and what DATA is.");
    Ok(Exit::Done)
}
