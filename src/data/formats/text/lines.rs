//! A file of texts as labelled lines.

use std::path::Path;

use super::error::TextError;
use super::files::Source;
use crate::data::DataError;
use crate::data::io::io_error;

/// A line of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Name of its class.
    pub label: String,
    /// Its text, as it stands in the file.
    pub text: String,
    /// Its line, from 1.
    pub line: usize,
}

/// The samples of a file, and whether it was read as latin-1 because it is not valid UTF-8. Lines of white space are passed
/// over.
///
/// # Errors
/// The file cannot be read or is no text; a line has no label or no text.
pub fn read(source: &Source, coarse: bool) -> Result<(Vec<Sample>, bool), DataError> {
    let path = &source.path;
    let bytes = std::fs::read(path).map_err(|error| io_error(path, "read", error))?;
    check_text(path, &bytes)?;
    let (content, latin1) = match String::from_utf8(bytes) {
        Ok(content) => (content, false),
        Err(error) => (error.into_bytes().into_iter().map(char::from).collect(), true),
    };
    let content = content.strip_prefix('\u{feff}').unwrap_or(&content);
    let filled = || content.split('\n').enumerate().filter(|(_, line)| !line.trim().is_empty());
    let tab = filled().next().is_some_and(|(_, line)| line.contains('\t'));
    let samples = filled().map(|(i, line)| match &source.class {
        Some(class) => Ok(Sample { label: class.clone(), text: line.trim().into(), line: i + 1 }),
        None => labelled(path, i + 1, line, tab, coarse),
    });
    let samples = samples.collect::<Result<Vec<_>, _>>()?;
    if samples.is_empty() {
        return Err(TextError::Empty { path: path.clone(), lines: content.lines().count() }.into());
    }
    Ok((samples, latin1))
}

/// What ends a label.
pub fn separator(tab: bool) -> &'static str {
    if tab { "tab" } else { "space" }
}

fn labelled(path: &Path, line: usize, text: &str, tab: bool, coarse: bool) -> Result<Sample, TextError> {
    let text = text.trim_end();
    // a label alone has lost its separator with the text
    let (label, rest) =
        text.split_once(if tab { '\t' } else { ' ' }).unwrap_or(if tab { ("", text) } else { (text, "") });
    let (label, rest) = (label.trim(), rest.trim());
    if label.is_empty() {
        let found = text.chars().take(40).collect();
        return Err(TextError::NoLabel { path: path.into(), line, separator: separator(tab), found });
    }
    if rest.is_empty() {
        return Err(TextError::NoText { path: path.into(), line, label: label.into() });
    }
    let label = if coarse { label.split(':').next().unwrap_or(label) } else { label };
    Ok(Sample { label: label.into(), text: rest.into(), line })
}

/// Bytes below space are no text, except what separates words and lines.
fn check_text(path: &Path, bytes: &[u8]) -> Result<(), TextError> {
    let strange = |byte: &u8| *byte < b' ' && !b"\t\n\r\x0b\x0c".contains(byte);
    match bytes.iter().position(strange) {
        None => Ok(()),
        Some(at) => {
            let line = 1 + bytes[..at].iter().filter(|byte| **byte == b'\n').count();
            Err(TextError::Binary { path: path.into(), line, byte: bytes[at] })
        }
    }
}
