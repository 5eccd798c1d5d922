//! Which files are pictures: by their content, then by their name.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use image::ImageFormat;

/// Ends of names that promise a picture.
pub(in crate::data) const PICTURE_ENDS: [&str; 14] =
    ["jpg", "jpeg", "jpe", "jfif", "png", "webp", "bmp", "gif", "pnm", "pgm", "ppm", "pbm", "tif", "tiff"];

/// Ends of names of pictures that are not read.
const OTHER_ENDS: [&str; 9] = ["heic", "heif", "avif", "jxl", "jp2", "svg", "psd", "dng", "cr2"];

/// What a file is that should be a picture.
pub(in crate::data) enum FileType {
    /// A picture by its content.
    Picture,
    /// One by its name, and not by its content: why.
    Damaged(String),
    /// A file that is neither.
    Other,
}

/// What a file is: by its first bytes, then by its name.
pub(in crate::data) fn classify(path: &Path) -> FileType {
    let mut start = Vec::with_capacity(32);
    let read = File::open(path).and_then(|file| file.take(32).read_to_end(&mut start));
    if let Err(error) = read {
        return FileType::Damaged(error.to_string());
    }
    if readable(&start) {
        return FileType::Picture;
    }
    let end = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    if OTHER_ENDS.contains(&end.as_str()) {
        return FileType::Damaged(format!("{} is not supported; save it as JPEG or PNG", end.to_uppercase()));
    }
    if !PICTURE_ENDS.contains(&end.as_str()) {
        return FileType::Other;
    }
    FileType::Damaged(match start.len() {
        0 => "empty".into(),
        _ => format!("not an image: it starts with {:02x?}", &start[..start.len().min(4)]),
    })
}

/// Whether these are the first bytes of a picture in a format that is read.
fn readable(start: &[u8]) -> bool {
    use ImageFormat::{Bmp, Gif, Jpeg, Png, Pnm, Tiff, WebP};
    image::guess_format(start).is_ok_and(|format| [Jpeg, Png, WebP, Bmp, Gif, Pnm, Tiff].contains(&format))
}
