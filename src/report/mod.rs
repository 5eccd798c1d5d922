//! Everything that prints or draws: the only place, with `cli`, that writes for people.

use std::io::Write;
use std::sync::OnceLock;

/// Prints a line. Where nobody reads any more (`| head`), it is dropped: a run goes on and saves.
macro_rules! say {
    ($($text:tt)*) => {
        $crate::report::write_line(format_args!($($text)*))
    };
}
pub(crate) use say;

pub mod bench;
pub mod draw;
mod events;
mod history;
mod measures;
mod profile;
mod range_test;
mod terminal;

pub use events::EventLog;
pub use history::History;
pub use measures::print_measures;
pub use profile::print_profile;
pub use range_test::{print_range_test, range_curve};
pub use terminal::{Terminal, percent, seconds};

/// The first error of standard output that was not a reader going away.
static OUTPUT_ERROR: OnceLock<String> = OnceLock::new();

/// What [`say!`] does.
pub(crate) fn write_line(text: std::fmt::Arguments) {
    let mut out = std::io::stdout().lock();
    match out.write_fmt(text).and_then(|()| out.write_all(b"\n")).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            let _ = OUTPUT_ERROR.set(error.to_string());
        }
        _ => {}
    }
}

/// Why some output is missing, if it is.
pub(crate) fn output_error() -> Option<&'static str> {
    OUTPUT_ERROR.get().map(String::as_str)
}
