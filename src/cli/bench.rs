//! `lepton-gpu bench`

use std::path::Path;

use super::args::BenchArgs;
use super::{CliError, Exit};
use crate::bench::BenchResult;
use crate::checkpoint::{CheckpointError, write_atomically};
use crate::report::bench::{compare, page, read, screen};
use crate::report::say;

pub fn run(args: &BenchArgs, _adapter: Option<&str>) -> Result<Exit, CliError> {
    if let Some([a, b]) = args.compare.as_deref() {
        let results = (read(a)?, read(b)?);
        compare(&results.0, &results.1);
        return Ok(Exit::Done);
    }
    if let Some(file) = &args.from {
        show(&read(file)?, args)?;
        return Ok(Exit::Done);
    }
    // measuring joins here: `let result = crate::bench::measure(...)?; show(&result, args)?;`
    say!("nothing is measured yet; --from and --compare show results that were kept");
    Ok(Exit::GoalNotMet)
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
    // the advice of a checkpoint's error is about --out, which `bench` has not
    write_atomically(path, bytes).map_err(|error| match error {
        CheckpointError::Io { source, .. } => CliError::file(path)(source),
        other => other.into(),
    })?;
    say!("{:<10}{}", "written", path.display());
    Ok(())
}
