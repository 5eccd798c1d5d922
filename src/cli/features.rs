//! Features of examples by a run's network, under a bar. A network on a processor takes minutes for them, so the run folder keeps them.
//!
//! The file is bound to the checkpoint, the program and the adapter; a row in it is found by what the example holds. So whatever is found
//! is right for this example, and data that change cost only what is new of them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::{Path, PathBuf};
use std::time::Instant;

use sha2::{Digest, Sha256};

use crate::checkpoint::{Checkpoint, write_atomically};
use crate::data::{SourceError, Split};
use crate::gpu::Gpu;
use crate::platform::{environment, files};
use crate::report::Terminal;
use crate::train::{Embedder, Event, TrainError};

/// The file in a run folder.
const FILE: &str = "features.cache";
/// What a file begins with.
const MAGIC: &[u8; 8] = b"lfeat-01";
/// The most that is kept.
const MOST_BYTES: usize = 512 << 20;
/// Bytes of a SHA-256, and of what an example is found by.
const DIGEST: usize = 32;
const NAME: usize = 16;

/// Features that a file keeps.
struct Kept {
    /// Where; nothing of a checkpoint that is in no run folder.
    path: Option<PathBuf>,
    /// Bound to what gives them.
    key: [u8; DIGEST],
    /// Features of an example.
    length: usize,
    /// The number of each example's row.
    rows: HashMap<[u8; NAME], usize>,
    features: Vec<f32>,
}

/// Features `[n, length]` of a split by the layers before the head of a checkpoint, which `embedder` has.
///
/// # Errors
/// As [`Embedder::embed_split`].
pub fn features(
    (checkpoint, gpu): (&Checkpoint, &Gpu),
    embedder: &mut Embedder,
    split: &Split,
    quiet: bool,
) -> Result<Vec<f32>, TrainError> {
    let mut kept = Kept::open(checkpoint, gpu, embedder.length());
    let mut names = Vec::with_capacity(split.len());
    split.in_pieces(|bytes| {
        names.extend(bytes.chunks_exact(split.example_bytes()).map(name));
        Ok::<_, SourceError>(())
    })?;
    let mut new: Vec<usize> = (0..names.len()).filter(|&i| !kept.rows.contains_key(&names[i])).collect();
    new.sort_by_key(|&i| (names[i], i));
    new.dedup_by_key(|i| names[*i]);
    new.sort_unstable();
    if !new.is_empty() {
        let (begun, images) = (Instant::now(), new.len());
        let mut terminal = (!quiet).then(|| Terminal::new(1, embedder.what(), None));
        let found = embedder.embed_split(&split.select(&new), |seen| {
            let seconds = begun.elapsed().as_secs_f64();
            terminal.iter_mut().for_each(|terminal| terminal.show(&Event::Features { seen, images, seconds }));
        })?;
        new.iter().zip(found.chunks_exact(kept.length)).for_each(|(&i, row)| kept.push(names[i], row));
        kept.save(&names);
    }
    Ok(names.iter().flat_map(|name| kept.row(name).to_vec()).collect())
}

/// What an example is found by.
fn name(example: &[u8]) -> [u8; NAME] {
    Sha256::digest(example)[..NAME].try_into().expect("a digest is longer")
}

impl Kept {
    /// Those of a checkpoint's run folder; nothing where another network or program wrote the file, or it is not whole.
    fn open(checkpoint: &Checkpoint, gpu: &Gpu, length: usize) -> Self {
        let folder = Path::new(&checkpoint.path).parent().filter(|folder| folder.join("events.jsonl").is_file());
        let path = folder.map(|folder| folder.join(FILE));
        let key = key(checkpoint, gpu);
        let mut kept = Kept { path, key, length, rows: HashMap::new(), features: Vec::new() };
        if let Some(bytes) = kept.path.as_deref().and_then(|path| files::read(path).ok()) {
            kept.read(&bytes);
        }
        kept
    }

    /// Takes in a file, if it is whole and of the same network.
    fn read(&mut self, bytes: &[u8]) {
        let Some((content, digest)) = bytes.split_last_chunk::<DIGEST>() else { return };
        let head = [MAGIC.as_slice(), &self.key, &(self.length as u64).to_le_bytes()].concat();
        let Some(rows) = content.strip_prefix(head.as_slice()) else { return };
        let each = NAME + 4 * self.length;
        if !rows.len().is_multiple_of(each) || Sha256::digest(content)[..] != digest[..] {
            return;
        }
        for row in rows.chunks_exact(each) {
            let (name, features) = row.split_first_chunk::<NAME>().expect("a row begins with a name");
            let features: Vec<f32> = features.as_chunks::<4>().0.iter().map(|&four| f32::from_le_bytes(four)).collect();
            self.push(*name, &features);
        }
    }

    fn push(&mut self, name: [u8; NAME], row: &[f32]) {
        let number = self.rows.len();
        if let Entry::Vacant(free) = self.rows.entry(name) {
            free.insert(number);
            self.features.extend_from_slice(row);
        }
    }

    fn row(&self, name: &[u8; NAME]) -> &[f32] {
        &self.features[self.rows[name] * self.length..][..self.length]
    }

    /// Writes the file: all rows or, where these are too many, those of `names`. One that cannot be written is missing the next time.
    fn save(&self, names: &[[u8; NAME]]) {
        let Some(path) = &self.path else { return };
        let each = NAME + 4 * self.length;
        let mut kept: Vec<&[u8; NAME]> = self.rows.keys().collect();
        if kept.len() * each > MOST_BYTES {
            kept = names.iter().collect();
        }
        kept.sort_unstable();
        kept.dedup();
        if kept.len() * each <= MOST_BYTES {
            let _ = write_atomically(path, &self.bytes(&kept));
        }
    }

    fn bytes(&self, names: &[&[u8; NAME]]) -> Vec<u8> {
        let mut bytes = [MAGIC.as_slice(), &self.key, &(self.length as u64).to_le_bytes()].concat();
        for name in names {
            bytes.extend_from_slice(*name);
            self.row(name).iter().for_each(|feature| bytes.extend_from_slice(&feature.to_le_bytes()));
        }
        let digest = Sha256::digest(&bytes);
        bytes.extend_from_slice(&digest);
        bytes
    }
}

/// What features depend on beside the example: the model with its weights, how it scales inputs, this program, and where it computes.
fn key(checkpoint: &Checkpoint, gpu: &Gpu) -> [u8; DIGEST] {
    let (adapter, build) = (gpu.summary(), environment::build());
    let normalize = format!("{:?}", checkpoint.meta.config.normalize);
    let mut hasher = Sha256::new();
    for part in [&build, &adapter.name, &adapter.driver, &adapter.backend, &checkpoint.meta.model, &normalize] {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    // a file is read in any order
    let mut tensors: Vec<_> = checkpoint.tensors.iter().collect();
    tensors.sort_by(|a, b| a.name.cmp(&b.name));
    for tensor in tensors {
        hasher.update((tensor.name.len() as u64).to_le_bytes());
        hasher.update(&tensor.name);
        hasher.update(&tensor.data);
    }
    hasher.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(key: u8) -> Kept {
        Kept { path: None, key: [key; DIGEST], length: 2, rows: HashMap::new(), features: Vec::new() }
    }

    #[test]
    fn only_a_whole_file_of_the_same_network_is_trusted() {
        let mut first = kept(1);
        first.push(name(b"one"), &[1.0, -2.5]);
        first.push(name(b"two"), &[f32::MIN_POSITIVE, 3.0]);
        first.push(name(b"one"), &[9.0, 9.0]);
        let (one, two) = (name(b"one"), name(b"two"));
        let bytes = first.bytes(&[&one, &two]);
        let read = |key: u8, bytes: &[u8]| {
            let mut kept = kept(key);
            kept.read(bytes);
            kept
        };
        let again = read(1, &bytes);
        assert_eq!(
            (again.row(&one), again.row(&two), again.rows.len()),
            (&[1.0, -2.5][..], &[f32::MIN_POSITIVE, 3.0][..], 2)
        );
        assert!(read(2, &bytes).rows.is_empty(), "another network");
        for cut in [0, 8, 40, 47, 48, bytes.len() - 1] {
            assert!(read(1, &bytes[..cut]).rows.is_empty(), "{cut} of {}", bytes.len());
        }
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert!(read(1, &changed).rows.is_empty(), "byte {at}");
        }
        let mut longer = Kept { length: 3, ..kept(1) };
        longer.read(&bytes);
        assert!(longer.rows.is_empty(), "another length");
    }
}
