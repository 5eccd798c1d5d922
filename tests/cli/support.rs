//! Runs the real program in an empty folder of its own.
#![allow(dead_code, reason = "each test program uses its own part")]

#[path = "../common/surroundings.rs"]
pub mod surroundings;

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// How long is waited for what a test says must happen: so much longer than it takes a slow and busy machine that whoever waits for all of
/// it waits for nothing.
pub const PATIENCE: Duration = Duration::from_secs(300);

/// Waits until something is so.
#[track_caller]
pub fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "waited {} s for: {what}", PATIENCE.as_secs());
        thread::sleep(Duration::from_millis(2));
    }
}

/// Waits until something is so because of a command that does not end before; a command that lets a test wait in vain is killed.
#[track_caller]
pub fn wait_for(child: &mut Child, what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    loop {
        // asked first: what it has done before it ended is there then
        let has_ended = child.try_wait().expect("the program can be waited for").is_some();
        if is_so() {
            return;
        }
        if has_ended || begun.elapsed() > PATIENCE {
            let _ = child.kill();
            let _ = child.wait();
            panic!("{}: {what}", if has_ended { "it ended by itself" } else { "waited for too long" });
        }
        thread::sleep(Duration::from_millis(2));
    }
}

/// What a command did.
#[derive(Debug)]
pub struct Ran {
    /// Exit code; `None` where a signal ended it.
    pub code: Option<i32>,
    /// Its standard output.
    pub out: String,
    /// Its standard error.
    pub err: String,
}

impl Ran {
    /// This, if the exit code is `code`.
    ///
    /// # Panics
    /// If it is another.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self}");
        assert!(!self.err.contains("panicked"), "{self}");
        self
    }

    /// Standard output as JSON.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}\n{self}"))
    }

    /// The first line of standard output that starts with `start`.
    #[track_caller]
    pub fn line(&self, start: &str) -> &str {
        let found = self.out.lines().find(|line| line.starts_with(start));
        found.unwrap_or_else(|| panic!("no line starts with `{start}`\n{self}"))
    }
}

impl std::fmt::Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "exit code {:?}\nstdout:\n{}\nstderr:\n{}", self.code, self.out, self.err)
    }
}

/// Starts a command whose output is collected by [`finish`].
pub fn start(mut command: Command) -> Child {
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts")
}

/// Waits for a command; one that hangs is killed and fails the test.
#[track_caller]
pub fn finish(mut child: Child) -> Ran {
    let out = collect(child.stdout.take());
    let err = collect(child.stderr.take());
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("the program can be waited for") {
            break Some(status);
        }
        if begun.elapsed() > PATIENCE {
            child.kill().expect("the program can be killed");
            child.wait().expect("the program ends");
            break None;
        }
        thread::sleep(Duration::from_millis(5));
    };
    let [out, err] = [out, err].map(|thread| thread.join().expect("output is collected"));
    let ran = Ran { code: status.and_then(|status| status.code()), out, err };
    assert!(status.is_some(), "still running after {PATIENCE:?}\n{ran}");
    ran
}

fn collect(stream: Option<impl Read + Send + 'static>) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            stream.read_to_end(&mut bytes).expect("the program's output can be read");
        }
        String::from_utf8(bytes).expect("the program writes UTF-8")
    })
}

/// An empty folder in which commands run, with what they keep for the user beside it; gone at the end of the test.
pub struct Place {
    home: TempDir,
    folder: PathBuf,
}

impl Place {
    /// A new one.
    pub fn new() -> Self {
        let home = tempfile::tempdir().expect("a temporary folder");
        let folder = home.path().join("here");
        fs::create_dir(&folder).expect("a folder can be made");
        Place { home, folder }
    }

    /// A new one, or `None` with a line that says so where no adapter is; a failure where `LEPTON_REQUIRE_GPU` is set.
    #[track_caller]
    pub fn with_adapter() -> Option<Self> {
        if adapter() {
            return Some(Self::new());
        }
        assert!(std::env::var_os("LEPTON_REQUIRE_GPU").is_none(), "LEPTON_REQUIRE_GPU is set, and there is no adapter");
        eprintln!("skipped: no adapter");
        None
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The program, to be run in the folder.
    pub fn lepton(&self) -> Command {
        let mut command = surroundings::lepton(self.home.path());
        command.current_dir(&self.folder).stdin(Stdio::null());
        command
    }

    /// Has a command run in the folder, with nothing of the user's around it.
    pub fn own(&self, command: &mut Command) {
        surroundings::own(command, self.home.path());
        command.current_dir(&self.folder).stdin(Stdio::null());
    }

    /// A path in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Writes a file, and the folders it needs.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a file has a folder")).expect("a folder can be made");
        fs::write(path, bytes).expect("a file can be written");
    }

    /// Reads a file.
    #[track_caller]
    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Reads a text file.
    #[track_caller]
    pub fn text(&self, name: &str) -> String {
        String::from_utf8(self.read(name)).expect("the file is UTF-8")
    }

    /// The lines of a run's `events.jsonl`, each parsed.
    #[track_caller]
    pub fn events(&self, run: &str) -> Vec<serde_json::Value> {
        let text = self.text(&format!("{run}/events.jsonl"));
        assert!(text.is_empty() || text.ends_with('\n'), "the last line is whole:\n{text}");
        text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"))).collect()
    }

    /// How many lines with `what` are in the log of a run, so far.
    pub fn logged(&self, run: &str, what: &str) -> usize {
        let log = fs::read_to_string(self.path(run).join("events.jsonl")).unwrap_or_default();
        log.lines().filter(|line| line.contains(what)).count()
    }

    /// Runs a command line (split at spaces) to its end.
    #[track_caller]
    pub fn run(&self, line: &str) -> Ran {
        self.run_args(&line.split_whitespace().collect::<Vec<_>>())
    }

    /// Runs a command line with another table of tiles.
    #[track_caller]
    pub fn run_with_tiles(&self, line: &str, tiles: &str) -> Ran {
        let mut command = self.lepton();
        command.args(line.split_whitespace()).env("LEPTON_TILES", tiles);
        finish(start(command))
    }

    /// Runs the program with these arguments to its end.
    #[track_caller]
    pub fn run_args(&self, args: &[&str]) -> Ran {
        let mut command = self.lepton();
        command.args(args);
        finish(start(command))
    }

    /// Every file below the folder with its bytes; folders and links have none.
    pub fn snapshot(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        let mut folders = vec![self.folder().to_path_buf()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).expect("a folder can be listed") {
                let path = entry.expect("an entry can be read").path();
                let kind = path.symlink_metadata().expect("an entry has metadata").file_type();
                let bytes = if kind.is_file() { fs::read(&path).expect("a file can be read") } else { Vec::new() };
                if kind.is_dir() {
                    folders.push(path.clone());
                }
                files.insert(path, bytes);
            }
        }
        files
    }
}

fn adapter() -> bool {
    static THERE: OnceLock<bool> = OnceLock::new();
    *THERE.get_or_init(|| {
        let place = Place::new();
        match place.run("devices").code {
            Some(0) => true,
            Some(2) => false,
            code => panic!("`devices` exits with {code:?}"),
        }
    })
}

/// The number after `name` in a line of metrics: `number("loss: 0.5 - accuracy: 0.9", "accuracy: ")` is 0.9.
#[track_caller]
pub fn number(line: &str, name: &str) -> f64 {
    let rest = line.split(name).nth(1).unwrap_or_else(|| panic!("no `{name}` in `{line}`"));
    let word = rest.split_whitespace().next().unwrap_or_default();
    word.parse().unwrap_or_else(|error| panic!("{error}: `{word}` in `{line}`"))
}

/// The bytes of an IDX file of u8.
pub fn idx(sizes: &[u32], elements: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, sizes.len() as u8];
    bytes.extend(sizes.iter().flat_map(|size| size.to_be_bytes()));
    bytes.extend(elements);
    bytes
}
