//! Pictures are decoded once: what came out is kept in a file of the user's cache folder.
//!
//! `<folder's hash>-<key>.images`: a magic word, the length and the CRC-32 of a JSON header, the header, then the pixels
//! `[n, h, w, c]`. The key is a hash of size, fit and every file's name, size and time of change, so a file that fits is
//! still right. It is written beside and renamed; one that is damaged or of another version is made anew.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use flate2::Crc;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::entry::Entry;
use crate::data::picture::{self, Depths};
use crate::data::{Fit, OnPictures, Range};
use crate::platform::files;

/// The first bytes of a file; the digit is the version of the format and of how pictures are scaled.
const MAGIC: &[u8; 8] = b"LEPTIMG2";
/// Files that are kept of one folder: for several sizes.
const KEEP: usize = 3;
/// Bytes that are kept in all.
const MOST_BYTES: u64 = 8 << 30;
const END: &str = "images";

/// Images of a catalog's entries.
pub(super) struct Kept {
    /// Pixels, `[n, h, w, c]`, of every entry; zeros for damaged ones.
    pub pixels: Vec<u8>,
    /// Entries that cannot be read, ascending, and why.
    pub damaged: Vec<(usize, String)>,
    /// Values of pictures of more than 8 bits.
    pub depths: Depths,
    /// A line for people, if the images could not be kept.
    pub note: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Header {
    key: String,
    bytes: u64,
    crc: u32,
    damaged: Vec<(usize, String)>,
    #[serde(default)]
    depths: Depths,
}

/// How pictures become images.
#[derive(Clone, Copy, Debug)]
pub(super) struct Form {
    /// `[h, w, c]`.
    pub shape: [usize; 3],
    pub fit: Fit,
    pub range: Option<Range>,
}

/// The images of a catalog: kept ones from `folder` if they fit, otherwise decoded and kept there.
pub(super) fn images(
    root: &Path,
    entries: &[Entry],
    form: Form,
    folder: Option<&Path>,
    on_pictures: OnPictures,
) -> Kept {
    let key = key(root, entries, form);
    let place = folder.map(|folder| (folder, folder.join(format!("{}-{}.{END}", owner(root), &key[..32]))));
    if let Some((_, path)) = &place
        && let Some(kept) = read(path, &key)
    {
        return kept;
    }
    let mut kept = decode(entries, form, on_pictures);
    if let Some((folder, path)) = place
        && let Err(error) = write(folder, &path, &key, &kept)
    {
        kept.note = Some(format!("cannot cache the decoded images: {}: {error}", folder.display()));
    }
    kept
}

/// Decodes every picture, on all cores.
fn decode(entries: &[Entry], form: Form, on_pictures: OnPictures) -> Kept {
    let (count, size) = (entries.len(), form.shape.iter().product::<usize>());
    let mut pixels = vec![0; count * size];
    let done = AtomicUsize::new(0);
    let pairs = pixels.par_chunks_mut(size).zip(entries);
    let outcomes = pairs.map(|(image, entry)| {
        let outcome = picture::decode_deep(&entry.place, form.range);
        let outcome = outcome.map(|(picture, depths)| {
            image.copy_from_slice(&picture::scale(&picture, form.shape, form.fit));
            depths
        });
        on_pictures(done.fetch_add(1, Ordering::Relaxed) + 1, count);
        outcome.map_err(|error| error.to_string())
    });
    let outcomes: Vec<Result<Depths, String>> = outcomes.collect();
    let depths = outcomes.iter().flatten().fold(Depths::default(), |all, &depths| all.and(depths));
    let damaged = outcomes.into_iter().enumerate().filter_map(|(index, outcome)| Some((index, outcome.err()?)));
    Kept { damaged: damaged.collect(), pixels, depths, note: None }
}

fn hexadecimal(digest: impl AsRef<[u8]>) -> String {
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The start of the names of all files of one folder.
fn owner(root: &Path) -> String {
    let root = root.canonicalize().unwrap_or_else(|_| root.to_path_buf());
    hexadecimal(&Sha256::digest(root.as_os_str().as_encoded_bytes())[..8])
}

fn key(root: &Path, entries: &[Entry], Form { shape, fit, range }: Form) -> String {
    let mut hasher = Sha256::new();
    hasher.update(MAGIC);
    hasher.update(format!("{shape:?} {fit:?} {}\n", entries.len()));
    hasher.update(range.map(|range| format!("{range}\n")).unwrap_or_default());
    for entry in entries {
        hasher.update(entry.place.identity(root));
    }
    hexadecimal(hasher.finalize())
}

fn crc_of(parts: &[&[u8]]) -> u32 {
    let mut crc = Crc::new();
    parts.iter().for_each(|part| crc.update(part));
    crc.sum()
}

/// What a file holds, if it is whole and of this key; otherwise it will be replaced.
fn read(path: &Path, key: &str) -> Option<Kept> {
    let mut file = files::open(path).ok()?;
    let mut start = [0; 16];
    file.read_exact(&mut start).ok()?;
    let word = |at: usize| u32::from_le_bytes([start[at], start[at + 1], start[at + 2], start[at + 3]]);
    let length = file.metadata().ok()?.len();
    if &start[..8] != MAGIC || u64::from(word(8)) > length {
        return None;
    }
    let mut header = vec![0; word(8) as usize];
    file.read_exact(&mut header).ok()?;
    if crc_of(&[&header]) != word(12) {
        return None;
    }
    let header: Header = serde_json::from_slice(&header).ok()?;
    if header.key != key || header.bytes > length {
        return None;
    }
    let mut pixels = Vec::with_capacity(header.bytes as usize);
    file.read_to_end(&mut pixels).ok()?;
    if pixels.len() as u64 != header.bytes || crc_of(&[&pixels]) != header.crc {
        return None;
    }
    // the time of the last use decides what is removed first; a cache that cannot be touched is as good
    let _ = File::options().append(true).open(path).and_then(|file| file.set_modified(SystemTime::now()));
    Some(Kept { pixels, damaged: header.damaged, depths: header.depths, note: None })
}

fn write(folder: &Path, path: &Path, key: &str, kept: &Kept) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let (bytes, crc) = (kept.pixels.len() as u64, crc_of(&[&kept.pixels]));
    let header = Header { key: key.into(), bytes, crc, damaged: kept.damaged.clone(), depths: kept.depths };
    let header = serde_json::to_vec(&header).expect("a header is plain data");
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(MAGIC)?;
    file.write_all(&(header.len() as u32).to_le_bytes())?;
    file.write_all(&crc_of(&[&header]).to_le_bytes())?;
    file.write_all(&header)?;
    file.write_all(&kept.pixels)?;
    file.persist(path).map_err(|error| error.error)?;
    prune(folder, path)
}

/// Removes the files of this folder that were not used for longest, and those of others above the limit.
fn prune(folder: &Path, path: &Path) -> io::Result<()> {
    let owner = |path: &Path| path.file_name().map(|name| name.to_string_lossy().chars().take(16).collect::<String>());
    let mut files: Vec<(SystemTime, u64, PathBuf)> = Vec::new();
    for entry in fs::read_dir(folder)?.flatten() {
        let (path, Ok(metadata)) = (entry.path(), entry.metadata()) else { continue };
        if path.extension().is_some_and(|end| end == END) {
            files.push((metadata.modified().unwrap_or(UNIX_EPOCH), metadata.len(), path));
        }
    }
    files.sort_by(|a, b| b.0.cmp(&a.0).then(a.2.cmp(&b.2)));
    let (mut own, mut bytes) = (0, 0);
    for (_, length, file) in files {
        own += usize::from(owner(&file) == owner(path));
        bytes += length;
        if file != path && (bytes > MOST_BYTES || own > KEEP && owner(&file) == owner(path)) {
            fs::remove_file(file)?;
        }
    }
    Ok(())
}
