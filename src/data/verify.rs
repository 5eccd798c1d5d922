//! Compares a downloaded file with its description.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use sha2::{Digest, Sha256};

use super::error::DataError;
use super::io::{io_error, is_gzip};
use super::known::KnownFile;

/// What a file turned out to be.
#[derive(Debug, PartialEq)]
pub(super) enum Verdict {
    /// The described content.
    Good,
    /// Something else; says what.
    Wrong(String),
}

/// Unpacks a file (or reads it, if it is plain) and compares size and SHA-256 of the content. Never reads much past the
/// described size, whatever the file claims.
pub(super) fn verify(mut file: &File, path: &Path, known: &KnownFile) -> Result<Verdict, DataError> {
    let cannot = |error| io_error(path, "read", error);
    file.rewind().map_err(cannot)?;
    let mut raw = BufReader::with_capacity(1 << 16, file);
    let packed = !known.archive && is_gzip(raw.fill_buf().map_err(cannot)?);
    let digest = if packed { digest(MultiGzDecoder::new(raw), known.bytes) } else { digest(raw, known.bytes) };
    let unpacked = if known.archive { "" } else { ", unpacked" };
    match digest {
        Err((read, error)) if packed => {
            let expected = known.bytes;
            Ok(Verdict::Wrong(format!("corrupt gzip after {read} unpacked bytes of {expected}: {error}")))
        }
        Err((_, error)) => Err(cannot(error).into()),
        Ok((bytes, _)) if bytes > known.bytes => {
            Ok(Verdict::Wrong(format!("more than the {} bytes expected{unpacked}", known.bytes)))
        }
        Ok((bytes, _)) if bytes < known.bytes && !known.at_most => {
            Ok(Verdict::Wrong(format!("{bytes} bytes{unpacked}, expected {}", known.bytes)))
        }
        Ok((_, sha256)) if !sha256.starts_with(&known.sha256) => {
            Ok(Verdict::Wrong(format!("SHA-256 of the content is {sha256}, expected {}", known.sha256)))
        }
        Ok(_) => Ok(Verdict::Good),
    }
}

/// Number of bytes (at most `expected` + 1) and their SHA-256, or how far it went.
fn digest(reader: impl Read, expected: u64) -> Result<(u64, String), (u64, io::Error)> {
    let mut reader = reader.take(expected + 1);
    let mut hasher = Sha256::new();
    let mut chunk = vec![0; 1 << 16];
    let mut bytes = 0;
    loop {
        match reader.read(&mut chunk) {
            Ok(0) => break,
            Ok(read) => {
                hasher.update(&chunk[..read]);
                bytes += read as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err((bytes, error)),
        }
    }
    let sha256 = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok((bytes, sha256))
}
