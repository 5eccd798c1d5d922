//! One HTTP request that begins or continues a file.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::time::Duration;

use ureq::Agent;
use ureq::http::{Response, header};

use super::error::DataError;
use super::io::io_error;

/// Why a request did not complete the file.
#[derive(Debug)]
pub(super) enum Failure {
    /// This address will not give it.
    Refused(String),
    /// The connection or the server failed; another try may go further.
    Broken(String),
    /// The file cannot be written here.
    Disk(DataError),
}

/// The unfinished file. It is locked, so that two processes never write it together.
#[derive(Debug)]
pub(super) struct Part {
    /// The open file, to which bytes are appended.
    pub file: File,
    /// Where it is.
    pub path: PathBuf,
    /// Bytes it has.
    pub bytes: u64,
    /// Its bytes come from more than one response.
    pub resumed: bool,
}

impl Part {
    /// Opens what an earlier download left, or an empty file.
    pub fn open(path: PathBuf) -> Result<Self, DataError> {
        let options = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let file = options.map_err(|error| io_error(&path, "write", error))?;
        // A file system without locks is no reason to fail: the hash is checked in any case.
        let locked = matches!(file.try_lock(), Err(TryLockError::WouldBlock));
        // Gone: another process finished it between our opening and our lock.
        if locked || !path.exists() {
            return Err(DataError::Busy { path });
        }
        let metadata = file.metadata().map_err(|error| io_error(&path, "read", error))?;
        Ok(Self { file, path, bytes: metadata.len(), resumed: metadata.len() > 0 })
    }

    /// Throws the bytes away.
    pub fn restart(&mut self) -> Result<(), DataError> {
        if self.bytes > 0 {
            self.file.set_len(0).map_err(|error| io_error(&self.path, "write", error))?;
        }
        self.bytes = 0;
        self.resumed = false;
        Ok(())
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), DataError> {
        self.file.write_all(bytes).map_err(|error| io_error(&self.path, "write", error))?;
        self.bytes += bytes.len() as u64;
        Ok(())
    }
}

/// A client that gives up on a connection that says nothing.
pub(super) fn client(connect_timeout: Duration, read_timeout: Duration, url: &str) -> Agent {
    let builder = Agent::config_builder()
        .http_status_as_error(false)
        .user_agent(concat!("lepton-gpu/", env!("CARGO_PKG_VERSION")))
        .timeout_resolve(Some(connect_timeout))
        .timeout_connect(Some(connect_timeout))
        .timeout_recv_response(Some(read_timeout))
        .timeout_per_read(Some(read_timeout));
    // No proxy can reach this machine's own server.
    let local = ["http://127.0.0.1", "http://localhost", "http://[::1]"];
    if local.iter().any(|start| url.starts_with(start)) {
        builder.proxy(None).build().into()
    } else {
        builder.build().into()
    }
}

/// Asks for what `part` lacks and appends it. `Ok` means the server has no more to send, not that the content is right.
///
/// `most_bytes` bounds what a wrong server may fill the disk with. `on_bytes` gets bytes done and, where known, in all.
pub(super) fn request(
    agent: &Agent,
    url: &str,
    part: &mut Part,
    most_bytes: u64,
    on_bytes: &mut dyn FnMut(u64, Option<u64>),
) -> Result<(), Failure> {
    let mut request = agent.get(url).header(header::ACCEPT_ENCODING, "identity");
    if part.bytes > 0 {
        request = request.header(header::RANGE, format!("bytes={}-", part.bytes));
    }
    let response = request.call().map_err(|error| Failure::Broken(error.to_string()))?;
    let status = response.status().as_u16();
    match status {
        // The whole file, also from a server that ignores ranges.
        200 => part.restart().map_err(Failure::Disk)?,
        206 => {
            let start = range_start(&response);
            if start != Some(part.bytes) {
                let asked = part.bytes;
                part.restart().map_err(Failure::Disk)?;
                let start = start.map_or("an unknown byte".to_string(), |byte| format!("byte {byte}"));
                return Err(Failure::Broken(format!("asked for bytes from {asked}, got them from {start}")));
            }
            part.resumed = true;
        }
        // Nothing after what we have: all of it is here, or ours is not its file. The hash tells.
        416 if part.bytes > 0 => {
            part.resumed = true;
            return Ok(());
        }
        408 | 425 | 429 | 500..=599 => {
            return Err(Failure::Broken(format!("HTTP status {status}")));
        }
        _ => return Err(Failure::Refused(format!("HTTP status {status}"))),
    }
    receive(response, part, most_bytes, on_bytes)
}

fn receive(
    response: Response<ureq::Body>,
    part: &mut Part,
    most_bytes: u64,
    on_bytes: &mut dyn FnMut(u64, Option<u64>),
) -> Result<(), Failure> {
    let total = response.body().content_length().map(|rest| part.bytes + rest);
    let mut body = response.into_body().into_reader();
    let seek = part.file.seek(SeekFrom::Start(part.bytes));
    seek.map_err(|error| Failure::Disk(io_error(&part.path, "write", error).into()))?;
    let broken = |reason: &str, bytes: u64| {
        let of = total.map(|total| format!(" of {total}")).unwrap_or_default();
        Err(Failure::Broken(format!("{reason} after {bytes}{of} bytes")))
    };
    let mut chunk = vec![0; 1 << 16];
    on_bytes(part.bytes, total);
    loop {
        match body.read(&mut chunk) {
            Ok(0) if total.is_some_and(|total| part.bytes < total) => {
                return broken("cut", part.bytes);
            }
            Ok(0) => return Ok(()),
            Ok(read) => part.append(&chunk[..read]).map_err(Failure::Disk)?,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                return broken("cut", part.bytes);
            }
            Err(error) => return broken(&error.to_string(), part.bytes),
        }
        if part.bytes > most_bytes {
            part.restart().map_err(Failure::Disk)?;
            return Err(Failure::Refused(format!("more than {most_bytes} bytes: not this file")));
        }
        on_bytes(part.bytes, total);
    }
}

/// First byte of `Content-Range: bytes 5-9/10` (RFC 9110, 14.4).
fn range_start(response: &Response<ureq::Body>) -> Option<u64> {
    let value = response.headers().get(header::CONTENT_RANGE)?.to_str().ok()?;
    let (start, _) = value.trim().strip_prefix("bytes ")?.split_once('-')?;
    start.trim().parse().ok()
}
