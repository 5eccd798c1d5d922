//! What tells that a file is still the same, without reading it.

use std::fmt;
use std::fs::Metadata;
use std::time::{SystemTime, UNIX_EPOCH};

/// A file's size and times. Size and time of change alone do not tell a file from another that was renamed to its name, or that was
/// copied over it with its time; the time of the inode does.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Stamp {
    pub bytes: u64,
    /// Nanoseconds since 1970 when its content was changed.
    changed: u64,
    /// Nanoseconds since 1970 when it was last written, renamed, linked or given other rights; where the system does not tell, when it
    /// was made, which goes with a file that is renamed.
    touched: u64,
    /// Its number on its disk; 0 where there is none. Some network disks number anew whenever they are mounted.
    node: u64,
}

impl Stamp {
    pub fn of(metadata: &Metadata) -> Self {
        let nanoseconds = |time: std::io::Result<SystemTime>| {
            time.ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok()).map_or(0, |time| time.as_nanos() as u64)
        };
        #[cfg(unix)]
        let (touched, node) = {
            use std::os::unix::fs::MetadataExt;
            ((metadata.ctime() * 1_000_000_000 + metadata.ctime_nsec()) as u64, metadata.ino())
        };
        #[cfg(not(unix))]
        let (touched, node) = (nanoseconds(metadata.created()), 0);
        Stamp { bytes: metadata.len(), changed: nanoseconds(metadata.modified()), touched, node }
    }

    /// Whether a file that had this stamp when it was listed is the same now. Other rights or one more link do not change it.
    pub fn is_of(self, now: Stamp) -> bool {
        let is_same_file = self.touched == now.touched || (self.node != 0 && self.node == now.node);
        (self.bytes, self.changed) == (now.bytes, now.changed) && is_same_file
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.bytes, self.changed, self.touched)
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs::{self, File, Permissions};
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;
    use std::thread::sleep;
    use std::time::Duration;

    use super::*;

    #[test]
    fn another_file_of_the_same_size_and_time_is_another_and_other_rights_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let [a, b, aside] = ["a.bmp", "b.bmp", "aside"].map(|name| folder.path().join(name));
        for path in [&a, &b] {
            fs::write(path, "same size").unwrap();
            File::options().append(true).open(path).unwrap().set_modified(UNIX_EPOCH + Duration::from_secs(9)).unwrap();
        }
        let of = |path: &Path| Stamp::of(&path.metadata().unwrap());
        let listed = of(&a);
        // clocks of file systems tick every few milliseconds
        sleep(Duration::from_millis(30));
        fs::set_permissions(&a, Permissions::from_mode(0o600)).unwrap();
        assert!(listed.is_of(of(&a)), "other rights");
        fs::rename(&a, &aside).unwrap();
        fs::rename(&b, &a).unwrap();
        fs::rename(&aside, &b).unwrap();
        assert!(!listed.is_of(of(&a)), "the other file");
        assert_ne!(listed.to_string(), of(&a).to_string());
        assert_ne!(listed.to_string(), of(&b).to_string(), "by its own name, too");
    }
}
