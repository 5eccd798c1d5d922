//! `lepton-gpu recipes`

use super::args::RecipesArgs;
use super::models::listing;
use super::{CliError, Exit};
use crate::config::{RECIPES, Recipe, RecipeError};
use crate::report::say;

pub fn run(args: &RecipesArgs) -> Result<Exit, CliError> {
    let Some(wanted) = &args.name else { return list() };
    match RECIPES.iter().find(|(name, _)| name == wanted) {
        Some((_, text)) => say!("{}", text.trim_end()),
        None => {
            let recipes: Vec<&str> = RECIPES.iter().map(|(name, _)| *name).collect();
            return Err(RecipeError::Unknown { name: wanted.clone(), recipes: recipes.join(", ") }.into());
        }
    }
    Ok(Exit::Done)
}

fn list() -> Result<Exit, CliError> {
    let mut table = listing(&["recipe", "model", "data", "published", "what it is"]);
    for (name, text) in RECIPES {
        let Recipe { run, published, summary, .. } = Recipe::parse(text, name)?;
        table.add_row([*name, &run.model, run.data.as_deref().unwrap_or("DATA"), &published, &summary]);
    }
    say!("{table}");
    say!("\n`lepton-gpu train --recipe NAME` runs one; `lepton-gpu recipes NAME` prints its file, with its source and DATA to give");
    Ok(Exit::Done)
}
