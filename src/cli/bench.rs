//! `lepton-gpu bench`

use std::path::Path;

use super::args::{BenchArgs, BenchFirstStepArgs};
use super::{CliError, Exit, open};
use crate::bench::{self, BenchResult, Network, Preset, Settings, measure};
use crate::checkpoint::write_atomically;
use crate::report::bench::{BenchProgress, compare, page, read, screen};
use crate::report::say;

pub fn run(args: &BenchArgs, adapter: Option<&str>) -> Result<Exit, CliError> {
    if let Some([a, b]) = args.compare.as_deref() {
        let results = (read(a)?, read(b)?);
        compare(&results.0, &results.1);
        return Ok(Exit::Done);
    }
    if let Some(file) = &args.from {
        show(&read(file)?, args)?;
        return Ok(Exit::Done);
    }
    let preset = match (args.quick, args.full) {
        (true, _) => Preset::QUICK,
        (_, true) => Preset::FULL,
        _ => Preset::DEFAULT,
    };
    let settings = Settings { command: std::env::args().collect(), program: std::env::current_exe().ok() };
    let gpu = open(adapter)?;
    let mut progress = BenchProgress::new();
    let result = measure(&gpu, &preset, &settings, &mut |now| progress.show(&now));
    progress.finish();
    let result = result?;
    show(&result, args)?;
    let wrong = result.training.iter().any(|training| training.loss.is_some_and(|loss| !loss.passed()));
    Ok(if wrong { Exit::GoalNotMet } else { Exit::Done })
}

/// `bench-first-step`: what `bench` starts so that a driver is loaded anew.
pub fn first_step(args: &BenchFirstStepArgs, adapter: Option<&str>) -> Result<Exit, CliError> {
    let network =
        Network::find(&args.model).ok_or_else(|| CliError::Usage(format!("unknown network `{}`", args.model)))?;
    let gpu = open(adapter)?;
    say!("{}", bench::first_step(&gpu, network, args.batch, args.precision.into())?);
    Ok(Exit::Done)
}

/// The result on the screen, and in the files that were asked for.
fn show(result: &BenchResult, args: &BenchArgs) -> Result<(), CliError> {
    screen(result);
    if let Some(path) = &args.json {
        let json = serde_json::to_vec_pretty(result).expect("a result is plain data");
        write(path, &json)?;
    }
    if let Some(path) = &args.html {
        write(path, page(result).as_bytes())?;
    }
    Ok(())
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), CliError> {
    write_atomically(path, bytes)?;
    say!("{:<10}{}", "written", path.display());
    Ok(())
}
