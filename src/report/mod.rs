//! Everything that prints or draws: the only place, with `cli`, that writes for people.

#[cfg(feature = "cli")]
use std::io::{IsTerminal, Write};
#[cfg(feature = "cli")]
use std::sync::OnceLock;
#[cfg(feature = "cli")]
use std::sync::atomic::{AtomicBool, Ordering};

#[cfg(feature = "cli")]
/// Prints a line. Where nobody reads any more (`| head`), it is dropped: a run goes on and saves.
macro_rules! say {
    ($($text:tt)*) => {
        $crate::report::write_line(format_args!($($text)*))
    };
}
#[cfg(feature = "cli")]
/// Prints a line on standard error. Where that cannot be written, it is dropped: what the command does and its exit code say the rest.
macro_rules! aside {
    ($($text:tt)*) => {
        $crate::report::write_aside(format_args!($($text)*))
    };
}
#[cfg(feature = "cli")]
pub(crate) use {aside, say};

#[cfg(feature = "cli")]
pub mod bench;
#[cfg(feature = "cli")]
mod board;
#[cfg(feature = "plots")]
pub mod chart;
#[cfg(feature = "cli")]
mod document;
#[cfg(feature = "plots")]
pub mod draw;
#[cfg(feature = "cli")]
pub mod embedding;
#[cfg(feature = "cli")]
mod epoch_table;
#[cfg(feature = "cli")]
mod events;
#[cfg(feature = "cli")]
mod history;
#[cfg(feature = "cli")]
mod live_line;
#[cfg(feature = "cli")]
mod log;
#[cfg(feature = "cli")]
mod lr_range;
#[cfg(feature = "cli")]
mod measures;
#[cfg(feature = "cli")]
mod pace;
#[cfg(feature = "cli")]
pub mod page;
#[cfg(feature = "cli")]
mod profile;
#[cfg(feature = "cli")]
pub mod run;
#[cfg(feature = "cli")]
mod run_start;
#[cfg(feature = "cli")]
mod sentence;
#[cfg(feature = "cli")]
mod spoken;
#[cfg(feature = "cli")]
mod terminal;
#[cfg(feature = "cli")]
mod text;
#[cfg(feature = "cli")]
mod verdict;
#[cfg(feature = "cli")]
mod verify;
#[cfg(feature = "cli")]
pub mod watch;

#[cfg(feature = "cli")]
pub use board::Board;
#[cfg(feature = "cli")]
pub use document::{Document, Listing};
#[cfg(feature = "cli")]
pub use epoch_table::EpochTable;
#[cfg(feature = "cli")]
pub use events::{EventLog, is_written};
#[cfg(feature = "cli")]
pub use history::{EpochTold, History, Point};
#[cfg(feature = "cli")]
pub use log::{Entry, Log};
#[cfg(feature = "cli")]
pub use lr_range::{lr_range_curve, print_lr_range_test};
#[cfg(feature = "cli")]
pub use measures::print_measures;
#[cfg(feature = "cli")]
pub use profile::print_profile;
#[cfg(feature = "cli")]
pub use run_start::{Counts, Data, Device, Division, Network, PerClass, RunStart, SCHEMA};
#[cfg(feature = "cli")]
pub use sentence::listed;
#[cfg(feature = "cli")]
pub(crate) use spoken::remember;
#[cfg(feature = "cli")]
pub use terminal::{Terminal, percent, seconds};
#[cfg(feature = "cli")]
pub use text::{make_plain, plain, shell_word, to_continue};
#[cfg(feature = "cli")]
pub use verdict::{names_of, verdict_end, verdict_lines};
#[cfg(feature = "cli")]
pub use verify::VerifyProgress;

#[cfg(feature = "cli")]
/// The first error of standard output that was not a reader going away.
static OUTPUT_ERROR: OnceLock<String> = OnceLock::new();

#[cfg(feature = "cli")]
/// Whether standard output is left alone.
static QUIET: AtomicBool = AtomicBool::new(false);

#[cfg(feature = "cli")]
/// Leaves standard output alone from now on: nobody reads it, or only programs do.
pub(crate) fn be_quiet() {
    QUIET.store(true, Ordering::Relaxed);
}

#[cfg(feature = "cli")]
/// Leaves standard output alone while something is done that others tell of.
pub(crate) fn quietly<T>(quiet: bool, run: impl FnOnce() -> T) -> T {
    let before = QUIET.swap(quiet || is_quiet(), Ordering::Relaxed);
    let done = run();
    QUIET.store(before, Ordering::Relaxed);
    done
}

#[cfg(feature = "cli")]
/// Whether standard output is left alone.
pub(crate) fn is_quiet() -> bool {
    QUIET.load(Ordering::Relaxed)
}

#[cfg(feature = "cli")]
/// Whether a terminal shows colours: <https://no-color.org> is followed.
pub(crate) fn has_colours() -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !is_set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

#[cfg(feature = "cli")]
/// What [`say!`] does.
pub(crate) fn write_line(text: std::fmt::Arguments) {
    if !is_quiet() && spoken::passes(spoken::To::Out, &text) {
        write_out(text);
    }
}

#[cfg(feature = "cli")]
/// Writes a line on standard output.
fn write_out(text: std::fmt::Arguments) {
    let mut out = std::io::stdout().lock();
    noted(write_to(&mut out, text));
}

#[cfg(feature = "cli")]
/// Writes a line with colours of its own on standard output. Names and texts of others in it are [`plain`].
pub(crate) fn write_painted(line: &str) {
    if !is_quiet() && spoken::passes(spoken::To::Painted, &format_args!("{line}")) {
        write_painted_out(line);
    }
}

#[cfg(feature = "cli")]
/// Writes a line on standard output as it is.
fn write_painted_out(line: &str) {
    noted(writeln!(std::io::stdout().lock(), "{line}"));
}

#[cfg(feature = "cli")]
/// Writes a line as it is, and on a terminal without what steers it.
fn write_to(out: &mut (impl Write + IsTerminal), text: std::fmt::Arguments) -> std::io::Result<()> {
    if out.is_terminal() {
        out.write_all(text::for_terminal(&text.to_string()).as_bytes())?;
    } else {
        out.write_fmt(text)?;
    }
    out.write_all(b"\n")?;
    out.flush()
}

#[cfg(feature = "cli")]
/// Keeps the error of a write to standard output.
fn noted(written: std::io::Result<()>) {
    match written {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            let _ = OUTPUT_ERROR.set(error.to_string());
        }
        _ => {}
    }
}

#[cfg(feature = "cli")]
/// What [`aside!`] does.
pub(crate) fn write_aside(text: std::fmt::Arguments) {
    if spoken::passes(spoken::To::Err, &text) {
        write_err(text);
    }
}

#[cfg(feature = "cli")]
/// Writes a line on standard error.
fn write_err(text: std::fmt::Arguments) {
    let _ = write_to(&mut std::io::stderr().lock(), text);
}

#[cfg(feature = "cli")]
/// Why some output is missing, if it is.
pub(crate) fn output_error() -> Option<&'static str> {
    OUTPUT_ERROR.get().map(String::as_str)
}
