//! `lepton-gpu recipes`

use comfy_table::Table;

use super::args::RecipesArgs;
use super::models::listing;
use super::{CliError, Exit};
use crate::config::{RECIPES, Recipe};
use crate::report::say;

pub fn run(args: &RecipesArgs) -> Result<Exit, CliError> {
    let Some(wanted) = &args.name else { return list() };
    let found = RECIPES.iter().find(|(name, _)| name == wanted);
    let unknown = || CliError::unknown("recipe", wanted, RECIPES.iter().map(|(name, _)| *name), &["recipes"]);
    let (_, text) = found.ok_or_else(unknown)?;
    say!("{}", text.trim_end());
    Ok(Exit::Done)
}

/// Columns of a terminal in which a recipe fits on one line.
const WIDE: u16 = 150;

fn list() -> Result<Exit, CliError> {
    let wide = Table::new().width().is_none_or(|columns| columns >= WIDE);
    let mut table = if wide {
        listing(&["recipe", "model", "data", "published", "description"])
    } else {
        listing(&["recipe", "model, data", "published, description"])
    };
    for (name, text) in RECIPES {
        let Recipe { run, published, summary, .. } = Recipe::parse(text, name)?;
        let (model, data) = (&run.model, run.data.as_deref().unwrap_or("DATA"));
        if wide {
            table.add_row([*name, model, data, &published, &summary]);
        } else {
            table.add_row([*name, &format!("{model}\n{data}"), &format!("{published}\n{summary}")]);
        }
    }
    say!("{}", table.trim_fmt());
    say!("\n`lepton-gpu train --recipe NAME` runs a recipe.");
    say!("`lepton-gpu recipes NAME` prints its file with settings, source, and what DATA must be.");
    Ok(Exit::Done)
}
