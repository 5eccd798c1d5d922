//! Downloads a known data set.
//!
//! A file is written to `<file>.part`, continued there after a cut, compared with its SHA-256, and only then renamed:
//! what stands under the final name is whole. Every address is tried in turn.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use super::download::{self, Failure, Part};
use super::error::DataError;
use super::io::io_error;
use super::known::{self, Known, KnownFile};
use super::places::Places;
use super::verify::{Verdict, verify};
use crate::platform::files;

/// A mirror may compress worse than the publisher did, but not by more than this.
const SLACK_BYTES: u64 = 1 << 20;

/// A try that brought this much more than any before does not count as failed.
const PROGRESS_BYTES: u64 = 1 << 16;

/// Choices for a download.
#[derive(Debug, Clone)]
pub struct FetchOptions {
    /// Folder that gets the files; by default `$LEPTON_DATA/<name>`, or `<name>` in the user's cache folder.
    pub into: Option<PathBuf>,
    /// Address that holds `<name>/<file>`, instead of the published ones; by default `$LEPTON_DATA_MIRROR`.
    pub base_url: Option<String>,
    /// Longest wait for a name and for a connection.
    pub connect_timeout: Duration,
    /// Longest wait for the next bytes.
    pub read_timeout: Duration,
    /// How often a broken connection is tried again at each address, counted anew after progress.
    pub retries: u32,
    /// Wait before the first such try; it doubles each time.
    pub retry_wait: Duration,
}

impl Default for FetchOptions {
    fn default() -> Self {
        Self {
            into: None,
            base_url: None,
            connect_timeout: Duration::from_secs(15),
            read_timeout: Duration::from_secs(30),
            retries: 4,
            retry_wait: Duration::from_millis(500),
        }
    }
}

/// How far a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// Name of the file in the data set's folder.
    pub file: String,
    /// Bytes here, those of earlier tries included.
    pub done_bytes: u64,
    /// Bytes in all: the server's word, or the published size until it answers.
    pub total_bytes: u64,
}

/// Downloads a known data set and returns its folder. Files that are there and right are not downloaded again.
///
/// # Errors
/// No such data set, nothing to download, no address gives the right content, or the folder cannot be written.
pub fn fetch(name: &str, options: &FetchOptions, progress: &mut dyn FnMut(Progress)) -> Result<PathBuf, DataError> {
    let Some(known) = known::find(name) else {
        let (spec, formats) = (name.to_string(), Vec::new());
        return Err(DataError::Unknown { spec, formats, known: known::names() });
    };
    fetch_known(known, options, progress)
}

/// [`fetch`] for a description of your own.
///
/// # Errors
/// As [`fetch`].
pub fn fetch_known(
    known: &Known,
    options: &FetchOptions,
    progress: &mut dyn FnMut(Progress),
) -> Result<PathBuf, DataError> {
    if known.mirrors.is_empty() {
        let name = known.name.clone();
        return Err(DataError::NothingToFetch { name });
    }
    let default = || Places::from_env().download_folder(&known.name);
    let folder = options.into.clone().or_else(default).ok_or(DataError::NoFolder)?;
    fs::create_dir_all(&folder).map_err(|error| io_error(&folder, "create the folder", error))?;
    let addresses = addresses(known, options);
    for file in &known.files {
        let urls: Vec<String> = addresses.iter().map(|address| format!("{address}/{}", file.name)).collect();
        fetch_file(file, &folder.join(&file.name), &urls, options, progress)?;
    }
    Ok(folder)
}

/// Downloads one file from the first of these addresses that gives the right content.
pub(super) fn fetch_file(
    file: &KnownFile,
    target: &Path,
    urls: &[String],
    options: &FetchOptions,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), DataError> {
    Job { file, target: target.to_path_buf(), options, progress }.run(urls)
}

/// The user's own server, which holds `<name>/<file>`, if there is one.
pub(super) fn mirror(options: &FetchOptions) -> Option<String> {
    let from_env = || std::env::var("LEPTON_DATA_MIRROR").ok().filter(|url| !url.is_empty());
    options.base_url.clone().or_else(from_env).map(|base| base.trim_end_matches('/').to_string())
}

/// Addresses that hold the files, without a slash at the end.
fn addresses(known: &Known, options: &FetchOptions) -> Vec<String> {
    match mirror(options) {
        Some(base) => vec![format!("{base}/{}", known.name)],
        None => known.mirrors.iter().map(|url| url.trim_end_matches('/').to_string()).collect(),
    }
}

/// One file to get.
struct Job<'a> {
    file: &'a KnownFile,
    target: PathBuf,
    options: &'a FetchOptions,
    progress: &'a mut dyn FnMut(Progress),
}

impl Job<'_> {
    fn run(&mut self, urls: &[String]) -> Result<(), DataError> {
        if self.is_done()? {
            return Ok(());
        }
        let mut part = Part::open(self.part_path())?;
        let mut tries = Vec::new();
        for url in urls {
            match self.get(url, &mut part)? {
                None => return self.finish(part),
                Some(reason) => tries.push(format!("{url}: {reason}")),
            }
        }
        let kept_bytes = part.bytes;
        if kept_bytes == 0 {
            remove(&part.path)?;
        }
        Err(DataError::Download { path: self.target.clone(), kept_bytes, total_bytes: self.file.download_bytes, tries })
    }

    fn part_path(&self) -> PathBuf {
        let mut name = self.target.clone().into_os_string();
        name.push(".part");
        PathBuf::from(name)
    }

    /// Whether the final file is there and right. A wrong one stays until a right one replaces it.
    fn is_done(&mut self) -> Result<bool, DataError> {
        if !self.target.is_file() {
            return Ok(false);
        }
        let cannot = |error| io_error(&self.target, "read", error);
        let file = files::open(&self.target).map_err(cannot)?;
        let bytes = file.metadata().map_err(cannot)?.len();
        if verify(&file, &self.target, self.file)? != Verdict::Good {
            return Ok(false);
        }
        self.report(bytes, Some(bytes));
        Ok(true)
    }

    fn report(&mut self, done_bytes: u64, total_bytes: Option<u64>) {
        (self.progress)(Progress {
            file: self.file.name.clone(),
            done_bytes,
            total_bytes: total_bytes.unwrap_or(self.file.download_bytes.max(done_bytes)),
        });
    }

    /// Gets the file from one address: `None` once `part` holds the right content, otherwise what was wrong.
    fn get(&mut self, url: &str, part: &mut Part) -> Result<Option<String>, DataError> {
        let options = self.options;
        let agent = download::client(options.connect_timeout, options.read_timeout, url);
        let most_bytes = self.file.bytes.max(self.file.download_bytes) + SLACK_BYTES;
        let (mut failures, mut began_again, mut best) = (0, false, part.bytes);
        loop {
            let outcome = download::request(&agent, url, part, most_bytes, &mut |done, total| self.report(done, total));
            match outcome {
                Ok(()) => match verify(&part.file, &part.path, self.file)? {
                    Verdict::Good => return Ok(None),
                    Verdict::Wrong(reason) => {
                        // Bytes of two responses may not belong together; those of one are simply wrong.
                        let mixed = part.resumed;
                        part.restart()?;
                        if !mixed || began_again {
                            return Ok(Some(format!("wrong content: {reason}")));
                        }
                        began_again = true;
                    }
                },
                Err(Failure::Disk(error)) => return Err(error),
                Err(Failure::Refused(reason)) => return Ok(Some(reason)),
                Err(Failure::Broken(reason)) => {
                    failures = if part.bytes >= best + PROGRESS_BYTES { 1 } else { failures + 1 };
                    best = best.max(part.bytes);
                    if failures > options.retries {
                        return Ok(Some(format!("{reason}, {failures} times")));
                    }
                    thread::sleep(options.retry_wait * (1 << (failures - 1).min(4)));
                }
            }
        }
    }

    /// Gives the checked file its name, so that a crash at any moment leaves a whole file or none.
    fn finish(&self, part: Part) -> Result<(), DataError> {
        let cannot = |error| io_error(&self.target, "write", error);
        part.file.sync_all().map_err(cannot)?;
        fs::rename(&part.path, &self.target).map_err(cannot)?;
        // The rename itself reaches the disk with the folder; only Unix can ask for that.
        #[cfg(unix)]
        if let Some(folder) = self.target.parent() {
            File::open(folder).and_then(|folder| folder.sync_all()).map_err(cannot)?;
        }
        Ok(())
    }
}

fn remove(path: &Path) -> Result<(), DataError> {
    Ok(fs::remove_file(path).map_err(|error| io_error(path, "remove", error))?)
}
