//! What a file is that should be a picture: by its first bytes, in words that say what to do.

use std::path::Path;

use image::ImageFormat;

/// First bytes that tell what a file is.
pub(in crate::data) const LOOKED_AT: usize = 512;

/// A kind of file that is no picture, or of pictures that are not read.
struct Kind {
    /// Where in the file, and what is there.
    marks: &'static [(usize, &'static [u8])],
    /// What it is, with a way out.
    what: &'static str,
}

const fn kind(marks: &'static [(usize, &'static [u8])], what: &'static str) -> Kind {
    Kind { marks, what }
}

const HEIC: &str = "a HEIC photo, which is not supported; save it as JPEG or PNG";
const AVIF: &str = "an AVIF image, which is not supported; save it as JPEG or PNG";
const RAW: &str = "a camera's raw photo, which is not supported; save it as JPEG or PNG";
const VIDEO: &str = "a video, not an image; extract its frames as PNG or JPEG";
const ARCHIVE: &str = "an archive, not an image; unpack it";

/// Kinds by their first bytes; the first that matches counts.
const KINDS: &[Kind] = &[
    kind(
        &[(0, b"version https://git-lfs.github.com/spec/")],
        "a Git LFS pointer, not the image itself; run `git lfs pull` in the repository",
    ),
    kind(&[(4, b"ftypheic")], HEIC),
    kind(&[(4, b"ftypheix")], HEIC),
    kind(&[(4, b"ftyphei")], HEIC),
    kind(&[(4, b"ftyphev")], HEIC),
    kind(&[(4, b"ftypavif")], AVIF),
    kind(&[(4, b"ftypavis")], AVIF),
    kind(&[(4, b"ftypcrx ")], RAW),
    kind(&[(4, b"ftyp")], VIDEO),
    kind(&[(0, b"RIFF"), (8, b"AVI ")], VIDEO),
    kind(&[(0, b"\x1a\x45\xdf\xa3")], VIDEO),
    kind(&[(0, b"\xff\x0a")], "a JPEG XL image, which is not supported; save it as JPEG or PNG"),
    kind(&[(0, b"\0\0\0\x0cJXL ")], "a JPEG XL image, which is not supported; save it as JPEG or PNG"),
    kind(&[(0, b"\0\0\0\x0cjP  ")], "a JPEG 2000 image, which is not supported; save it as JPEG or PNG"),
    kind(&[(0, b"\xff\x4f\xff\x51")], "a JPEG 2000 image, which is not supported; save it as JPEG or PNG"),
    kind(&[(0, b"8BPS")], "a Photoshop document, which is not supported; save it as JPEG or PNG"),
    kind(&[(0, b"FUJIFILMCCD-RAW")], RAW),
    kind(&[(0, b"IIRO")], RAW),
    kind(&[(0, b"IIU\0")], RAW),
    kind(&[(0, b"%PDF")], "a PDF document, not an image; save its pages as PNG"),
    kind(&[(0, b"\x89HDF")], "an HDF5 file, not an image; save its images as PNG"),
    kind(&[(0, b"\x93NUMPY")], "a NumPy array, not an image; save it as PNG"),
    kind(&[(128, b"DICM")], "a DICOM image, which is not supported; save it as 16-bit PNG"),
    kind(&[(0, b"SIMPLE  =")], "a FITS image, which is not supported; save it as 16-bit PNG or TIFF"),
    kind(&[(0, b"\x76\x2f\x31\x01")], "an OpenEXR image, which is not supported; save it as PNG or TIFF"),
    kind(&[(0, b"#?RADIANCE")], "a Radiance HDR image, which is not supported; save it as PNG or TIFF"),
    kind(&[(0, b"DDS ")], "a DDS texture, which is not supported; save it as PNG"),
    kind(&[(0, b"qoif")], "a QOI image, which is not supported; save it as PNG"),
    kind(&[(0, b"farbfeld")], "a farbfeld image, which is not supported; save it as PNG"),
    kind(&[(0, b"\0\0\x01\0")], "a Windows icon, which is not supported; save it as PNG"),
    kind(&[(0, b"PK\x03\x04")], ARCHIVE),
    kind(&[(0, b"\x1f\x8b")], ARCHIVE),
    kind(&[(0, b"7z\xbc\xaf")], ARCHIVE),
    kind(&[(0, b"Rar!")], ARCHIVE),
    kind(&[(0, b"\xfd7zXZ")], ARCHIVE),
    kind(&[(0, b"\x28\xb5\x2f\xfd")], ARCHIVE),
    kind(&[(257, b"ustar")], ARCHIVE),
    kind(&[(0, b"\0\x05\x16\x07")], "what macOS keeps beside a file (AppleDouble), not the image itself"),
    kind(&[(0, b"\x80\x04")], "a Python pickle, not an image"),
];

/// Texts by what they start with, in lower case and without white space before it.
const TEXTS: &[(&str, &str)] = &[
    ("<!doctype html", "a web page (HTML), not an image; the download may have failed or need a login"),
    ("<html", "a web page (HTML), not an image; the download may have failed or need a login"),
    ("<head", "a web page (HTML), not an image; the download may have failed or need a login"),
    ("%!ps", "a PostScript document, not an image; save its pages as PNG"),
    ("[internetshortcut]", "a link to a web page, not an image"),
    ("<svg", "an SVG drawing, which is not supported; save it as PNG"),
    ("<?xml", "an XML document, not an image; an SVG has to be saved as PNG, an error message downloaded again"),
    ("/annex/objects/", "a git-annex pointer, not the image itself; run `git annex get` in the repository"),
    ("{", "a JSON text, not an image; the download may have failed"),
    ("[{", "a JSON text, not an image; the download may have failed"),
];

/// Ends of names of raw photos, some of which begin as a TIFF does, with a preview.
const RAW_ENDS: [&str; 14] =
    ["dng", "nef", "nrw", "arw", "sr2", "cr2", "cr3", "crw", "rw2", "orf", "raf", "pef", "srw", "3fr"];

/// What a file is that is no picture in a format that is read; none if it is one.
pub(in crate::data) fn other_than_picture(path: &Path, start: &[u8]) -> Option<String> {
    let end = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    if is_raw(&end, start) {
        return Some(RAW.into());
    }
    if readable(start).is_some() {
        return None;
    }
    let matches =
        |kind: &&Kind| kind.marks.iter().all(|(at, mark)| start.get(*at..).is_some_and(|s| s.starts_with(mark)));
    if let Some(kind) = KINDS.iter().find(matches) {
        // `mif1` is any picture of this family: another brand says which
        let is_family = start.get(8..12).is_some_and(|brand| brand == b"mif1" || brand == b"msf1");
        let avif = is_family && start.windows(4).any(|brand| brand == b"avif");
        return Some(match (is_family, avif) {
            (true, true) => AVIF.into(),
            (true, false) => HEIC.into(),
            _ => kind.what.into(),
        });
    }
    Some(text(start).unwrap_or_else(|| bytes(start)))
}

/// The format of a picture that is read.
pub(in crate::data) fn readable(start: &[u8]) -> Option<ImageFormat> {
    use ImageFormat::{Bmp, Gif, Jpeg, Png, Pnm, Tiff, WebP};
    let format = image::guess_format(start).ok()?;
    [Jpeg, Png, WebP, Bmp, Gif, Pnm, Tiff].contains(&format).then_some(format)
}

fn is_raw(end: &str, start: &[u8]) -> bool {
    let is_tiff = start.starts_with(b"II*\0") || start.starts_with(b"MM\0*");
    is_tiff && (RAW_ENDS.contains(&end) || start.get(8..10) == Some(b"CR"))
}

fn text(start: &[u8]) -> Option<String> {
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    // a character may be cut at the end
    let valid = start.utf8_chunks().next().filter(|chunk| chunk.valid().len() + 4 > start.len())?.valid();
    let is_text = !valid.is_empty() && valid.chars().all(|c| !c.is_control() || c.is_whitespace());
    let lower = valid.trim_start().to_lowercase();
    let known = TEXTS.iter().find(|(mark, _)| lower.starts_with(mark)).map(|(_, what)| (*what).to_string());
    let is_page = lower.starts_with("<!--") && lower.contains("<html");
    if is_page {
        return Some(TEXTS[0].1.into());
    }
    let first: String = valid.trim().lines().next().unwrap_or_default().chars().take(30).collect();
    is_text.then(|| known.unwrap_or_else(|| format!("a text, not an image: `{first}`")))
}

fn bytes(start: &[u8]) -> String {
    if start.is_empty() {
        return "empty".into();
    }
    if start.iter().all(|&byte| byte == start[0]) {
        return format!("damaged: its first bytes are all {:02x}", start[0]);
    }
    let spelt: Vec<String> = start.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    format!("not an image in a supported format; its first bytes are {}", spelt.join(" "))
}
