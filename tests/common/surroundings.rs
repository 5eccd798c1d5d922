//! What a program that a test starts sees around it: the machine and its drivers, and nothing of the user's own.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Variables of the program that say where tests run.
const KEPT: [&str; 2] = ["LEPTON_ADAPTER", "LEPTON_CHECKED"];
/// Variables of others that change what is printed.
const DROPPED: [&str; 8] =
    ["CI", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS", "LINES", "NO_COLOR", "RUST_BACKTRACE", "RUST_LOG"];

/// The program with a home of its own, as [`own`] gives one.
pub fn lepton(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lepton-gpu"));
    own(&mut command, home);
    command
}

/// Gives a command a home of its own for what programs keep, which may not be there yet, and takes away what the user has set. Compiled
/// kernels of software drivers are shared: they are the same for everybody.
pub fn own(command: &mut Command, home: &Path) {
    for (name, _) in std::env::vars_os() {
        let is_ours = name.to_str().is_some_and(|name| name.starts_with("LEPTON_"));
        if is_ours && KEPT.iter().all(|kept| name != *kept) || DROPPED.iter().any(|dropped| name == *dropped) {
            command.env_remove(&name);
        }
    }
    command.env("XDG_CACHE_HOME", home.join("cache")).env("XDG_CONFIG_HOME", home.join("config"));
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let users = set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache")));
    if let (None, Some(users)) = (set("MESA_SHADER_CACHE_DIR"), users) {
        command.env("MESA_SHADER_CACHE_DIR", users);
    }
}
