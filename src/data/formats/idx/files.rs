//! IDX files: the format of MNIST (yann.lecun.com/exdb/mnist, "the IDX file format").
//!
//! Two zero bytes, a type code, the number of dimensions, the sizes as big-endian u32, then the elements. Plain or
//! gzipped, told apart by content. A header is never believed: memory follows the bytes that are really there.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;

use super::IdxError;
use crate::data::DataError;
use crate::data::io::{MAX_BYTES, io_error, is_gzip};
use crate::platform::files;

/// Deflate cannot expand a byte to more than this (zlib.net/zlib_tech.html: "1032:1").
const MAX_EXPANSION: u64 = 1032;

/// How far trailing bytes are counted for the message.
const COUNT_LIMIT: u64 = 1 << 26;

const U8_CODE: u8 = 0x08;

/// The images of one file.
#[derive(Debug)]
pub struct Images {
    /// Pixels, `[n, h, w, c]`.
    pub pixels: Vec<u8>,
    /// Number of images.
    pub count: usize,
    /// `[h, w, c]`; three dimensions in the file mean `c` = 1.
    pub shape: [usize; 3],
}

/// Image and label file of one split.
#[derive(Debug)]
pub struct Pair {
    /// Path of the image file.
    pub images: PathBuf,
    /// Path of the label file.
    pub labels: PathBuf,
}

/// What a file of the pair holds.
#[derive(Clone, Copy, PartialEq)]
enum Role {
    Images,
    Labels,
}

struct Content {
    dims: Vec<usize>,
    elements: Vec<u8>,
}

/// The files of a split (`train` or `test`) in a folder; `None` if neither is there.
///
/// Names as published: `train-images-idx3-ubyte`, `t10k-labels-idx1-ubyte`, with `.` before `idx` too, with or without `.gz`;
/// `test-` as well as `t10k-`; `idx4` for images with channels.
///
/// # Errors
/// One of the two files is missing.
pub fn find(folder: &Path, split: &'static str) -> Result<Option<Pair>, DataError> {
    let prefixes: &[&str] = if split == "train" { &["train"] } else { &["t10k", "test"] };
    let images = first_file(folder, prefixes, Role::Images);
    let labels = first_file(folder, prefixes, Role::Labels);
    let (missing, beside) = match (images, labels) {
        (None, None) => return Ok(None),
        (Some(images), Some(labels)) => return Ok(Some(Pair { images, labels })),
        (Some(images), None) => (format!("{}-labels-idx1-ubyte", prefixes[0]), images),
        (None, Some(labels)) => (format!("{}-images-idx3-ubyte", prefixes[0]), labels),
    };
    let beside = beside.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let path = folder.join(missing);
    Err(IdxError::Missing { path, split, beside }.into())
}

fn first_file(folder: &Path, prefixes: &[&str], role: Role) -> Option<PathBuf> {
    let (what, ranks): (&str, &[u8]) = match role {
        Role::Images => ("images", &[3, 4]),
        Role::Labels => ("labels", &[1]),
    };
    for prefix in prefixes {
        for rank in ranks {
            for dot in ["-", "."] {
                for end in ["", ".gz"] {
                    let path = folder.join(format!("{prefix}-{what}{dot}idx{rank}-ubyte{end}"));
                    // Something of this name that is not a file (a dangling link, a folder) should be named in the error.
                    if path.symlink_metadata().is_ok() {
                        return Some(path);
                    }
                }
            }
        }
    }
    None
}

/// Reads an image file.
///
/// # Errors
/// The file cannot be read or is not a u8 IDX file of three or four dimensions.
pub fn read_images(path: &Path) -> Result<Images, DataError> {
    let (file, bytes) = open(path)?;
    images_from(path, file, bytes)
}

/// Reads a label file.
///
/// # Errors
/// The file cannot be read or is not a u8 IDX file of one dimension.
pub fn read_labels(path: &Path) -> Result<Vec<u8>, DataError> {
    let (file, bytes) = open(path)?;
    labels_from(path, file, bytes)
}

/// Reads images from any source of `raw_bytes` bytes; `path` is for messages.
pub(super) fn images_from(path: &Path, raw: impl BufRead, raw_bytes: u64) -> Result<Images, DataError> {
    let content = read(path, raw, raw_bytes, Role::Images)?;
    let dims = &content.dims;
    Ok(Images {
        count: dims[0],
        shape: [dims[1], dims[2], dims.get(3).copied().unwrap_or(1)],
        pixels: content.elements,
    })
}

/// Reads labels from any source of `raw_bytes` bytes; `path` is for messages.
pub(super) fn labels_from(path: &Path, raw: impl BufRead, raw_bytes: u64) -> Result<Vec<u8>, DataError> {
    Ok(read(path, raw, raw_bytes, Role::Labels)?.elements)
}

fn open(path: &Path) -> Result<(BufReader<File>, u64), DataError> {
    let cannot = |source| io_error(path, "read", source);
    let file = files::open(path).map_err(cannot)?;
    let metadata = file.metadata().map_err(cannot)?;
    if !metadata.is_file() {
        return Err(cannot(io::Error::new(io::ErrorKind::InvalidInput, "not a file")).into());
    }
    Ok((BufReader::with_capacity(1 << 16, file), metadata.len()))
}

/// A file being unpacked, with what the messages need.
struct Source<'a, R> {
    path: &'a Path,
    reader: R,
    packed: bool,
    /// Bytes of content read so far.
    position: u64,
    /// Bytes of content the header promises, once known.
    expected: Option<u64>,
}

impl<R: Read> Source<'_, R> {
    /// Reads at most `limit` bytes onto `into`; fewer only at the end of the content.
    fn read_up_to(&mut self, limit: u64, into: &mut Vec<u8>) -> Result<u64, DataError> {
        let before = into.len();
        let outcome = (&mut self.reader).take(limit).read_to_end(into);
        let read = (into.len() - before) as u64;
        self.position += read;
        outcome.map_err(|error| self.failed(error))?;
        Ok(read)
    }

    fn failed(&self, source: io::Error) -> DataError {
        let kinds = [io::ErrorKind::InvalidData, io::ErrorKind::InvalidInput, io::ErrorKind::UnexpectedEof];
        if !self.packed || !kinds.contains(&source.kind()) {
            return io_error(self.path, "read", source).into();
        }
        let cut = source.kind() == io::ErrorKind::UnexpectedEof;
        let reason = if cut { "the stream is cut".to_string() } else { source.to_string() };
        let (path, unpacked, expected) = (self.path.to_path_buf(), self.position, self.expected);
        IdxError::Gzip { path, unpacked, expected, reason }.into()
    }

    fn holder(&self) -> &'static str {
        if self.packed { "unpacked file" } else { "file" }
    }

    fn truncated(&self, expected: u64) -> DataError {
        let (path, found, holder) = (self.path.to_path_buf(), self.position, self.holder());
        IdxError::Truncated { path, expected, found, holder }.into()
    }

    /// Counts what comes after the promised content, up to a limit.
    fn trailing(&mut self, expected: u64) -> Result<DataError, DataError> {
        let more = io::copy(&mut (&mut self.reader).take(COUNT_LIMIT), &mut io::sink());
        let more = more.map_err(|error| self.failed(error))?;
        Ok(IdxError::Trailing {
            path: self.path.to_path_buf(),
            expected,
            found: self.position + more,
            holder: self.holder(),
            at_least: more == COUNT_LIMIT,
        }
        .into())
    }
}

fn read(path: &Path, mut raw: impl BufRead, raw_bytes: u64, role: Role) -> Result<Content, DataError> {
    let start = raw.fill_buf().map_err(|error| io_error(path, "read", error))?;
    let packed = is_gzip(start);
    let reader: Box<dyn Read + '_> = if packed { Box::new(MultiGzDecoder::new(raw)) } else { Box::new(raw) };
    let mut source = Source { path, reader, packed, position: 0, expected: None };
    let dims = read_header(&mut source, role)?;
    let header_bytes = source.position;
    let element_bytes: u64 = dims.iter().map(|&dim| u64::from(dim)).product();
    let expected = header_bytes + element_bytes;
    source.expected = Some(expected);
    // Reserved is what the real size allows, not what the header asks for.
    let possible = if packed { raw_bytes.saturating_mul(MAX_EXPANSION) } else { raw_bytes };
    let mut elements = Vec::with_capacity(element_bytes.min(possible) as usize);
    if source.read_up_to(element_bytes, &mut elements)? < element_bytes {
        return Err(source.truncated(expected));
    }
    // Reading past the end also makes the decoder check the checksum.
    if source.read_up_to(1, &mut Vec::new())? > 0 {
        return Err(source.trailing(expected)?);
    }
    let dims = dims.iter().map(|&dim| dim as usize).collect();
    Ok(Content { dims, elements })
}

/// Reads and checks everything before the elements. The product of the sizes returned is at most `MAX_BYTES`.
fn read_header<R: Read>(source: &mut Source<'_, R>, role: Role) -> Result<Vec<u32>, DataError> {
    let path = source.path.to_path_buf();
    let (what, expected, ranks, needs): (_, _, &[u8], _) = match role {
        Role::Images => ("images", "3 [n, h, w] or 4 [n, h, w, c]", &[3, 4], 17),
        Role::Labels => ("labels", "1 [n]", &[1], 9),
    };
    let mut start = Vec::new();
    match source.read_up_to(4, &mut start)? {
        0 => return Err(IdxError::Empty { path, needs }.into()),
        4 => {}
        _ => return Err(source.truncated(needs)),
    }
    if start[..2] != [0, 0] {
        let found = [start[0], start[1]];
        return Err(IdxError::Magic { path, found }.into());
    }
    if start[2] != U8_CODE {
        return Err(IdxError::TypeCode { path, found: start[2] }.into());
    }
    if !ranks.contains(&start[3]) {
        let found = start[3];
        return Err(IdxError::Dimensions { path, found, what, expected }.into());
    }
    let mut sizes = Vec::new();
    let size_bytes = 4 * u64::from(start[3]);
    if source.read_up_to(size_bytes, &mut sizes)? < size_bytes {
        return Err(source.truncated(4 + size_bytes));
    }
    let (words, _) = sizes.as_chunks::<4>();
    let dims: Vec<u32> = words.iter().map(|word| u32::from_be_bytes(*word)).collect();
    if let Some(dimension) = dims.iter().position(|&dim| dim == 0) {
        let byte = 4 + 4 * dimension as u64;
        return Err(IdxError::Zero { path, byte, dimension, dims }.into());
    }
    // Four u32 always fit.
    let bytes: u128 = dims.iter().map(|&dim| u128::from(dim)).product();
    if bytes > u128::from(MAX_BYTES) {
        return Err(IdxError::TooBig { path, dims, bytes }.into());
    }
    Ok(dims)
}
