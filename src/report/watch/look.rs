//! A run that is looked at on a screen, whoever trains it.

use std::io;
use std::path::{Path, PathBuf};

use super::console::{self, Console};
use super::screen::{Page, Palette, Shown, View, draw};
use super::{Follower, Watched, step_split};
use crate::platform::{Duration, Instant};
use crate::report::{has_colours, is_written, spoken};

/// How often a log is read, and a screen drawn at the most.
const OFTEN: Duration = Duration::from_millis(250);
/// How often it is asked who writes the log, and how much memory the program takes.
const SOMETIMES: Duration = Duration::from_secs(1);

/// The log of a run, in its folder.
pub const LOG: &str = "events.jsonl";

/// A look at a run.
pub struct Look {
    run: PathBuf,
    /// Its folder, as it is shown.
    name: String,
    follower: Follower,
    watched: Watched,
    /// How it is shown.
    pub view: View,
    is_own: bool,
    is_written: Option<bool>,
    host_bytes: Option<u64>,
    split: Option<(Vec<(String, f64)>, f64)>,
    /// When the log was read, and the rest asked.
    read: Option<Instant>,
    asked: Option<Instant>,
    /// Whether something has changed that is shown.
    changed: bool,
}

impl Look {
    /// At the run in a folder, which this program trains, or another one.
    pub fn new(run: &Path, is_own: bool) -> Self {
        Look {
            run: run.into(),
            name: run.display().to_string(),
            follower: Follower::new(run.join(LOG)),
            watched: Watched::default(),
            view: View { palette: Palette { colours: has_colours() }, ..View::default() },
            is_own,
            is_written: None,
            host_bytes: None,
            split: None,
            read: None,
            asked: None,
            changed: true,
        }
    }

    /// What is known of it.
    pub fn watched(&self) -> &Watched {
        &self.watched
    }

    /// Whether a process trains it, as far as that is known.
    pub fn is_written(&self) -> Option<bool> {
        self.is_written
    }

    /// Has it drawn anew.
    pub fn change(&mut self) {
        self.changed = true;
    }

    /// Reads what is new, unless that was done just now.
    ///
    /// # Errors
    /// The system's.
    pub fn read(&mut self) -> io::Result<()> {
        if self.asked.is_none_or(|asked| asked.elapsed() >= SOMETIMES) {
            self.asked = Some(Instant::now());
            let now = if self.is_own { Some(true) } else { is_written(&self.run.join(LOG)) };
            let host = if self.is_own { crate::platform::resident() } else { None };
            self.changed |= (now, host) != (self.is_written, self.host_bytes);
            (self.is_written, self.host_bytes) = (now, host);
            if self.split.is_none() && self.view.page == Page::Details {
                self.split = step_split(&self.run);
            }
        }
        if self.read.is_some_and(|read| read.elapsed() < OFTEN) {
            return Ok(());
        }
        let news = self.follower.read()?;
        if news.anew {
            (self.watched, self.split, self.view.curves) = (Watched::default(), None, Default::default());
        }
        news.entries.iter().for_each(|entry| self.watched.take(entry));
        self.changed |= news.anew || !news.entries.is_empty();
        self.read = (!news.more).then(Instant::now);
        Ok(())
    }

    /// Draws it if something has changed.
    ///
    /// # Errors
    /// The terminal's.
    pub fn draw(&mut self, console: &mut Console, is_stopping: bool) -> io::Result<()> {
        if !std::mem::take(&mut self.changed) {
            return Ok(());
        }
        let [said, warnings] = if self.view.page == Page::Log { spoken::heard() } else { Default::default() };
        let shown = Shown {
            watched: &self.watched,
            run: &self.name,
            said: &said,
            warnings: &warnings,
            host_bytes: self.host_bytes,
            split: self.split.clone(),
            is_own: self.is_own,
            is_written: self.is_written,
            is_stopping,
        };
        console::draw(console, |frame| draw(frame, &shown, &mut self.view))
    }
}
