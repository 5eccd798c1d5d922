//! `lepton-gpu completions` and `lepton-gpu man`: what shells and readers of manuals know of the command line, made from its
//! definition.

use clap::CommandFactory;

use super::args::{Args, CompletionsArgs, ManArgs};
use super::{CliError, Exit};
use crate::report::say;

/// Prints a shell's completions.
pub fn completions(args: &CompletionsArgs) -> Result<Exit, CliError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "lepton-gpu", &mut script);
    say!("{}", String::from_utf8_lossy(&script).trim_end());
    Ok(Exit::Done)
}

/// Prints the manual page of the program, or of one of its commands.
pub fn man(args: &ManArgs) -> Result<Exit, CliError> {
    let mut program = Args::command();
    program.build();
    let page = match &args.command {
        None => program,
        Some(name) => {
            let commands = program.get_subcommands().map(|command| command.get_name().to_string());
            let unknown = || CliError::unknown("command", name, commands, &["--help"]);
            let command = program.find_subcommand(name).ok_or_else(unknown)?;
            command.clone()
        }
    };
    let mut text = Vec::new();
    clap_mangen::Man::new(page).render(&mut text).expect("memory can be written to");
    say!("{}", String::from_utf8_lossy(&text).trim_end());
    Ok(Exit::Done)
}
