//! Why a picture cannot be read.

use std::io;

use image::ImageError;

/// Why a picture cannot be read. It does not name the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The operating system refused.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// A file of another kind, in words.
    #[error("{0}")]
    Kind(String),
    /// More bytes than are read.
    #[error("too large: {bytes} bytes, the limit is {limit}")]
    Bytes {
        /// Bytes of the file.
        bytes: u64,
        /// The most bytes that a file may have.
        limit: u64,
    },
    /// More pixels than are decoded.
    #[error("too large: {width}x{height} are {} million pixels, the limit is {} million", millions(*width, *height),
            limit / 1_000_000)]
    Pixels {
        /// What its header says.
        width: u32,
        /// What its header says.
        height: u32,
        /// The most pixels that are decoded.
        limit: u64,
    },
    /// A longer side than is decoded.
    #[error("too large: {width}x{height} pixels, the limit of a side is {limit}")]
    Side {
        /// What its header says.
        width: u32,
        /// What its header says.
        height: u32,
        /// The most pixels of a side.
        limit: u32,
    },
    /// More bytes than are decoded: pixels of several channels, or of more than 8 bits.
    #[error("too large: {width}x{height} pixels take {} MiB when they are decoded, the limit is {}", bytes >> 20, limit >> 20)]
    Decoded {
        /// What its header says.
        width: u32,
        /// What its header says.
        height: u32,
        /// Bytes of its pixels.
        bytes: u64,
        /// The most bytes that are decoded.
        limit: u64,
    },
    /// A header that promises what the file has no room for.
    #[error("damaged: its header says {width}x{height} pixels, more than its {bytes} bytes can hold")]
    Claim {
        /// What its header says.
        width: u32,
        /// What its header says.
        height: u32,
        /// Bytes of the file.
        bytes: u64,
    },
    /// What is wrong with its data.
    #[error("{0}")]
    Damaged(String),
}

fn millions(width: u32, height: u32) -> u64 {
    u64::from(width) * u64::from(height) / 1_000_000
}

impl From<ImageError> for DecodeError {
    fn from(error: ImageError) -> Self {
        match error {
            ImageError::IoError(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                DecodeError::Damaged("cut: it ends before the image does".into())
            }
            ImageError::IoError(error) => DecodeError::Io(error),
            ImageError::Limits(_) => DecodeError::Damaged(
                "damaged or too large: its header asks for more memory than any image may take".into(),
            ),
            // further lines are causes that repeat it
            error => DecodeError::Damaged(error.to_string().lines().next().unwrap_or_default().into()),
        }
    }
}
