//! `train --dashboard`

use std::path::Path;

use super::CliError;
use super::args::TrainArgs;
use super::train::interrupt;
use crate::report::remember;
use crate::report::watch::{Dashboard, is_possible};
use crate::train::StopHandle;

/// Finds out before anything is read whether a screen can be shown, and remembers what is said until it is.
pub fn prepare(args: &TrainArgs) -> Result<(), CliError> {
    if !args.typed.has("dashboard") {
        return Ok(());
    }
    if !is_possible() {
        return Err(CliError::Usage(
            "--dashboard needs a terminal for its keys and its screen\n  try: without --dashboard, and lepton-gpu watch RUN in a terminal"
                .into(),
        ));
    }
    remember();
    Ok(())
}

/// The screen of a run, where one was asked for.
pub fn open(args: &TrainArgs, out: &Path, stop: StopHandle) -> Result<Option<Dashboard>, CliError> {
    if !args.typed.has("dashboard") {
        return Ok(None);
    }
    let opened = Dashboard::open(out, stop, interrupt);
    opened.map(Some).map_err(|error| CliError::Usage(format!("--dashboard: the terminal cannot show it: {error}")))
}
