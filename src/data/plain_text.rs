//! A file of text as characters: its encoding is found, and what other programs leave in it is taken out.

use std::path::Path;

use thiserror::Error;

use crate::platform::files;

/// The characters of a file, with `\n` at the end of each line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct PlainText {
    pub content: String,
    /// Whether it was read as latin-1 because it is not valid UTF-8, and where that begins: a line, from 1.
    pub latin1: Option<usize>,
    /// What people should know about how it was read.
    pub notes: Vec<String>,
}

/// A file that holds no text.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum NotText {
    /// A file of another kind, by its first bytes.
    #[error("this is {what}, not a text file")]
    Other {
        /// What it is.
        what: &'static str,
        /// What makes text of it.
        hint: &'static str,
    },
    /// A byte that no text has.
    #[error("line {line}: byte 0x{byte:02x} is not text")]
    Binary {
        /// Number of the line, from 1.
        line: usize,
        /// The first such byte.
        byte: u8,
    },
}

impl NotText {
    /// A way out, in words.
    pub fn advice(&self) -> &'static str {
        match self {
            NotText::Other { hint, .. } => hint,
            NotText::Binary { .. } => "a text file (UTF-8, UTF-16 or latin-1), uncompressed",
        }
    }
}

/// First bytes of files that are taken for text by their names: what they are, and what makes text of them.
const OTHERS: &[(&[u8], &str, &str)] = &[
    (b"PK\x03\x04", "an Excel workbook or a ZIP archive", "save the sheet as CSV (UTF-8), or unpack the archive"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", "save the sheet as CSV (UTF-8)"),
    (&[0x1f, 0x8b], "a gzip file", "unpack it (gunzip)"),
    (b"BZh", "a bzip2 file", "unpack it (bunzip2)"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard file", "unpack it (unzstd)"),
    (b"\xfd7zXZ", "an xz file", "unpack it (unxz)"),
    (b"PAR1", "a Parquet file", "save it as CSV (UTF-8)"),
    (b"SQLite format 3", "an SQLite database", "export the table as CSV (UTF-8)"),
    (b"%PDF", "a PDF", "save its text as a .txt or .csv file"),
    (b"version https://git-lfs", "a Git LFS pointer", "fetch the file itself (git lfs pull)"),
];

const MARK: char = '\u{feff}';

/// The characters of a file's bytes.
///
/// # Errors
/// The bytes are no text.
pub(super) fn decode(bytes: &[u8]) -> Result<PlainText, NotText> {
    if let Some(&(_, what, hint)) = OTHERS.iter().find(|(start, ..)| bytes.starts_with(start)) {
        return Err(NotText::Other { what, hint });
    }
    let mut text = PlainText::default();
    let wide = wide(bytes);
    text.content = match wide {
        Some((encoding, content)) => {
            text.notes.push(format!("read as {encoding}"));
            content
        }
        None => {
            // what DOS wrote at the end of a file
            let bytes = bytes.strip_suffix(&[0x1a]).unwrap_or(bytes);
            match std::str::from_utf8(bytes) {
                Ok(content) => content.to_string(),
                Err(error) => {
                    text.latin1 = Some(line_at(bytes, error.valid_up_to()));
                    bytes.iter().copied().map(char::from).collect()
                }
            }
        }
    };
    let strange = |c: char| c < ' ' && !"\t\n\r\u{b}\u{c}".contains(c);
    if let Some((at, c)) = text.content.char_indices().find(|&(_, c)| strange(c)) {
        let line = line_at(text.content.as_bytes(), at);
        return Err(NotText::Binary { line, byte: c as u8 });
    }
    normalize(&mut text);
    Ok(text)
}

/// [`decode`] of a file's first bytes, which may end within a character.
pub(super) fn decode_start(bytes: &[u8]) -> Option<PlainText> {
    let whole = match std::str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() => &bytes[..error.valid_up_to()],
        _ => bytes,
    };
    decode(whole).ok()
}

/// The number of the line, from 1, that holds a byte.
fn line_at(bytes: &[u8], at: usize) -> usize {
    let before = &bytes[..at];
    let returns = (0..at).filter(|&i| before[i] == b'\r' && bytes.get(i + 1) != Some(&b'\n')).count();
    1 + returns + before.iter().filter(|&&byte| byte == b'\n').count()
}

/// Text in units of two or four bytes (Unicode Standard, 3.10): by its byte-order mark, or by zeros in every other byte.
fn wide(bytes: &[u8]) -> Option<(&'static str, String)> {
    const LOOKED_AT: usize = 1024;
    let four = |to: fn([u8; 4]) -> u32| {
        let units = bytes[4..].chunks_exact(4).map(|b| to([b[0], b[1], b[2], b[3]]));
        units.map(|unit| char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
    };
    let two = |skip: usize, to: fn([u8; 2]) -> u16| {
        let units = bytes[skip..].chunks_exact(2).map(|b| to([b[0], b[1]]));
        char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
    };
    match bytes {
        [0xff, 0xfe, 0, 0, ..] => return Some(("UTF-32", four(u32::from_le_bytes))),
        [0, 0, 0xfe, 0xff, ..] => return Some(("UTF-32", four(u32::from_be_bytes))),
        [0xff, 0xfe, ..] => return Some(("UTF-16", two(2, u16::from_le_bytes))),
        [0xfe, 0xff, ..] => return Some(("UTF-16", two(2, u16::from_be_bytes))),
        _ => {}
    }
    let start = &bytes[..bytes.len().min(LOOKED_AT)];
    let zeros = |offset: usize| start.iter().skip(offset).step_by(2).filter(|&&byte| byte == 0).count();
    let (even, odd, half) = (zeros(0), zeros(1), start.len() / 2);
    match half >= 4 {
        true if odd * 4 > half * 3 && even == 0 => {
            Some(("UTF-16 without a byte-order mark", two(0, u16::from_le_bytes)))
        }
        true if even * 4 > half * 3 && odd == 0 => {
            Some(("UTF-16 without a byte-order mark", two(0, u16::from_be_bytes)))
        }
        _ => None,
    }
}

/// Line ends of every system become `\n`, and byte-order marks at the start of a line go: files that were joined have them.
fn normalize(text: &mut PlainText) {
    if text.content.contains('\r') {
        let old_mac = !text.content.contains('\n');
        text.content = text.content.replace("\r\n", "\n").replace('\r', "\n");
        if old_mac && text.content.trim_end().contains('\n') {
            text.notes.push("lines end with a carriage return alone, as on old Macs".into());
        }
    }
    if text.content.contains(MARK) {
        let inside = text.content.matches("\n\u{feff}").count();
        text.content = text.content.replace("\n\u{feff}", "\n").trim_start_matches(MARK).to_string();
        if inside > 0 {
            let marks = if inside == 1 { "a byte-order mark".into() } else { format!("{inside} byte-order marks") };
            text.notes.push(format!("{marks} inside the file ignored (were files joined?)"));
        }
    }
}

/// Bytes that tell what a file is.
pub(super) const LOOKED_AT: u64 = 1 << 16;

/// The first lines of a file as text, whole ones where there are several; none if it is no text.
pub(super) fn start_of(path: &Path) -> Option<PlainText> {
    use std::io::Read;
    if !path.is_file() {
        return None;
    }
    let mut start = Vec::new();
    files::open(path).ok()?.take(LOOKED_AT).read_to_end(&mut start).ok()?;
    let cut = start.len() as u64 == LOOKED_AT;
    let mut text = decode_start(&start)?;
    if cut && let Some(end) = text.content.rfind('\n') {
        text.content.truncate(end + 1);
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_and_line_ends_are_found() {
        let utf16 = |text: &str, to: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(to).collect::<Vec<u8>>();
        let text = "ham\tcafé\nspam\tnow 💶\n";
        for bytes in [
            text.as_bytes().to_vec(),
            format!("\u{feff}{text}").into_bytes(),
            text.replace('\n', "\r\n").into_bytes(),
            text.replace('\n', "\r").into_bytes(),
            format!("{text}\u{1a}").into_bytes(),
            utf16(&format!("\u{feff}{text}"), u16::to_le_bytes),
            utf16(&format!("\u{feff}{text}"), u16::to_be_bytes),
            utf16(text, u16::to_le_bytes),
            utf16(text, u16::to_be_bytes),
            format!("\u{feff}{text}").chars().flat_map(|c| (c as u32).to_le_bytes()).collect(),
        ] {
            assert_eq!(decode(&bytes).unwrap().content, text, "{bytes:02x?}");
        }
        let latin1 = decode(b"one\ncaf\xe9\n").unwrap();
        assert_eq!((latin1.content.as_str(), latin1.latin1), ("one\ncaf\u{e9}\n", Some(2)));
    }

    #[test]
    fn marks_of_joined_files_go_and_are_said() {
        let joined = decode("\u{feff}a b\n\u{feff}a c\n".as_bytes()).unwrap();
        assert_eq!(joined.content, "a b\na c\n");
        assert_eq!(joined.notes, ["a byte-order mark inside the file ignored (were files joined?)"]);
        assert!(decode("\u{feff}a b\n".as_bytes()).unwrap().notes.is_empty());
    }

    #[test]
    fn what_is_no_text_is_named() {
        for (bytes, what) in [
            (&b"PK\x03\x04rest"[..], "this is an Excel workbook or a ZIP archive, not a text file"),
            (b"PAR1\x15", "this is a Parquet file, not a text file"),
            (b"good\ta\nbad\t\x00\x01", "line 2: byte 0x00 is not text"),
        ] {
            assert_eq!(decode(bytes).unwrap_err().to_string(), what);
        }
    }
}
