//! The log of a run, `events.jsonl`, as everybody reads it who reads it.

use std::io;
use std::path::Path;

use serde_json::Value;

use crate::platform::{calendar, files};

/// What a run's log says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Log {
    /// Its lines, in their order.
    pub entries: Vec<Entry>,
}

/// A line of a log.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// What it tells, such as `start`, `epoch` or `test`; see [`Event`](crate::train::Event) and [`RunStart`](super::RunStart).
    pub event: String,
    /// When it was told, in seconds since 1970 began; logs of versions before 0.2 do not say.
    pub time: Option<f64>,
    /// The whole line.
    pub value: Value,
}

impl Log {
    /// Reads the log of a run. Lines that are no events are passed over: the log is for everybody, and may end in the middle of
    /// one.
    ///
    /// # Errors
    /// The system's.
    pub fn read(path: &Path) -> io::Result<Self> {
        Ok(Self::parse(&files::read(path)?))
    }

    /// Reads the lines of a log.
    pub fn parse(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        Log { entries: text.lines().filter_map(Entry::parse).collect() }
    }

    /// The first line of this event.
    pub fn first(&self, event: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.event == event)
    }

    /// What the run told last, such as `epoch`; where it began or went on is nothing that it told.
    pub fn last_event(&self) -> Option<&str> {
        self.entries.iter().rev().map(|entry| &*entry.event).find(|event| !["start", "resume"].contains(event))
    }
}

impl Entry {
    /// A line; none if it is no event.
    pub fn parse(line: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(line).ok()?;
        let event = value["event"].as_str()?.to_string();
        let time = value["time"].as_str().and_then(calendar::parse_rfc3339);
        Some(Entry { event, time, value })
    }

    /// A number of the event, by its key.
    pub fn number(&self, key: &str) -> Option<f64> {
        self.value[key].as_f64()
    }
}
