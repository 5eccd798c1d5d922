//! `events.jsonl`: one JSON object a line, for other programs.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::log::Entry;
use crate::platform::{Duration, Instant, calendar, files};
use crate::train::Event;

/// A line of the log.
#[derive(Serialize)]
struct Line<'a, E> {
    #[serde(flatten)]
    event: &'a E,
    time: String,
}

/// How long a lock may be held by somebody who only looks whether there is one.
const LOOK: Duration = Duration::from_millis(100);

/// The file whose lock says that a log is being written: the log itself, but where a locked file cannot be read by others.
fn locked(log: &Path) -> PathBuf {
    if cfg!(windows) { log.with_extension("lock") } else { log.into() }
}

/// Whether a process is writing the log at a path; none where there is no log, or its file system has no locks.
pub fn is_written(log: &Path) -> Option<bool> {
    match files::open(&locked(log)).ok()?.try_lock_shared() {
        Ok(()) => Some(false),
        Err(TryLockError::WouldBlock) => Some(true),
        Err(TryLockError::Error(_)) => None,
    }
}

/// An event log that is being written.
pub struct EventLog {
    file: File,
    /// What is locked; see [`locked`].
    _lock: File,
    /// Whether standard output gets every line, too.
    echoes: bool,
}

impl EventLog {
    /// Opens the log of a run, and makes one where there is none; what stands in it stays. The log is locked while it is open, so
    /// that two processes cannot train one run.
    ///
    /// # Errors
    /// The system's, or that another process holds the lock.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        let lock = match locked(path) {
            own if own == path => file.try_clone()?,
            other => OpenOptions::new().create(true).truncate(false).write(true).open(other)?,
        };
        let begun = Instant::now();
        // a file system without locks: nothing is known, so nothing is refused
        while let Err(TryLockError::WouldBlock) = lock.try_lock() {
            if begun.elapsed() > LOOK {
                return Err(io::Error::other(
                    "another process is training this run\n  try: another --out, or wait until it finishes",
                ));
            }
            std::thread::sleep(LOOK / 20);
        }
        Ok(EventLog { file, _lock: lock, echoes: false })
    }

    /// The log of a new run: empty.
    ///
    /// # Errors
    /// The system's.
    pub fn cleared(self) -> io::Result<Self> {
        if self.has_lines()? {
            self.file.set_len(0)?;
        }
        Ok(self)
    }

    /// The log of a run that goes on, at `path`: after its last whole line.
    ///
    /// # Errors
    /// The system's.
    pub fn continued(mut self, path: &Path) -> io::Result<Self> {
        if self.has_lines()? {
            self.end_line(&files::read(path)?)?;
        }
        Ok(self)
    }

    /// A device has none to go on from.
    fn has_lines(&self) -> io::Result<bool> {
        Ok(self.file.metadata()?.is_file())
    }

    /// Makes the next event a line of its own: what a kill left of a line at the end of `before` is cut off, and a whole event without
    /// its end gets it.
    fn end_line(&mut self, before: &[u8]) -> io::Result<()> {
        let whole = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
        match &before[whole..] {
            [] => Ok(()),
            last if serde_json::from_slice::<serde_json::Map<_, _>>(last).is_ok() => self.file.write_all(b"\n"),
            _ => self.file.set_len(whole as u64),
        }
    }

    /// Takes the last event back, where it is of this name: it will be told anew.
    ///
    /// # Errors
    /// The system's.
    pub fn take_back(&mut self, path: &Path, event: &str) -> io::Result<()> {
        let bytes = files::read(path)?;
        let Some(lines) = bytes.strip_suffix(b"\n") else { return Ok(()) };
        let start = lines.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
        match Entry::parse(&String::from_utf8_lossy(&lines[start..])) {
            Some(last) if last.event == event => self.file.set_len(start as u64),
            _ => Ok(()),
        }
    }

    /// Appends what happens now.
    ///
    /// # Errors
    /// The system's.
    pub fn write(&mut self, event: &Event) -> io::Result<()> {
        self.write_at(calendar::now(), event)
    }

    /// Appends what happened then, a time since 1970 began: an [`Event`] or a [`RunStart`](super::RunStart).
    ///
    /// # Errors
    /// The system's.
    pub fn write_at(&mut self, time: Duration, event: &impl Serialize) -> io::Result<()> {
        let mut line = serde_json::to_string(&Line { event, time: calendar::rfc3339(time) })?;
        if self.echoes {
            super::write_out(format_args!("{line}"));
        }
        line.push('\n');
        self.file.write_all(line.as_bytes())
    }

    /// The log with standard output getting every line, too.
    #[must_use]
    pub fn echoing(self, echoes: bool) -> Self {
        EventLog { echoes, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_event_can_be_taken_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        let [epoch, verdict] = ["epoch", "verdict"].map(|event| format!("{{\"event\":\"{event}\"}}\n"));
        for (before, after) in [
            (format!("{epoch}{verdict}"), epoch.clone()),
            (verdict.clone(), String::new()),
            (format!("{verdict}{epoch}"), format!("{verdict}{epoch}")),
            (String::new(), String::new()),
        ] {
            std::fs::write(&path, before).unwrap();
            EventLog::open(&path).unwrap().continued(&path).unwrap().take_back(&path, "verdict").unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), after);
        }
    }

    #[test]
    fn an_event_after_a_half_line_is_a_line_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        let whole = "{\"event\":\"epoch\",\"epoch\":1}\n";
        // a half line, one without its end, zeros that a power cut left, half of a letter, and a log that is nothing else
        let ends: [(&[u8], &str); 6] = [
            (b"", ""),
            (b"{\"event\":\"prog", ""),
            (b"{\"event\":\"first_step\",\"seconds\":9}", "{\"event\":\"first_step\",\"seconds\":9}\n"),
            (&[0; 9], ""),
            (b"{\"event\":\"\xc3", ""),
            (b"7", ""),
        ];
        for (before, (end, kept)) in [whole, ""].iter().flat_map(|before| ends.iter().map(move |end| (before, end))) {
            std::fs::write(&path, [before.as_bytes(), end].concat()).unwrap();
            let then = Duration::from_millis(1_709_251_199_042);
            EventLog::open(&path)
                .unwrap()
                .continued(&path)
                .unwrap()
                .write_at(then, &Event::FirstStep { seconds: 1.0 })
                .unwrap();
            let line = "{\"event\":\"first_step\",\"seconds\":1.0,\"time\":\"2024-02-29T23:59:59.042Z\"}";
            let wanted = format!("{before}{kept}{line}\n");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), wanted, "after {:?}", String::from_utf8_lossy(end));
        }
    }

    #[test]
    fn one_run_has_one_writer() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        assert_eq!(is_written(&path), None);
        let mut first = EventLog::open(&path).unwrap().cleared().unwrap();
        first.write(&Event::FirstStep { seconds: 1.0 }).unwrap();
        assert_eq!(is_written(&path), Some(true));
        let error = EventLog::open(&path).err().expect("a second writer is refused");
        assert!(error.to_string().contains("another process"), "{error}");
        drop(first);
        assert_eq!(is_written(&path), Some(false));
        let mut again = EventLog::open(&path).unwrap().continued(&path).unwrap();
        again.write(&Event::FirstStep { seconds: 2.0 }).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 2, "a resumed log goes on");
        drop(again);
        EventLog::open(&path).unwrap().cleared().unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "", "a new run starts an empty one");
    }
}
