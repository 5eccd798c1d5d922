//! `lepton-gpu weights`

use super::args::{WeightsArgs, WeightsCommand};
use super::data::Bars;
use super::models::listing;
use super::{CliError, Exit};
use crate::data::FetchOptions;
use crate::data::published::{self, fetch_weights};
use crate::report::say;

pub fn run(args: &WeightsArgs) -> Result<Exit, CliError> {
    match &args.command {
        WeightsCommand::List => list(),
        WeightsCommand::Fetch { name, into } => {
            let unknown = |hint| CliError::Unknown { what: "weights", name: name.clone(), hint };
            let published = published::find(name).map_err(unknown)?;
            let options = FetchOptions { into: into.clone(), ..FetchOptions::default() };
            let mut bars = Bars::default();
            let file = fetch_weights(published, &options, &mut |progress| bars.show(&progress))?;
            bars.finish();
            say!("{name} is in {}", file.display());
            say!("{}, licence {}: {}", published.title, published.license, published.homepage);
            say!("\nnext: lepton-gpu train photos/ --init {0}\n  or: lepton-gpu import {0}", file.display());
        }
    }
    Ok(Exit::Done)
}

fn list() {
    let mut table = listing(&["weights", "model", "size", "licence", "description"]);
    for row in published::all() {
        let size = format!("{:.0} MB", row.file.bytes as f64 / 1e6);
        table.add_row([&row.name, &row.model, &size, &row.license, &row.title]);
    }
    say!("{}", table.trim_fmt());
    say!("\n`lepton-gpu weights fetch NAME` downloads a file and checks its SHA-256.");
}
