//! Everything that prints or draws: the only place, with `cli`, that writes for people.

/// Prints a line. Where nobody reads any more (`| head`), it is dropped: a run goes on and saves.
macro_rules! say {
    ($($text:tt)*) => {
        $crate::report::write_line(format_args!($($text)*))
    };
}
pub(crate) use say;

pub mod draw;
mod events;
mod terminal;

pub use events::EventLog;
pub use terminal::{Terminal, percent, seconds};

/// What [`say!`] does.
pub(crate) fn write_line(text: std::fmt::Arguments) {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    let _ = out.write_fmt(text).and_then(|()| out.write_all(b"\n"));
}
