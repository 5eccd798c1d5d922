//! CIFAR-10 and CIFAR-100, binary version (www.cs.toronto.edu/~kriz/cifar.html): records of a label (CIFAR-100: a coarse
//! and a fine one) and the red, green and blue planes of a 32x32 image, in several files, unpacked or in the archive.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;
use thiserror::Error;

use crate::hint::{Hint, Hints};

use super::{Detected, Format, Loading};
use crate::data::io::{folder_name, io_error, is_gzip};
use crate::data::{DataError, DataKind, Dataset, Split, Splits, TableOptions, Targets, known};
use crate::platform::files;

const SIDE: usize = 32;
const PLANE: usize = SIDE * SIDE;
const TRAIN_10: [&str; 5] =
    ["data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"];
const TEST_10: &str = "test_batch.bin";
const TRAIN_100: &str = "train.bin";
const TEST_100: &str = "test.bin";
const NAMES: [&str; 3] = ["batches.meta.txt", "fine_label_names.txt", "coarse_label_names.txt"];
/// Folders inside the archives.
const INSIDE: [&str; 2] = ["cifar-10-batches-bin", "cifar-100-binary"];
/// The archives as published.
const ARCHIVES: [&str; 2] = ["cifar-10-binary.tar.gz", "cifar-100-binary.tar.gz"];
/// The most bytes of one file; the published ones have at most 153,700,000.
const MOST_BYTES: u64 = 1 << 30;

/// What is wrong with CIFAR's files.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CifarError {
    /// An archive of something else.
    #[error("{}: no CIFAR files among its {entries} entries", path.display())]
    NoFiles {
        /// Path of the archive.
        path: PathBuf,
        /// How many entries it has.
        entries: usize,
    },
    /// An archive that does not unpack.
    #[error("{}: the archive is damaged after {entries} whole entries: {reason}", path.display())]
    Archive {
        /// Path of the archive.
        path: PathBuf,
        /// Entries that came out whole.
        entries: usize,
        /// What the decoder says.
        reason: String,
    },
    /// One of the five batches is not there.
    #[error("{file}: missing: found {found} of 5 batches")]
    MissingBatch {
        /// Name of the missing file.
        file: String,
        /// How many are there.
        found: usize,
    },
    /// A file that does not end with a whole record.
    #[error("{file}: byte {byte}: record {record} is cut: {found} of {expected} bytes")]
    Cut {
        /// Path of the file, which may lie in an archive.
        file: String,
        /// Where the record starts.
        byte: usize,
        /// Its number, from 0.
        record: usize,
        /// Bytes of it that are there.
        found: usize,
        /// The bytes of a record.
        expected: usize,
    },
    /// A file without a single record.
    #[error("{file}: empty: 0 bytes, but a record has {expected}")]
    Empty {
        /// Path of the file, which may lie in an archive.
        file: String,
        /// The bytes of a record.
        expected: usize,
    },
    /// A label that is no class.
    #[error("{file}: byte {byte}: record {record} has label {label}, but the {classes} classes are 0 to {}", classes - 1)]
    Label {
        /// Path of the file, which may lie in an archive.
        file: String,
        /// Where the label stands.
        byte: usize,
        /// The record, from 0.
        record: usize,
        /// The label found there.
        label: u8,
        /// Number of classes.
        classes: usize,
    },
    /// Not as many names as classes.
    #[error("{file}: {found} class names, {expected} are needed")]
    Names {
        /// Path of the file, which may lie in an archive.
        file: String,
        /// Number of names in it.
        found: usize,
        /// Number of classes.
        expected: usize,
    },
}

impl Hints for CifarError {
    fn hints(&self) -> Vec<Hint> {
        let advice = match self {
            CifarError::Archive { .. } | CifarError::Cut { .. } | CifarError::Empty { .. } => "download the file again",
            CifarError::MissingBatch { .. } => "download the data set again, or add the file",
            CifarError::NoFiles { .. } => {
                "cifar-10-binary.tar.gz or cifar-100-binary.tar.gz (the binary version, not the Python or Matlab one)"
            }
            CifarError::Label { .. } => "download the file again; its records may have another size",
            CifarError::Names { .. } => "download the file again, or remove it (the usual names are built in)",
        };
        vec![Hint::advice(advice)]
    }
}

/// CIFAR's files, read.
struct Cifar {
    classes: Vec<String>,
    train: Option<Split>,
    test: Option<Split>,
}

/// What records look like, and which label is wanted.
struct Layout {
    labels: usize,
    wanted: usize,
    classes: usize,
    names: &'static str,
}

/// Content of files by name.
struct Files {
    origin: PathBuf,
    content: BTreeMap<String, Vec<u8>>,
}

pub(super) const FORMAT: Format = Format {
    name: "cifar",
    what: "CIFAR's binary files in a folder or as an archive (.tar.gz)",
    kind: DataKind::Images,
    detect,
    load,
    #[cfg(feature = "images")]
    list: None,
};

fn detect(path: &Path, _: &TableOptions) -> Detected {
    if path.is_dir() {
        let Some(found) = find(path) else { return Detected::No };
        let records = |name: &str| {
            // a record of CIFAR-100 has two labels
            let record = if [TRAIN_100, TEST_100].contains(&name) { 2 + 3 * PLANE } else { 1 + 3 * PLANE } as u64;
            found.join(name).metadata().is_ok_and(|file| file.len() > 0 && file.len().is_multiple_of(record))
        };
        let whole = TRAIN_10.iter().chain(&[TEST_10, TRAIN_100, TEST_100]).any(|name| records(name));
        return if whole || found.is_file() { Detected::ByContent } else { Detected::ByName };
    }
    if is_archive(path) {
        return Detected::ByContent;
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let named = path.is_file() && [".tar.gz", ".tgz", ".tar"].iter().any(|end| name.ends_with(end));
    if named { Detected::ByName } else { Detected::No }
}

fn load(path: &Path, loading: &Loading) -> Result<Dataset, DataError> {
    let name = loading.known.map_or_else(|| folder_name(path), |known| known.name.clone());
    let at = if path.is_dir() { find(path).unwrap_or_else(|| path.to_path_buf()) } else { path.to_path_buf() };
    let Cifar { classes, train, test } = read(&at, loading.options.images.coarse)?;
    let splits = Splits { train, test, ..Splits::default() };
    Ok(Dataset::new(name, classes, splits)?.with_source(at.display().to_string()))
}

/// The folder or archive of CIFAR's files that a folder is or holds.
fn find(folder: &Path) -> Option<PathBuf> {
    let has_files =
        |folder: &Path| [TRAIN_10[0], TEST_10, TRAIN_100, TEST_100].iter().any(|name| folder.join(name).is_file());
    let inside = INSIDE.iter().map(|name| folder.join(name));
    let folders = std::iter::once(folder.to_path_buf()).chain(inside).find(|folder| has_files(folder));
    folders.or_else(|| ARCHIVES.iter().map(|name| folder.join(name)).find(|path| path.is_file()))
}

/// Members of an archive that are looked at for a file of CIFAR's.
const LOOKED_AT: usize = 16;
/// Bytes of an archive, unpacked, that they may take: all of CIFAR's are 185 MB, and its first file 31 MB.
const MOST_LOOKED_AT: u64 = 64 << 20;

/// Whether a file is a tar archive with CIFAR's files, packed or not.
fn is_archive(path: &Path) -> bool {
    let Ok(file) = files::open(path) else { return false };
    let mut raw = BufReader::new(file);
    let Ok(start) = raw.fill_buf() else { return false };
    let reader: Box<dyn Read> = if is_gzip(start) { Box::new(MultiGzDecoder::new(raw)) } else { Box::new(raw) };
    let mut archive = tar::Archive::new(reader.take(MOST_LOOKED_AT));
    let Ok(entries) = archive.entries() else { return false };
    let is_of_cifar = |entry: tar::Entry<'_, _>| {
        entry.path().is_ok_and(|path| path.file_name().is_some_and(|name| is_wanted(&name.to_string_lossy())))
    };
    entries.map_while(Result::ok).take(LOOKED_AT).any(is_of_cifar)
}

fn is_wanted(name: &str) -> bool {
    TRAIN_10.contains(&name) || NAMES.contains(&name) || [TEST_10, TRAIN_100, TEST_100].contains(&name)
}

/// Reads a folder or an archive.
fn read(path: &Path, coarse: bool) -> Result<Cifar, DataError> {
    let files = if path.is_dir() { from_folder(path)? } else { from_archive(path)? };
    let hundred = files.content.contains_key(TRAIN_100) || files.content.contains_key(TEST_100);
    let layout = match (hundred, coarse) {
        (false, _) => Layout { labels: 1, wanted: 0, classes: 10, names: NAMES[0] },
        (true, false) => Layout { labels: 2, wanted: 1, classes: 100, names: NAMES[1] },
        (true, true) => Layout { labels: 2, wanted: 0, classes: 20, names: NAMES[2] },
    };
    let classes = files.classes(&layout)?;
    let (train, test): (&[&str], _) = if hundred { (&[TRAIN_100], TEST_100) } else { (&TRAIN_10, TEST_10) };
    Ok(Cifar { classes, train: files.split(train, &layout)?, test: files.split(&[test], &layout)? })
}

fn from_folder(path: &Path) -> Result<Files, DataError> {
    let mut content = BTreeMap::new();
    for name in TRAIN_10.iter().chain(&NAMES).chain(&[TEST_10, TRAIN_100, TEST_100]) {
        let file = path.join(name);
        if file.symlink_metadata().is_ok() {
            let bytes = files::read(&file).map_err(|error| io_error(&file, "read", error))?;
            content.insert((*name).to_string(), bytes);
        }
    }
    Ok(Files { origin: path.to_path_buf(), content })
}

fn from_archive(path: &Path) -> Result<Files, DataError> {
    let cannot = |error| io_error(path, "read", error);
    let mut raw = BufReader::with_capacity(1 << 16, files::open(path).map_err(cannot)?);
    let packed = is_gzip(raw.fill_buf().map_err(cannot)?);
    let reader: Box<dyn Read> = if packed { Box::new(MultiGzDecoder::new(raw)) } else { Box::new(raw) };
    let mut archive = tar::Archive::new(reader);
    let (mut content, mut entries) = (BTreeMap::new(), 0);
    let outcome = (|| -> io::Result<()> {
        for entry in archive.entries()? {
            let mut entry = entry?;
            let name = entry.path()?.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let bytes = entry.size();
            if entry.header().entry_type().is_file() && is_wanted(&name) {
                let mut file = Vec::new();
                entry.by_ref().take(MOST_BYTES).read_to_end(&mut file)?;
                if (file.len() as u64) < bytes {
                    return Err(io::Error::other(format!("{name}: {} of {bytes} bytes", file.len())));
                }
                content.insert(name, file);
            }
            entries += 1;
        }
        Ok(())
    })();
    if let Err(error) = outcome {
        return Err(CifarError::Archive { path: path.to_path_buf(), entries, reason: error.to_string() }.into());
    }
    if !content.keys().any(|name| name.ends_with(".bin")) {
        return Err(CifarError::NoFiles { path: path.to_path_buf(), entries }.into());
    }
    Ok(Files { origin: path.to_path_buf(), content })
}

impl Files {
    fn label(&self, name: &str) -> String {
        self.origin.join(name).display().to_string()
    }

    /// Class names of the files, or the default ones.
    fn classes(&self, layout: &Layout) -> Result<Vec<String>, CifarError> {
        let Some(text) = self.content.get(layout.names) else { return Ok(default_names(layout.classes)) };
        let text = String::from_utf8_lossy(text);
        let names: Vec<String> =
            text.lines().map(|line| line.trim().to_string()).filter(|line| !line.is_empty()).collect();
        if names.len() != layout.classes {
            let (file, found) = (self.label(layout.names), names.len());
            return Err(CifarError::Names { file, found, expected: layout.classes });
        }
        Ok(names)
    }

    /// The records of some files; none if not one of them is there.
    fn split(&self, names: &[&str], layout: &Layout) -> Result<Option<Split>, DataError> {
        let found = names.iter().filter(|name| self.content.contains_key(**name)).count();
        if found == 0 {
            return Ok(None);
        }
        let (mut images, mut labels) = (Vec::new(), Vec::new());
        for name in names {
            let file = self.label(name);
            let Some(bytes) = self.content.get(*name) else {
                return Err(CifarError::MissingBatch { file, found }.into());
            };
            records(&file, bytes, layout, &mut images, &mut labels)?;
        }
        let targets = Targets::Classes { labels, classes: layout.classes };
        Ok(Some(Split::images([SIDE, SIDE, 3], images, targets)?))
    }
}

/// Takes in the records of one file: planes become pixels.
fn records(
    file: &str,
    bytes: &[u8],
    layout: &Layout,
    images: &mut Vec<u8>,
    labels: &mut Vec<u32>,
) -> Result<(), CifarError> {
    let expected = layout.labels + 3 * PLANE;
    let file = file.to_string();
    if bytes.is_empty() {
        return Err(CifarError::Empty { file, expected });
    }
    images.reserve(bytes.len());
    for (record, content) in bytes.chunks(expected).enumerate() {
        let byte = record * expected;
        if content.len() < expected {
            return Err(CifarError::Cut { file, byte, record, found: content.len(), expected });
        }
        let label = content[layout.wanted];
        if usize::from(label) >= layout.classes {
            let (byte, classes) = (byte + layout.wanted, layout.classes);
            return Err(CifarError::Label { file, byte, record, label, classes });
        }
        labels.push(u32::from(label));
        let (red, rest) = content[layout.labels..].split_at(PLANE);
        let (green, blue) = rest.split_at(PLANE);
        for ((&r, &g), &b) in red.iter().zip(green).zip(blue) {
            images.extend([r, g, b]);
        }
    }
    Ok(())
}

fn default_names(classes: usize) -> Vec<String> {
    match classes {
        20 => COARSE.map(String::from).to_vec(),
        10 => known::find("cifar10").expect("CIFAR-10 is known").classes.clone(),
        _ => known::find("cifar100").expect("CIFAR-100 is known").classes.clone(),
    }
}

/// CIFAR-100's coarse classes, as its `coarse_label_names.txt` has them.
const COARSE: [&str; 20] = [
    "aquatic_mammals",
    "fish",
    "flowers",
    "food_containers",
    "fruit_and_vegetables",
    "household_electrical_devices",
    "household_furniture",
    "insects",
    "large_carnivores",
    "large_man-made_outdoor_things",
    "large_natural_outdoor_scenes",
    "large_omnivores_and_herbivores",
    "medium_mammals",
    "non-insect_invertebrates",
    "people",
    "reptiles",
    "small_mammals",
    "trees",
    "vehicles_1",
    "vehicles_2",
];
