//! A log that is read while it is written.

use std::io::{self, Read, Seek, SeekFrom};
use std::path::PathBuf;

use super::super::log::Entry;
use super::super::text::make_plain;
use crate::platform::files;

/// Bytes that are read at a time: a long log comes in pieces, between which a screen can be drawn.
const PIECE: usize = 1 << 20;
/// Bytes at a log's begin by which it is known again.
const HEAD: usize = 512;

/// What a log has told since it was last looked at.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct News {
    /// Whether it is another log than before: everything known of the old one is to be forgotten.
    pub anew: bool,
    /// Its new lines.
    pub entries: Vec<Entry>,
    /// Whether there is more to be read at once.
    pub more: bool,
}

/// Reads the lines of a log as they are written. The log need not be there yet; what stands at its end without the end of a line is
/// left for the next time, since its writer may complete it, or cut it off when the run goes on.
#[derive(Clone, Debug)]
pub struct Follower {
    path: PathBuf,
    /// Where the first line begins that was not read.
    at: u64,
    /// The first bytes that were read.
    head: Vec<u8>,
    /// Whether what is read next is the rest of a line too long for an event.
    skips: bool,
}

impl Follower {
    /// Of the log at a path.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Follower { path: path.into(), at: 0, head: Vec::new(), skips: false }
    }

    /// What was written since the last time. A log that is not there has nothing new.
    ///
    /// # Errors
    /// The system's.
    pub fn read(&mut self) -> io::Result<News> {
        let mut file = match files::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(News::default()),
            Err(error) => return Err(error),
        };
        let length = file.metadata()?.len();
        let mut news = News::default();
        if self.at > 0 && (length < self.at || !self.is_known(&mut file)?) {
            news.anew = true;
            *self = Follower::new(std::mem::take(&mut self.path));
        }
        if length <= self.at {
            return Ok(news);
        }
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(self.at))?;
        file.take(PIECE as u64).read_to_end(&mut bytes)?;
        let whole = match bytes.iter().rposition(|&byte| byte == b'\n') {
            Some(end) => end + 1,
            None if bytes.len() == PIECE => {
                (self.at, self.skips, news.more) = (self.at + PIECE as u64, true, true);
                return Ok(news);
            }
            None => return Ok(news),
        };
        if self.at == 0 {
            self.head = bytes[..whole.min(HEAD)].to_vec();
        }
        let mut lines = String::from_utf8_lossy(&bytes[..whole]);
        if std::mem::take(&mut self.skips) {
            let rest = lines.find('\n').map_or(lines.len(), |end| end + 1);
            lines = lines[rest..].to_string().into();
        }
        news.entries = lines.lines().filter_map(Entry::parse).collect();
        // whoever shows them may be a terminal
        news.entries.iter_mut().for_each(|entry| make_plain(&mut entry.value));
        news.more = bytes.len() == PIECE;
        self.at += whole as u64;
        Ok(news)
    }

    /// Whether the log begins as it did.
    fn is_known(&self, file: &mut std::fs::File) -> io::Result<bool> {
        let mut now = vec![0; self.head.len()];
        Ok(file.read_exact(&mut now).is_ok() && now == self.head)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::path::Path;

    use super::*;

    fn append(path: &Path, bytes: &[u8]) {
        std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap().write_all(bytes).unwrap();
    }

    /// The epochs of what is new, and whether the log is another one.
    fn told(follower: &mut Follower) -> (Vec<u64>, bool) {
        let news = follower.read().unwrap();
        (news.entries.iter().map(|entry| entry.value["epoch"].as_u64().unwrap_or(0)).collect(), news.anew)
    }

    fn epoch(number: u64) -> String {
        format!("{{\"event\":\"epoch\",\"epoch\":{number}}}\n")
    }

    #[test]
    fn every_line_is_told_once_however_it_arrives() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        let mut follower = Follower::new(&path);
        assert_eq!(told(&mut follower), (vec![], false), "it is not there yet");
        append(&path, b"");
        assert_eq!(told(&mut follower), (vec![], false), "it is empty");
        let lines = epoch(1) + &epoch(2);
        for byte in lines.as_bytes() {
            append(&path, &[*byte]);
            let wanted = if *byte == b'\n' { 1 } else { 0 };
            assert_eq!(follower.read().unwrap().entries.len(), wanted);
        }
        append(&path, (epoch(3) + &epoch(4) + "{\"event\":\"epo").as_bytes());
        assert_eq!(told(&mut follower), (vec![3, 4], false));
        assert_eq!(told(&mut follower), (vec![], false), "a half line is none");
        append(&path, b"ch\",\"epoch\":5}\n");
        assert_eq!(told(&mut follower), (vec![5], false), "now it is one");
    }

    #[test]
    fn what_is_no_event_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        let mut follower = Follower::new(&path);
        append(&path, b"nonsense\n\0\0\0\0\n\xff\xfe\n7\n{}\n{\"event\":7}\n\n");
        append(&path, epoch(1).as_bytes());
        assert_eq!(told(&mut follower), (vec![1], false));
        // a line that no event has, longer than what is read at a time
        append(&path, &vec![b'x'; PIECE + 100]);
        append(&path, format!("\n{}", epoch(2)).as_bytes());
        let mut all = Vec::new();
        while all.is_empty() {
            all = told(&mut follower).0;
        }
        assert_eq!(all, [2]);
        append(&path, epoch(3).as_bytes());
        assert_eq!(told(&mut follower), (vec![3], false));
    }

    #[test]
    fn a_log_steers_no_terminal() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        append(&path, br#"{"event":"start","command":"x\u001b]0;owned\u0007","data":{"classes":["\u202ecat"]}}"#);
        append(&path, b"\n");
        let news = Follower::new(&path).read().unwrap();
        assert_eq!(news.entries[0].value["command"], "x\u{fffd}]0;owned\u{fffd}");
        assert_eq!(news.entries[0].value["data"]["classes"][0], "\u{fffd}cat");
    }

    #[test]
    fn a_long_log_comes_in_pieces() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        let count = 2 * PIECE as u64 / epoch(100_000).len() as u64;
        append(&path, (1..=count).map(epoch).collect::<String>().as_bytes());
        let (mut follower, mut all, mut pieces) = (Follower::new(&path), Vec::new(), 0);
        loop {
            let news = follower.read().unwrap();
            pieces += 1;
            all.extend(news.entries.iter().map(|entry| entry.value["epoch"].as_u64().unwrap()));
            if !news.more {
                break;
            }
        }
        assert!(pieces > 1 && all == (1..=count).collect::<Vec<_>>(), "{pieces} pieces, {} lines", all.len());
    }

    #[test]
    fn a_run_that_goes_on_or_starts_anew_is_followed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        let mut follower = Follower::new(&path);
        append(&path, (epoch(1) + "{\"event\":\"prog").as_bytes());
        assert_eq!(told(&mut follower), (vec![1], false));
        // it was killed; the run that goes on cuts the half line off, and writes more than that was
        std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(epoch(1).len() as u64).unwrap();
        append(&path, (epoch(2) + &epoch(3)).as_bytes());
        assert_eq!(told(&mut follower), (vec![2, 3], false));
        // another run in the same folder: a shorter log, and then one that is longer when it is looked at
        std::fs::write(&path, epoch(7)).unwrap();
        assert_eq!(told(&mut follower), (vec![7], true));
        std::fs::write(&path, epoch(8) + &epoch(9)).unwrap();
        assert_eq!(told(&mut follower), (vec![8, 9], true));
        std::fs::remove_file(&path).unwrap();
        assert_eq!(told(&mut follower), (vec![], false));
        std::fs::write(&path, epoch(1)).unwrap();
        assert_eq!(told(&mut follower), (vec![1], true));
    }
}
