//! What can be wrong with IDX files.

use std::path::PathBuf;

use thiserror::Error;

use crate::hint::{Hint, Hints};

use crate::data::io::MAX_BYTES;

/// IDX files that cannot be read or do not belong together.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum IdxError {
    /// Images without labels, or labels without images.
    #[error("{}: missing, but {beside} is there: 1 of 2 files of the `{split}` split", path.display())]
    Missing {
        /// The file that should be there, by its published name.
        path: PathBuf,
        /// `train` or `test`.
        split: &'static str,
        /// The name of the file that is there.
        beside: String,
    },
    /// Not one byte of content.
    #[error("{}: empty: 0 bytes, an IDX file has at least {needs}", path.display())]
    Empty {
        /// Path of the file.
        path: PathBuf,
        /// The fewest bytes that a file of this kind has.
        needs: u64,
    },
    /// The first two bytes are not those of an IDX file.
    #[error("{}: byte 0: found {:02x} {:02x}, an IDX file starts with 00 00 (or 1f 8b if gzipped)", path.display(), found[0], found[1])]
    Magic {
        /// Path of the file.
        path: PathBuf,
        /// The two bytes found.
        found: [u8; 2],
    },
    /// Elements that are not unsigned bytes.
    #[error("{}: byte 2: element type 0x{found:02x} ({}), only 0x08 (u8) is read",
            path.display(), type_name(*found))]
    TypeCode {
        /// Path of the file.
        path: PathBuf,
        /// The type code found.
        found: u8,
    },
    /// The wrong number of dimensions: labels where images should be, for example.
    #[error("{}: byte 3: {found} dimensions, {what} have {expected}",
            path.display())]
    Dimensions {
        /// Path of the file.
        path: PathBuf,
        /// The number of dimensions found.
        found: u8,
        /// `images` or `labels`.
        what: &'static str,
        /// The numbers of dimensions allowed, in words.
        expected: &'static str,
    },
    /// A dimension of size 0.
    #[error("{}: byte {byte}: dimension {dimension} is 0 in {dims:?}, at least 1 is needed", path.display())]
    Zero {
        /// Path of the file.
        path: PathBuf,
        /// Where the size stands.
        byte: u64,
        /// Index of the dimension.
        dimension: usize,
        /// Every size in the header.
        dims: Vec<u32>,
    },
    /// Sizes whose product no file here can have.
    #[error("{}: byte 4: the header's sizes {dims:?} mean {bytes} bytes, the limit is {MAX_BYTES}", path.display())]
    TooBig {
        /// Path of the file.
        path: PathBuf,
        /// Sizes in the header.
        dims: Vec<u32>,
        /// Product of the sizes and the bytes of an element.
        bytes: u128,
    },
    /// Fewer bytes than the header promises.
    #[error("{}: truncated: the header needs {expected} bytes, the {holder} ends at byte {found}",
            path.display())]
    Truncated {
        /// Path of the file.
        path: PathBuf,
        /// Bytes the header promises, itself included.
        expected: u64,
        /// Number of bytes found.
        found: u64,
        /// `file` or `unpacked file`.
        holder: &'static str,
    },
    /// More bytes than the header promises.
    #[error("{}: trailing bytes from byte {expected} on: the header promises {expected} bytes, the {holder} has {}{found}", path.display(), if *at_least { "at least " } else { "" })]
    Trailing {
        /// Path of the file.
        path: PathBuf,
        /// Bytes the header promises, itself included.
        expected: u64,
        /// Number of bytes found.
        found: u64,
        /// `file` or `unpacked file`.
        holder: &'static str,
        /// Counting was stopped at `found`.
        at_least: bool,
    },
    /// A gzip stream that does not unpack.
    #[error("{}: corrupt gzip after {unpacked} unpacked bytes{}: {reason}", path.display(),
            expected.map(|bytes| format!(" of {bytes}")).unwrap_or_default())]
    Gzip {
        /// Path of the file.
        path: PathBuf,
        /// Bytes that did unpack.
        unpacked: u64,
        /// Bytes the header promises, once it was read.
        expected: Option<u64>,
        /// What the decoder says.
        reason: String,
    },
    /// A label that is no class.
    #[error("{}: byte {byte}: label {label} of image {index}, but the {classes} classes are 0..={}", path.display(), classes - 1)]
    Label {
        /// Path of the file.
        path: PathBuf,
        /// Where the label stands, after unpacking.
        byte: u64,
        /// Index of the image.
        index: usize,
        /// The label found there.
        label: u8,
        /// Number of classes.
        classes: usize,
    },
    /// Not one label for each image.
    #[error("{}: {images} images, but {}: {labels} labels (both at byte 4)",
            images_path.display(), labels_path.display())]
    Counts {
        /// Path of the image file.
        images_path: PathBuf,
        /// Its number of images.
        images: usize,
        /// Path of the label file.
        labels_path: PathBuf,
        /// Its number of labels.
        labels: usize,
    },
    /// Images of another size than expected.
    #[error("{}: byte 8: images are {found:?} [h, w, c], but {other}: {expected:?}",
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
}

impl Hints for IdxError {
    fn hints(&self) -> Vec<Hint> {
        let advice = match self {
            IdxError::Empty { .. } | IdxError::Truncated { .. } | IdxError::Gzip { .. } => {
                "download the file again".to_string()
            }
            IdxError::TypeCode { .. } => "write the file as unsigned bytes".into(),
            IdxError::Dimensions { .. } => "check that image and label files are not swapped".into(),
            IdxError::Counts { .. } => "check that both files are of the same split".into(),
            IdxError::Shape { .. } => "check that the files belong together".into(),
            IdxError::Magic { .. } => "check that this is the data file, not a web page or an archive".into(),
            IdxError::Zero { .. } => "download the file again, or write it with at least one image".into(),
            IdxError::TooBig { .. } => "download the file again if these sizes are wrong, or split the data".into(),
            IdxError::Trailing { .. } => "download the file again; it may be two files in one".into(),
            IdxError::Label { .. } => "check that the labels belong to this data set".into(),
            IdxError::Missing { beside, .. } => format!("add it, or remove {beside} to do without this split"),
        };
        vec![Hint::advice(advice)]
    }
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
