//! `events.jsonl`: one JSON object a line, for other programs.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use crate::train::Event;

/// An event log that is being written.
pub struct EventLog {
    file: File,
}

impl EventLog {
    /// Opens the log of a run; a resumed run continues it.
    ///
    /// # Errors
    /// The system's.
    pub fn open(path: &Path, resume: bool) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(resume).write(true).truncate(!resume).open(path)?;
        Ok(EventLog { file })
    }

    /// Appends an event.
    ///
    /// # Errors
    /// The system's.
    pub fn write(&mut self, event: &Event) -> io::Result<()> {
        let mut line = serde_json::to_string(event)?;
        line.push('\n');
        self.file.write_all(line.as_bytes())
    }
}
