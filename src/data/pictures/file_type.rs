//! Which files are pictures: by their content, then by their name.

use std::io;
use std::path::PathBuf;

use crate::data::picture::{Place, kinds};

/// Ends of names that promise a picture.
pub(in crate::data) const PICTURE_ENDS: [&str; 14] =
    ["jpg", "jpeg", "jpe", "jfif", "png", "webp", "bmp", "gif", "pnm", "pgm", "ppm", "pbm", "tif", "tiff"];

/// Whether a name's end promises a picture, of a kind that is read or not.
pub(in crate::data) fn promises_picture(end: &str) -> bool {
    PICTURE_ENDS.contains(&end) || OTHER_ENDS.contains(&end)
}

/// Ends of names of pictures that are not read.
const OTHER_ENDS: [&str; 16] =
    ["heic", "heif", "avif", "jxl", "jp2", "svg", "psd", "dng", "cr2", "cr3", "nef", "arw", "orf", "raf", "rw2", "pef"];

/// What a file is that should be a picture.
pub(in crate::data) enum FileType {
    /// A picture by its content.
    Picture,
    /// One by its name, and not by its content: why.
    Damaged(String),
    /// A file that is neither.
    Other,
}

/// What lies at a place: by its first bytes, then by its name.
pub(in crate::data) fn classify(place: &Place) -> FileType {
    of_start(place, place.start(kinds::LOOKED_AT))
}

/// A file that is listed, and what it is.
pub(in crate::data) fn listed(path: PathBuf) -> (Place, FileType) {
    let (place, start) = Place::listed(path, kinds::LOOKED_AT);
    let kind = of_start(&place, start);
    (place, kind)
}

fn of_start(place: &Place, start: io::Result<Vec<u8>>) -> FileType {
    let start = match start {
        Ok(start) => start,
        Err(error) => return FileType::Damaged(error.to_string()),
    };
    let name = place.name();
    let Some(what) = kinds::other_than_picture(name, &start) else { return FileType::Picture };
    let end = name.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    if promises_picture(&end) { FileType::Damaged(what) } else { FileType::Other }
}
