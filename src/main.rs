//! The `lepton-gpu` command: parse, run, exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    lepton_gpu::cli::main()
}
