//! The command line: what was typed (`args`), and one file for each command.

pub mod args;
mod auto;
mod bench;
mod budget;
mod completions;
mod curve;
mod dashboard;
mod data;
mod decide;
mod described;
mod devices;
mod error;
mod errors;
mod eval;
mod explain;
mod export;
mod features;
mod first_screen;
pub mod hint;
mod import;
mod init;
mod inspect;
mod learned;
mod letters;
mod logs;
mod loss;
mod memory;
mod models;
mod optimizer;
mod pictures;
mod predict;
mod published;
mod recipes;
mod relabelling;
mod report;
mod run_folder;
mod runs;
mod saving;
mod scaling;
mod shared;
mod show;
mod start;
mod started;
mod surroundings;
mod sweep;
mod tasks;
mod text;
mod thresholds;
mod train;
mod truth;
mod tune;
mod verdict;
mod verify;
mod watch;
mod web;
mod weights;
mod wrong;

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};

use args::{Args, Command};
use error::CliError;

use crate::gpu::{Gpu, GpuError, GpuOptions};
use crate::report::aside;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exit {
    /// The command did what it was asked to do.
    Done,
    /// It ran, and its goal was not met: a failed verify.
    GoalNotMet,
    /// Ctrl-C, after saving.
    Interrupted,
}

/// Runs the command that was typed. Exit codes: 0 done, 1 the goal was not met, 2 the command could not run, 130 stopped
/// by Ctrl-C.
pub fn main() -> ExitCode {
    // the main thread's stack is as small as `ulimit -s` says, and a debug build parses flags with 100 KiB of it
    let own = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(command);
    match own {
        Ok(thread) => thread.join().unwrap_or(ExitCode::from(PANICKED)),
        Err(_) => command(),
    }
}

/// The stack that commands run on: what systems give a main thread by default.
const STACK_BYTES: usize = 8 << 20;
/// The exit code of a program that panicked.
const PANICKED: u8 = 101;

fn command() -> ExitCode {
    let program = Args::command();
    let matches = program.clone().get_matches();
    // the innermost one: errors advise to give its flags alone
    let (mut command, mut inner) = (&program, &matches);
    while let Some((name, own)) = inner.subcommand() {
        (command, inner) = (command.find_subcommand(name).unwrap_or(command), own);
    }
    let result = match Args::from_arg_matches(&matches) {
        Ok(args) => run(args),
        Err(error) => error.exit(),
    };
    letters::tell_missing();
    if let (Ok(_), Some(error)) = (&result, crate::report::output_error()) {
        aside!("error: standard output: {error}");
        return ExitCode::from(2);
    }
    match result {
        Ok(Exit::Done) => ExitCode::SUCCESS,
        Ok(Exit::GoalNotMet) => ExitCode::from(1),
        Ok(Exit::Interrupted) => ExitCode::from(130),
        Err(error) => {
            aside!("error: {}", hint::message_of(&error, command));
            ExitCode::from(2)
        }
    }
}

/// Opens the adapter that was asked for, as the user's environment says.
fn open(adapter: Option<&str>) -> Result<Gpu, GpuError> {
    let gpu = Gpu::open(&GpuOptions::from_env().with_adapter(adapter))?;
    gpu.notes().iter().for_each(|note| aside!("note: {note}"));
    Ok(gpu)
}

fn run(args: Args) -> Result<Exit, CliError> {
    surroundings::settle()?;
    let adapter = args.command.adapter().map(String::from);
    let adapter = adapter.as_deref();
    match args.command {
        Command::Train(args) => train::run(&args, adapter),
        Command::Sweep(args) => sweep::run(&args, adapter),
        Command::Eval(args) => eval::run(&args, adapter),
        Command::Predict(args) => predict::run(&args, adapter),
        Command::Explain(args) => explain::run(&args, adapter),
        Command::Errors(args) => errors::run(&args, adapter),
        Command::Report(args) => report::run(&args, adapter),
        Command::Export(args) => export::run(&args, adapter),
        Command::Import(args) => import::run(&args),
        Command::Show(args) => show::run(&args, adapter),
        Command::Inspect(args) => inspect::run(&args, adapter),
        Command::Models(args) => models::run(&args),
        Command::Recipes(args) => recipes::run(&args),
        Command::Runs(args) => runs::run(&args, adapter),
        Command::Watch(args) => watch::run(&args),
        Command::Devices(args) => devices::run(&args, adapter),
        Command::Tune(args) => tune::run(&args, adapter),
        Command::Verify(args) => verify::run(&args, adapter),
        Command::Bench(args) => bench::run(&args, adapter),
        Command::BenchFirstStep(args) => bench::first_step(&args, adapter),
        Command::Weights(args) => published::run(&args),
        Command::Data(args) => data::run(&args),
        Command::Completions(args) => completions::completions(&args),
        Command::Man(args) => completions::man(&args),
    }
}
