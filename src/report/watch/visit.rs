//! `watch`: the screen of a run that another program trains.

use std::io;
use std::path::Path;

use ratatui::crossterm::event::Event;

use super::console::{self, event_within, restore};
use super::keys::{Wish, press};
use super::look::Look;
use super::watched::{Stage, Watched};
use crate::platform::Duration;

/// How long a key is waited for.
const WAIT: Duration = Duration::from_millis(100);

/// How the look at a run ended.
#[derive(Debug)]
pub struct Visit {
    /// What was known of it.
    pub watched: Watched,
    /// Whether a process was training it.
    pub is_running: bool,
    /// Whether Ctrl-C ended the look.
    pub is_interrupted: bool,
}

/// Shows the run in a folder until somebody leaves; `is_over` says whether a signal asks for that.
///
/// # Errors
/// If the terminal cannot show it, or the log cannot be read.
pub fn visit(run: &Path, is_over: impl Fn() -> bool) -> io::Result<Visit> {
    let mut look = Look::new(run, false);
    // what cannot be read is said where it can be seen
    look.read()?;
    let mut console = console::enter()?;
    let looked = (|| {
        while !is_over() {
            look.read()?;
            look.draw(&mut console, false)?;
            let Some(event) = event_within(WAIT)? else { continue };
            look.change();
            let Event::Key(key) = event else { continue };
            match press(&mut look.view, false, key) {
                Wish::Leave => return Ok(false),
                Wish::Interrupt => return Ok(true),
                Wish::Nothing | Wish::Stop | Wish::Save => {}
            }
        }
        Ok(true)
    })();
    restore();
    let is_running = look.is_written() == Some(true) && look.watched().stage != Stage::Finished;
    looked.map(|is_interrupted| Visit { watched: look.watched().clone(), is_running, is_interrupted })
}
