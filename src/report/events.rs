//! `events.jsonl`: one JSON object a line, for other programs.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::Path;

use crate::train::Event;

/// An event log that is being written.
pub struct EventLog {
    file: File,
}

impl EventLog {
    /// Opens the log of a run; a resumed run continues it. The log is locked while it is open, so that two processes
    /// cannot train one run.
    ///
    /// # Errors
    /// The system's, or that another process holds the lock.
    pub fn open(path: &Path, resume: bool) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => {
                return Err(io::Error::other(
                    "another process is training this run\n  try: another --out, or wait until it finishes",
                ));
            }
            // a file system without locks: nothing is known, so nothing is refused
            Err(TryLockError::Error(_)) | Ok(()) => {}
        }
        if !resume && file.metadata()?.is_file() {
            file.set_len(0)?;
        }
        Ok(EventLog { file })
    }

    /// What the run at this log told last, such as `epoch`; nothing if it has no log.
    ///
    /// # Errors
    /// The system's.
    pub fn last(path: &Path) -> io::Result<Option<String>> {
        let bytes = match std::fs::read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            read => read?,
        };
        let text = String::from_utf8_lossy(&bytes);
        let event = |line: &str| {
            let event = serde_json::from_str::<serde_json::Value>(line).ok()?;
            event["event"].as_str().map(String::from)
        };
        Ok(text.lines().rev().find_map(event))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_run_has_one_writer() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        let mut first = EventLog::open(&path, false).unwrap();
        first.write(&Event::FirstStep { seconds: 1.0 }).unwrap();
        let error = EventLog::open(&path, true).err().expect("a second writer is refused");
        assert!(error.to_string().contains("another process"), "{error}");
        drop(first);
        let mut again = EventLog::open(&path, true).unwrap();
        again.write(&Event::FirstStep { seconds: 2.0 }).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 2, "a resumed log goes on");
        drop(again);
        EventLog::open(&path, false).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "", "a new run starts an empty one");
    }
}
