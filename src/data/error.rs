//! What can go wrong with data: every message names the place, both numbers and a way out.

use std::fmt::Write as _;
use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::idx::MAX_BYTES;

/// A data set that cannot be found, read, understood or downloaded.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DataError {
    /// Arrays that do not make a data set.
    #[error(transparent)]
    Dataset(#[from] super::DatasetError),
    /// Pictures in folders and tables.
    #[error(transparent)]
    Pictures(#[from] super::picture_error::PictureError),
    /// CIFAR's files.
    #[error(transparent)]
    Cifar(#[from] super::cifar::CifarError),
    /// A table of pictures.
    #[error(transparent)]
    Table(#[from] super::table::TableError),
    /// Texts that cannot be used.
    #[error(transparent)]
    Text(#[from] super::TextError),
    /// A known data set is in none of the places it is looked up in.
    #[error("data set `{name}` is not on this machine; looked in:{}\n  try: {get}", list(looked))]
    NotFound {
        /// Name of the data set.
        name: String,
        /// Every folder looked in, in order.
        looked: Vec<PathBuf>,
        /// The command that gets it.
        get: String,
    },
    /// Neither a folder nor the name of a known data set.
    #[error("`{spec}` is neither a folder nor a text file nor a known data set\n  try: a folder of pictures by class or of IDX files, a CSV file, a .txt or .tsv file, or one of: {}", known.join(", "))]
    Unknown {
        /// What was asked for.
        spec: String,
        /// Names of the known data sets.
        known: Vec<String>,
    },
    /// A path that should be a folder is something else.
    #[error("{}: not a folder, a CSV file, a text file (.txt, .tsv, .pos) or an archive of CIFAR\n  try: the folder that holds the pictures or the IDX files",
            path.display())]
    NotAFolder {
        /// The path.
        path: PathBuf,
    },
    /// A folder without a file that has an IDX name.
    #[error("{}: no IDX files among its {entries} entries, no CIFAR files, and no folders of pictures\n  try: a \
             folder with one folder of pictures for each class, or one that holds train-images-idx3-ubyte and \
             train-labels-idx1-ubyte (or t10k-…), each plain or .gz", path.display())]
    NoIdxFiles {
        /// The folder.
        path: PathBuf,
        /// How many entries the folder has.
        entries: usize,
    },
    /// Images without labels, or labels without images.
    #[error("{}: missing, but {beside} is there: 1 of 2 files of the `{split}` split\n  try: put it there, or take \
             {beside} away to go without this split", path.display())]
    Missing {
        /// The file that should be there, by its usual name.
        path: PathBuf,
        /// `train` or `test`.
        split: &'static str,
        /// The name of the file that is there.
        beside: String,
    },
    /// Not one byte of content.
    #[error("{}: empty: 0 bytes, an IDX file has at least {needs}\n  try: get the file again", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
        /// The fewest bytes that a file of this kind has.
        needs: u64,
    },
    /// The first two bytes are not those of an IDX file.
    #[error("{}: byte 0: found {:02x} {:02x}, an IDX file starts with 00 00 (or 1f 8b if gzipped)\n  try: check that this \
             is the data file, not a web page or an archive", path.display(), found[0], found[1])]
    Magic {
        /// The file.
        path: PathBuf,
        /// The two bytes found.
        found: [u8; 2],
    },
    /// Elements that are not unsigned bytes.
    #[error("{}: byte 2: element type 0x{found:02x} ({}), only 0x08 (u8) is read\n  try: write the file as unsigned bytes",
            path.display(), type_name(*found))]
    TypeCode {
        /// The file.
        path: PathBuf,
        /// The type code found.
        found: u8,
    },
    /// The wrong number of dimensions: labels where images should be, for example.
    #[error("{}: byte 3: {found} dimensions, {what} have {expected}\n  try: check that image and label files are not swapped",
            path.display())]
    Dimensions {
        /// The file.
        path: PathBuf,
        /// The number of dimensions found.
        found: u8,
        /// `images` or `labels`.
        what: &'static str,
        /// The numbers of dimensions allowed, in words.
        expected: &'static str,
    },
    /// A dimension of size 0.
    #[error("{}: byte {byte}: dimension {dimension} is 0 in {dims:?}, at least 1 is needed\n  try: get the file again, or \
             write it with at least one image", path.display())]
    Zero {
        /// The file.
        path: PathBuf,
        /// Where the size stands.
        byte: u64,
        /// Index of the dimension.
        dimension: usize,
        /// All sizes.
        dims: Vec<u32>,
    },
    /// Sizes whose product no file here can have.
    #[error("{}: byte 4: the header's sizes {dims:?} mean {bytes} bytes, the limit is {MAX_BYTES}\n  try: get the file \
             again if these sizes are wrong, or split the data", path.display())]
    TooBig {
        /// The file.
        path: PathBuf,
        /// Sizes in the header.
        dims: Vec<u32>,
        /// Their product.
        bytes: u128,
    },
    /// Fewer bytes than the header promises.
    #[error("{}: truncated: the header needs {expected} bytes, the {holder} ends at byte {found}\n  try: get the file again",
            path.display())]
    Truncated {
        /// The file.
        path: PathBuf,
        /// Bytes the header promises, itself included.
        expected: u64,
        /// Bytes there are.
        found: u64,
        /// `file` or `unpacked file`.
        holder: &'static str,
    },
    /// More bytes than the header promises.
    #[error("{}: trailing bytes from byte {expected} on: the header promises {expected} bytes, the {holder} has {}{found}\n  \
             try: get the file again; perhaps two files were joined", path.display(), if *at_least { "at least " } else { "" })]
    Trailing {
        /// The file.
        path: PathBuf,
        /// Bytes the header promises, itself included.
        expected: u64,
        /// Bytes there are.
        found: u64,
        /// `file` or `unpacked file`.
        holder: &'static str,
        /// Counting was stopped at `found`.
        at_least: bool,
    },
    /// A gzip stream that does not unpack.
    #[error("{}: corrupt gzip after {unpacked} unpacked bytes{}: {reason}\n  try: get the file again", path.display(),
            expected.map(|bytes| format!(" of {bytes}")).unwrap_or_default())]
    Gzip {
        /// The file.
        path: PathBuf,
        /// Bytes that did unpack.
        unpacked: u64,
        /// Bytes the header promises, once it was read.
        expected: Option<u64>,
        /// What the decoder says.
        reason: String,
    },
    /// A label that is no class.
    #[error("{}: byte {byte}: label {label} of image {index}, but the {classes} classes are 0..={}\n  try: check that the \
             labels belong to this data set", path.display(), classes - 1)]
    Label {
        /// The file.
        path: PathBuf,
        /// Where the label stands, after unpacking.
        byte: u64,
        /// Index of the image.
        index: usize,
        /// The label.
        label: u8,
        /// Number of classes.
        classes: usize,
    },
    /// Not one label for each image.
    #[error("{}: {images} images, but {}: {labels} labels (both at byte 4)\n  try: check that both files are of the same split",
            images_path.display(), labels_path.display())]
    Counts {
        /// The image file.
        images_path: PathBuf,
        /// Its number of images.
        images: usize,
        /// The label file.
        labels_path: PathBuf,
        /// Its number of labels.
        labels: usize,
    },
    /// Images of another size than expected.
    #[error("{}: byte 8: images are {found:?} [h, w, c], but {other}: {expected:?}\n  try: check that the files belong together",
            path.display())]
    Shape {
        /// The file, or the folder.
        path: PathBuf,
        /// `[h, w, c]` found.
        found: [usize; 3],
        /// Where the other shape comes from.
        other: String,
        /// `[h, w, c]` expected.
        expected: [usize; 3],
    },
    /// The operating system refused.
    #[error("{}: cannot {action}: {source}\n  try: {}", path.display(), io_hint(source))]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was tried, as a verb.
        action: &'static str,
        /// The system's answer.
        source: io::Error,
    },
    /// No folder to put data in: the system names no home.
    #[error("no cache folder is known for this user\n  try: LEPTON_DATA=<folder>")]
    NoFolder,
    /// A data set that has nothing to download.
    #[error(
        "data set `{name}` is built into the program: 0 files to download\n  try: leave the data set out, it is the default"
    )]
    NothingToFetch {
        /// Name of the data set.
        name: String,
    },
    /// Somebody else downloads the same file now.
    #[error("{}: another process is downloading this file\n  try: wait for it, then run the command again", path.display())]
    Busy {
        /// The unfinished file.
        path: PathBuf,
    },
    /// Every address failed.
    #[error("{}: not downloaded ({kept_bytes} of {total_bytes} bytes kept):{}\n  try: again{}, or set LEPTON_DATA_MIRROR, or put \
             the file there yourself", path.display(), list_text(tries),
            if *kept_bytes > 0 { " (it goes on where it stopped)" } else { "" })]
    Download {
        /// The file that should be there now.
        path: PathBuf,
        /// Bytes kept beside it for the next try.
        kept_bytes: u64,
        /// Size of the download.
        total_bytes: u64,
        /// One line for each address: the address and what was wrong.
        tries: Vec<String>,
    },
}

impl crate::hint::Hints for DataError {}

fn list(paths: &[PathBuf]) -> String {
    paths.iter().fold(String::new(), |mut text, path| {
        let _ = write!(text, "\n    {}", path.display());
        text
    })
}

fn list_text(lines: &[String]) -> String {
    lines.iter().fold(String::new(), |mut text, line| {
        let _ = write!(text, "\n    {line}");
        text
    })
}

/// Names of the IDX type codes (yann.lecun.com/exdb/mnist, "the IDX file format").
fn type_name(code: u8) -> &'static str {
    match code {
        0x09 => "i8",
        0x0b => "i16",
        0x0c => "i32",
        0x0d => "f32",
        0x0e => "f64",
        _ => "no known type",
    }
}

fn io_hint(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "free some space, or another folder (LEPTON_DATA=<folder>)"
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "check who may write there, or another folder (LEPTON_DATA=<folder>)"
        }
        io::ErrorKind::NotFound => "check the path",
        _ => "check the path and the disk",
    }
}
