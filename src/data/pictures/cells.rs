//! Pictures are decoded once: what came out is kept in a file of the user's cache folder, a cell of one size for each.
//!
//! `<folder's hash>-<key>.cells`: a magic word and the key, then the cells. A cell is the CRC-32 of what follows and of its number, a
//! mark that tells it from a hole, the values of a deep picture, and the pixels `[h, w, c]`. The key is a hash of size, fit and every
//! file's name, size and time of change, so a file that fits is still right. A cell is there only if its CRC fits: what a kill left
//! half-written is not, and whoever else writes a cell, another thread or process, writes the same bytes. The file is as long as all
//! cells from the start, and takes the space of those that were written. It is read at places rather than mapped: a mapped file that
//! somebody cuts ends the process, and the system keeps what was read as well as what was mapped.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use flate2::Crc;

use crate::data::picture::Depths;
use crate::platform::files;

/// The first bytes of a file; the digit is the version of the format and of how pictures are scaled.
const MAGIC: &[u8; 8] = b"LEPTIMG4";
/// Bytes of the key.
const KEY: usize = 32;
/// Bytes before the pixels of a cell: CRC, mark, values.
const HEAD: usize = 24;
/// What is no hole.
const MARK: [u8; 4] = *b"cell";
/// Files that are kept of one folder: for several sizes.
const KEEP: usize = 3;
/// Bytes that are kept in all, and of one folder.
const MOST_BYTES: u64 = 8 << 30;
const END: &str = "cells";

/// A file of decoded pictures.
#[derive(Debug)]
pub(super) struct Cells {
    file: File,
    folder: PathBuf,
    /// Bytes of a picture.
    size: usize,
    /// Cells that it has room for.
    count: usize,
    /// Why something could not be written.
    problem: OnceLock<String>,
}

impl Cells {
    /// The file of `owner` with this key in a folder, for `count` pictures of `size` bytes; made if it is not there or of no use. Of
    /// pictures that are too many for a cache, the first ones have a cell.
    ///
    /// # Errors
    /// What the system says.
    pub fn open(folder: &Path, owner: &str, key: [u8; KEY], [count, size]: [usize; 2]) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let name: String = key[..16].iter().map(|byte| format!("{byte:02x}")).collect();
        let path = folder.join(format!("{owner}-{name}.{END}"));
        if path.exists() {
            // whatever else stands there might be waited for
            files::open(&path)?;
        }
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path)?;
        let count = count.min((MOST_BYTES / (HEAD + size) as u64) as usize);
        let length = (MAGIC.len() + KEY) as u64 + (count * (HEAD + size)) as u64;
        let head = [MAGIC.as_slice(), &key].concat();
        let mut found = vec![0; head.len()];
        if files::read_at(&file, &mut found, 0).is_err() || found != head {
            file.set_len(0)?;
            files::write_at(&file, &head, 0)?;
        }
        if file.metadata()?.len() != length {
            file.set_len(length)?;
        }
        // the time of the last use decides what is removed first; a cache that cannot be touched is as good
        let _ = file.set_modified(SystemTime::now());
        prune(folder, &path);
        Ok(Cells { file, folder: folder.to_path_buf(), size, count, problem: OnceLock::new() })
    }

    /// Pictures that it has cells for.
    pub fn count(&self) -> usize {
        self.count
    }

    fn place(&self, number: usize) -> u64 {
        (MAGIC.len() + KEY) as u64 + (number * (HEAD + self.size)) as u64
    }

    /// A picture, if its cell is there and whole.
    pub fn read(&self, number: usize, pixels: &mut [u8]) -> Option<Depths> {
        if number >= self.count {
            return None;
        }
        let mut head = [0; HEAD];
        files::read_at(&self.file, &mut head, self.place(number)).ok()?;
        files::read_at(&self.file, pixels, self.place(number) + HEAD as u64).ok()?;
        let (crc, rest) = head.split_at(4);
        let is_whole = rest[..4] == MARK && crc == crc_of(number, rest, pixels).to_le_bytes();
        is_whole.then(|| {
            let value = |i: usize| f32::from_le_bytes([rest[i], rest[i + 1], rest[i + 2], rest[i + 3]]);
            let pair = |i: usize| Some([value(i), value(i + 4)]).filter(|pair| !pair[0].is_nan());
            Depths { whole: pair(4), float: pair(12) }
        })
    }

    /// Keeps a picture. What cannot be kept is decoded again another time, and `problem` says why.
    pub fn write(&self, number: usize, pixels: &[u8], depths: Depths) {
        if number >= self.count || self.problem.get().is_some() {
            return;
        }
        let values = [depths.whole, depths.float].map(|pair| pair.unwrap_or([f32::NAN; 2])).concat();
        let values = values.iter().flat_map(|value| value.to_le_bytes());
        let rest: Vec<u8> = MARK.into_iter().chain(values).collect();
        let crc = crc_of(number, &rest, pixels).to_le_bytes();
        // in one piece, so that a full disk does not leave half of it where that can be helped
        let cell = [&crc, rest.as_slice(), pixels].concat();
        if let Err(error) = files::write_at(&self.file, &cell, self.place(number)) {
            let _ = self.problem.set(error.to_string());
        }
    }

    /// Why something could not be written, if so, what that means, and a way out. Nothing more is written then.
    pub fn problem(&self) -> Option<String> {
        let unkept = super::decoded::unkept(&self.folder, self.problem.get()?);
        Some(format!(
            "{unkept}; what has no copy there is decoded in every epoch: free some space, and the next start keeps it"
        ))
    }
}

fn crc_of(number: usize, rest: &[u8], pixels: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(&(number as u64).to_le_bytes());
    crc.update(rest);
    crc.update(pixels);
    crc.sum()
}

/// Bytes that a file takes on the disk: cells that were not written are holes.
fn taken(metadata: &fs::Metadata) -> u64 {
    #[cfg(unix)]
    return std::os::unix::fs::MetadataExt::blocks(metadata) * 512;
    #[cfg(not(unix))]
    return metadata.len();
}

/// Removes the files of this folder that were not used for longest, and those of others above the limit, as far as the system lets.
fn prune(folder: &Path, path: &Path) {
    let owner = |path: &Path| path.file_name().map(|name| name.to_string_lossy().chars().take(16).collect::<String>());
    let mut files: Vec<(SystemTime, u64, PathBuf)> = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let (path, Ok(metadata)) = (entry.path(), entry.metadata()) else { continue };
        if path.extension().is_some_and(|end| end == END) {
            files.push((metadata.modified().unwrap_or(UNIX_EPOCH), taken(&metadata), path));
        }
    }
    files.sort_by(|a, b| b.0.cmp(&a.0).then(a.2.cmp(&b.2)));
    let (mut own, mut bytes) = (0, 0);
    for (_, length, file) in files {
        own += usize::from(owner(&file) == owner(path));
        bytes += length;
        if file != path && (bytes > MOST_BYTES || own > KEEP && owner(&file) == owner(path)) {
            let _ = fs::remove_file(file);
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Cells of which none can be written any more.
    pub fn unwritable(folder: &Path, key: [u8; KEY], sizes: [usize; 2]) -> Cells {
        let cells = Cells::open(folder, "0123456789abcdef", key, sizes).unwrap();
        let path = fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
        Cells { file: File::open(path).unwrap(), ..cells }
    }
}
