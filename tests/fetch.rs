//! Downloads, from a server of our own that answers right, wrong, late, half or not at all.

use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use flate2::{Compression, write::GzEncoder};
use lepton_gpu::data::fetch::fetch_known;
use lepton_gpu::data::known::{self, KnownFile};
use lepton_gpu::data::published::{Published, fetch_weights};
use lepton_gpu::data::{DataError, FetchOptions, Known, Progress, fetch};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

#[path = "fetch/server.rs"]
mod server;
use server::{Answer, STALL, Server};

const FILE: &str = "images.gz";
/// How long an answer is waited for that comes: a busy machine may take a while.
const PATIENCE: Duration = Duration::from_secs(300);

/// 300,000 bytes that do not compress, gzipped, and a data set that is this one file.
fn data_set() -> (Known, Vec<u8>) {
    let mut state = 1_u32;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    let content: Vec<u8> = std::iter::repeat_with(next).take(300_000).collect();
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(&content).unwrap();
    let packed = encoder.finish().unwrap();
    let mut known = known::find("mnist").unwrap().clone();
    known.name = "noise".to_string();
    known.files = vec![KnownFile {
        archive: false,
        at_most: false,
        name: FILE.to_string(),
        download_bytes: packed.len() as u64,
        bytes: content.len() as u64,
        sha256: Sha256::digest(&content).iter().map(|byte| format!("{byte:02x}")).collect(),
    }];
    (known, packed)
}

/// One download into an empty folder, or one that has these files.
struct Case {
    folder: TempDir,
    packed: Vec<u8>,
    script: Vec<Answer>,
    server: Server,
    known: Known,
    progress: Vec<Progress>,
}

impl Case {
    fn new(script: &[Answer]) -> Self {
        let (known, packed) = data_set();
        Self {
            folder: tempfile::tempdir().unwrap(),
            server: Server::new(packed.clone(), script),
            script: script.to_vec(),
            packed,
            known,
            progress: Vec::new(),
        }
    }

    fn with_file(self, name: &str, bytes: &[u8]) -> Self {
        fs::write(self.folder.path().join(name), bytes).unwrap();
        self
    }

    fn options(&self) -> FetchOptions {
        FetchOptions {
            into: Some(self.folder.path().to_path_buf()),
            base_url: Some(self.server.url()),
            connect_timeout: PATIENCE,
            read_timeout: if self.script.contains(&Answer::Stall) { STALL } else { PATIENCE },
            retries: 2,
            retry_wait: Duration::from_millis(1),
        }
    }

    fn run(&mut self) -> Result<PathBuf, DataError> {
        let options = self.options();
        fetch_known(&self.known, &options, &mut |progress| self.progress.push(progress))
    }

    /// Runs, and demands the right file and nothing else.
    #[track_caller]
    fn succeeds(&mut self) {
        let folder = self.run().unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(folder, self.folder.path());
        assert_eq!(names(&folder), [FILE]);
        assert!(fs::read(folder.join(FILE)).unwrap() == self.packed, "other bytes");
        let last = self.progress.last().unwrap();
        assert_eq!((last.file.as_str(), last.done_bytes), (FILE, self.packed.len() as u64));
        assert_eq!(last.total_bytes, self.packed.len() as u64);
    }

    /// Runs, and demands an error that says this and no file under the final name; returns the files that are there.
    #[track_caller]
    fn fails(&mut self, needles: &[&str]) -> Vec<String> {
        let error = self.run().expect_err("this must fail");
        let message = lepton_gpu::cli::hint::message(&error);
        println!("{message}\n");
        for needle in needles.iter().chain(&["\n  try: "]) {
            assert!(message.contains(needle), "no {needle:?} in:\n{message}");
        }
        let names = names(self.folder.path());
        assert!(!names.contains(&FILE.to_string()), "{names:?}");
        names
    }
}

fn names(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

#[test]
fn downloads_then_leaves_it_alone() {
    let mut case = Case::new(&[Answer::Right]);
    case.succeeds();
    assert_eq!(case.server.requests()[..], [("/noise/images.gz".to_string(), None)]);
    assert!(case.progress.is_sorted_by_key(|progress| progress.done_bytes));
    case.succeeds();
    assert_eq!(case.server.ranges().len(), 1, "downloaded again");
}

#[test]
fn archives_are_checked_as_they_are() {
    let mut case = Case::new(&[Answer::Right, Answer::Right]);
    let sha256 = |bytes: &[u8]| Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let (bytes, of_content) = (case.packed.len() as u64, case.known.files[0].sha256.clone());
    case.known.files[0] = KnownFile { archive: true, bytes, ..case.known.files[0].clone() };
    case.fails(&["SHA-256 of the content is", &sha256(&case.packed.clone()), &of_content]);
    case.known.files[0].sha256 = sha256(&case.packed);
    case.succeeds();
}

#[test]
fn goes_on_after_a_cut() {
    let mut case = Case::new(&[Answer::Cut, Answer::Right]);
    case.succeeds();
    assert_eq!(case.server.ranges(), [None, Some(case.packed.len() / 2)]);
}

#[test]
fn goes_on_where_an_earlier_process_stopped() {
    let half = data_set().1[..1000].to_vec();
    let mut case = Case::new(&[Answer::Right]).with_file("images.gz.part", &half);
    case.succeeds();
    assert_eq!(case.server.ranges(), [Some(1000)]);
    assert_eq!(case.progress[0].done_bytes, 1000);
}

#[test]
fn a_cut_every_time_fails_and_keeps_what_it_has() {
    let mut case = Case::new(&[Answer::Cut]);
    let left = case.fails(&["images.gz: not downloaded", "cut", "bytes kept", "resumes where it stopped"]);
    assert_eq!(left, ["images.gz.part"]);
    let requests = case.server.ranges().len();
    assert!((3..=20).contains(&requests), "{requests} requests");
    let kept = fs::read(case.folder.path().join(&left[0])).unwrap();
    assert!(case.packed.starts_with(&kept) && kept.len() > case.packed.len() / 2);
}

#[test]
fn a_server_without_ranges_is_read_from_the_start() {
    let mut case = Case::new(&[Answer::Cut, Answer::IgnoreRange]);
    case.succeeds();
    assert!(case.server.ranges()[1].is_some(), "did not ask for a range");
}

#[test]
fn a_range_from_elsewhere_is_not_appended() {
    let mut case = Case::new(&[Answer::Cut, Answer::WrongRange, Answer::Right]);
    case.succeeds();
    assert_eq!(case.server.ranges()[2], None);
}

#[test]
fn a_stall_times_out_and_goes_on() {
    let began = Instant::now();
    let mut case = Case::new(&[Answer::Stall, Answer::Right]);
    case.succeeds();
    let ranges = case.server.ranges();
    assert_eq!((ranges[0], ranges[1]), (None, Some(case.packed.len() / 2)), "{ranges:?}");
    assert!(began.elapsed() >= STALL);
}

#[test]
fn a_stall_every_time_fails_after_some_of_them() {
    let mut case = Case::new(&[Answer::Stall]);
    assert_eq!(case.fails(&["not downloaded", "timeout"]), ["images.gz.part"]);
    let requests = case.server.ranges().len();
    assert!((3..=20).contains(&requests), "{requests} requests");
}

#[test]
fn wrong_content_is_thrown_away() {
    let mut case = Case::new(&[Answer::Wrong]);
    assert!(case.fails(&["wrong content", "more than the 300000 bytes", "0 of"]).is_empty());
    assert_eq!(case.server.ranges().len(), 1, "the same wrong bytes, twice");
}

#[test]
fn a_wrong_hash_names_both() {
    let mut case = Case::new(&[Answer::Right]);
    let right = std::mem::replace(&mut case.known.files[0].sha256, "00".repeat(32));
    assert!(case.fails(&["SHA-256", &right, &"00".repeat(32)]).is_empty());
}

#[test]
fn a_shorter_file_and_an_endless_one_are_not_the_file() {
    assert!(Case::new(&[Answer::Short]).fails(&["wrong content", "corrupt gzip", "of 300000"]).is_empty());
    assert!(Case::new(&[Answer::Endless]).fails(&["more than", "not this file"]).is_empty());
}

#[test]
fn wrong_bytes_of_an_earlier_process_are_begun_again_once() {
    let mut case = Case::new(&[Answer::Right]).with_file("images.gz.part", &[7; 1000]);
    case.succeeds();
    assert_eq!(case.server.ranges(), [Some(1000), None]);
    let mut case = Case::new(&[Answer::Wrong]).with_file("images.gz.part", &[7; 1000]);
    assert!(case.fails(&["wrong content"]).is_empty());
    assert_eq!(case.server.ranges(), [Some(1000), None]);
}

#[test]
fn halves_that_never_fit_are_begun_again_once() {
    let (cut, wrong) = (Answer::Cut, Answer::Wrong);
    let mut case = Case::new(&[cut, wrong, cut, wrong, cut, wrong, Answer::Right]);
    assert!(case.fails(&["wrong content"]).is_empty());
    assert_eq!(case.server.ranges().len(), 4);
}

#[test]
fn a_whole_part_is_only_renamed_and_a_longer_one_begun_again() {
    let packed = data_set().1;
    let mut case = Case::new(&[Answer::Right]).with_file("images.gz.part", &packed);
    case.run().unwrap();
    assert_eq!(names(case.folder.path()), [FILE]);
    assert_eq!(case.server.ranges(), [Some(packed.len())]);
    let longer = [&packed[..], b"more"].concat();
    let mut case = Case::new(&[Answer::Right]).with_file("images.gz.part", &longer);
    case.succeeds();
    assert_eq!(case.server.ranges(), [Some(longer.len()), None]);
    Case::new(&[Answer::Cut, Answer::Status(416), Answer::Right]).succeeds();
}

#[test]
fn statuses() {
    let mut case = Case::new(&[Answer::Status(404)]);
    assert!(case.fails(&["HTTP status 404", "LEPTON_DATA_MIRROR"]).is_empty());
    assert_eq!(case.server.ranges().len(), 1, "asked again for what is not there");
    let mut case = Case::new(&[Answer::Status(503)]);
    assert!(case.fails(&["HTTP status 503", "3 times"]).is_empty());
    Case::new(&[Answer::Status(503), Answer::Right]).succeeds();
}

#[test]
fn every_address_is_tried() {
    if std::env::var_os("LEPTON_DATA_MIRROR").is_some() {
        println!("skipped: LEPTON_DATA_MIRROR is set");
        return;
    }
    let (wrong, mut case) = (Server::new(vec![1; 99], &[Answer::Right]), Case::new(&[Answer::Right]));
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    case.known.mirrors = vec![wrong.url(), format!("http://{closed}/"), case.server.url()];
    let options = FetchOptions { base_url: None, ..case.options() };
    let folder = fetch_known(&case.known, &options, &mut |_| {}).unwrap();
    assert_eq!(names(&folder), [FILE]);
    assert_eq!(wrong.ranges().len(), 1);
    assert_eq!(case.server.requests()[0].0, "/images.gz");
}

#[test]
fn a_wrong_final_file_is_replaced_only_by_a_right_one() {
    let mut case = Case::new(&[Answer::Status(404)]).with_file(FILE, b"mine");
    case.run().unwrap_err();
    assert_eq!(fs::read(case.folder.path().join(FILE)).unwrap(), b"mine");
    Case::new(&[Answer::Right]).with_file(FILE, b"mine").succeeds();
}

#[test]
fn two_processes_do_not_write_the_same_file() {
    let mut case = Case::new(&[Answer::Right]).with_file("images.gz.part", b"");
    let other = fs::File::open(case.folder.path().join("images.gz.part")).unwrap();
    other.lock().unwrap();
    case.fails(&["images.gz.part", "another process"]);
    drop(other);
    case.succeeds();
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let case = Case::new(&[Answer::Right]).with_file("file", b"");
    let into = case.folder.path().join("file/below");
    let options = FetchOptions { into: Some(into.clone()), ..case.options() };
    let error = fetch_known(&case.known, &options, &mut |_| {}).unwrap_err();
    assert!(error.to_string().contains(&into.display().to_string()), "{error}");
    assert!(matches!(error, DataError::Io { .. }));
}

/// `/dev/full` answers every write with "no space left".
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_names_the_file() {
    let mut case = Case::new(&[Answer::Right]);
    std::os::unix::fs::symlink("/dev/full", case.folder.path().join("images.gz.part")).unwrap();
    case.fails(&["images.gz.part: cannot write", "free some space"]);
}

#[test]
fn nothing_to_fetch_and_unknown_names() {
    let error = |name| {
        let error = fetch(name, &FetchOptions::default(), &mut |_| {}).unwrap_err();
        lepton_gpu::cli::hint::message(&error)
    };
    assert!(error("fashion-small").contains("built into the program"));
    assert!(error("imagenet").contains("fashion-small, fashion-mnist, mnist"));
}

#[test]
fn weights_are_fetched_and_checked_by_as_many_digits_as_are_known() {
    let case = Case::new(&[Answer::Cut, Answer::Right, Answer::Right, Answer::Right]);
    let sha256: String = Sha256::digest(&case.packed).iter().map(|byte| format!("{byte:02x}")).collect();
    let bytes = case.packed.len() as u64;
    let text = |digits: &str, bytes: u64, more: &str| {
        format!(
            "name = \"noise\"\nmodel = \"linear\"\ntitle = \"noise\"\nhomepage = \"\"\nlicense = \"\"\nurl = \"https://127.0.0.1:1/no\"\n\
             hash_from = \"this test\"\n[file]\nname = \"images.gz\"\narchive = true\ndownload_bytes = {bytes}\nbytes = {bytes}\n{more}\n\
             sha256 = \"{digits}\""
        )
    };
    let get = |text: &str| {
        let published: Published = toml::from_str(text).unwrap();
        fetch_weights(&published, &case.options(), &mut |_| {})
    };
    // the first one is cut and goes on; with eight digits, and a bound instead of a size
    let file = get(&text(&sha256[..8], bytes + 100, "at_most = true")).unwrap();
    assert_eq!(fs::read(&file).unwrap(), case.packed);
    assert_eq!(
        case.server.requests()[..],
        [("/weights/images.gz".to_string(), None), ("/weights/images.gz".to_string(), Some(case.packed.len() / 2)),]
    );
    // whole and right: nothing is downloaded again
    get(&text(&sha256, bytes, "")).unwrap();
    assert_eq!(case.server.requests().len(), 2);
    // another hash, a smaller size: refused, and what was there stays
    let wrong = if sha256.starts_with('0') { "1" } else { "0" };
    for (digits, bytes) in [(format!("{wrong}{}", &sha256[1..8]), bytes), (sha256.clone(), bytes + 1)] {
        assert!(matches!(get(&text(&digits, bytes, "")), Err(DataError::Download { .. })));
        assert_eq!(fs::read(&file).unwrap(), case.packed);
    }
}
