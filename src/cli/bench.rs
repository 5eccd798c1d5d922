//! `lepton-gpu bench`

use std::path::{Path, PathBuf};

use super::args::{BenchArgs, BenchFirstStepArgs};
use super::{CliError, Exit, open};
use crate::bench::{self, BenchResult, Network, Preset, Settings, measure};
use crate::checkpoint::write_atomically;
use crate::gpu::{self, GpuOptions};
use crate::report::bench::{BenchProgress, compare, page, read, screen, table_row};
use crate::report::{Document, say};

pub fn run(args: &BenchArgs, adapter: Option<&str>) -> Result<Exit, CliError> {
    if let Some([a, b]) = args.compare.as_deref() {
        let results = (read(a)?, read(b)?);
        compare(&results.0, &results.1);
        return Ok(Exit::Done);
    }
    if let Some(file) = &args.from {
        show(&read(file)?, args, None)?;
        return Ok(Exit::Done);
    }
    let preset = match (args.quick, args.full) {
        (true, _) => Preset::QUICK,
        (_, true) => Preset::FULL,
        _ => Preset::DEFAULT,
    };
    let settings = Settings { command: std::env::args().collect(), program: std::env::current_exe().ok() };
    let adapters = adapters(adapter);
    let mut results: Vec<BenchResult> = Vec::new();
    for adapter in &adapters {
        let gpu = open(adapter.as_deref())?;
        let mut progress = BenchProgress::new();
        let result = measure(&gpu, &preset, &settings, &mut |now| progress.show(&now));
        progress.finish();
        let result = result?;
        show(&result, args, (adapters.len() > 1).then_some(result.adapter.index))?;
        results.push(result);
    }
    // the best adapter is the first one: the others are compared with it
    for other in results.iter().skip(1) {
        say!("\nA is {}, B is {}", results[0].adapter.name, other.adapter.name);
        compare(&results[0], other);
    }
    let wrong = |result: &BenchResult| result.training.iter().any(|t| t.loss.is_some_and(|loss| !loss.passed()));
    Ok(if results.iter().any(wrong) { Exit::GoalNotMet } else { Exit::Done })
}

/// The adapter that was asked for, or every one for `all`.
fn adapters(adapter: Option<&str>) -> Vec<Option<String>> {
    if adapter != Some("all") {
        return vec![adapter.map(String::from)];
    }
    let options = GpuOptions::from_env().with_adapter(None);
    let all: Vec<_> = gpu::list(&options).summaries().iter().map(|adapter| Some(adapter.index.to_string())).collect();
    // without any, opening the best one says what is wrong
    if all.is_empty() { vec![None] } else { all }
}

/// `bench-first-step`: what `bench` starts so that a driver is loaded anew.
pub fn first_step(args: &BenchFirstStepArgs, adapter: Option<&str>) -> Result<Exit, CliError> {
    let network =
        Network::find(&args.model).ok_or_else(|| CliError::Usage(format!("unknown network `{}`", args.model)))?;
    let gpu = open(adapter)?;
    say!("{}", bench::first_step(&gpu, network, args.batch, args.precision.into())?);
    Ok(Exit::Done)
}

/// The result on the screen, and in the files that were asked for; in one for each adapter, where there are several.
fn show(result: &BenchResult, args: &BenchArgs, number: Option<usize>) -> Result<(), CliError> {
    screen(result);
    if args.row {
        say!("\n{}", table_row(result).trim_end());
    }
    let named = |path: &Path| number.map_or(path.to_path_buf(), |number| numbered(path, number));
    if let Some(path) = &args.json {
        let json = serde_json::to_vec_pretty(&Document::of(result)).expect("a result is plain data");
        write(&named(path), &json)?;
    }
    if let Some(path) = &args.html {
        write(&named(path), page(result).as_bytes())?;
    }
    Ok(())
}

/// `bench.json` for adapter 1: `bench-1.json`.
fn numbered(path: &Path, number: usize) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let end = path.extension().map(|end| format!(".{}", end.to_string_lossy())).unwrap_or_default();
    path.with_file_name(format!("{stem}-{number}{end}"))
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), CliError> {
    write_atomically(path, bytes)?;
    say!("{:<10}{}", "written", path.display());
    Ok(())
}
