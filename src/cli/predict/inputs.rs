//! Which images were named: files, folders, patterns, lists, tables.

use std::io::Read;
use std::path::{Path, PathBuf};

use wildmatch::WildMatch;

use crate::cli::CliError;
use crate::data::picture::{DecodeError, Place};
use crate::data::{self, names};
use crate::platform::files;

/// An image to answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// What it is called in answers: its path as it was named or found.
    pub id: String,
    pub place: Place,
    /// The list that names it, and the line.
    listed: Option<(PathBuf, usize)>,
}

impl Input {
    fn at(place: impl Into<Place>) -> Self {
        let place = place.into();
        Input { id: place.to_string(), place, listed: None }
    }

    /// Where it was named, in brackets; nothing where it was typed.
    pub fn origin(&self) -> String {
        let origin = self.listed.as_ref().map(|(list, line)| format!(" ({}, line {line})", list.display()));
        origin.unwrap_or_default()
    }

    /// An error about it alone.
    pub fn unreadable(&self, source: DecodeError) -> CliError {
        match &self.listed {
            None => CliError::Picture { place: self.place.clone(), source },
            Some(_) => CliError::Usage(format!("{}: {source}{}", self.id, self.origin())),
        }
    }
}

/// Ends of names of lists.
const LISTS: [&str; 3] = ["txt", "lst", "list"];
/// Ends of names of tables.
const TABLES: [&str; 2] = ["csv", "tsv"];

/// All images that were named, in the order in which they were.
pub fn find(named: &[PathBuf]) -> Result<Vec<Input>, CliError> {
    let mut inputs = Vec::new();
    for path in named {
        let before = inputs.len();
        let ends =
            |with: &[&str]| path.extension().is_some_and(|end| with.iter().any(|own| end.eq_ignore_ascii_case(own)));
        if path.as_os_str() == "-" {
            inputs.extend(list(path)?);
        } else if data::are_shards(path) {
            inputs.extend(data::pictures_of(path)?.into_iter().map(Input::at));
        } else if path.is_dir() {
            inputs.extend(data::pictures_in(path).map_err(data::DataError::from)?.into_iter().map(Input::at));
        } else if path.is_file() && ends(&LISTS) {
            inputs.extend(list(path)?);
        } else if path.is_file() && ends(&TABLES) {
            inputs.extend(data::pictures_of(path)?.into_iter().map(Input::at));
        } else if !path.exists() && is_pattern(path) {
            inputs.extend(matching(path).into_iter().map(Input::at));
        } else {
            inputs.push(Input::at(path.clone()));
        }
        if inputs.len() == before {
            return Err(CliError::Usage(format!(
                "{}: no images\n  try: image files, a folder of them, a pattern such as 'new/*.jpg', a list, or a data set",
                path.display()
            )));
        }
    }
    Ok(inputs)
}

/// The paths of a list, one a line: from the current folder, or from where the list is.
fn list(path: &Path) -> Result<Vec<Input>, CliError> {
    let mut bytes = Vec::new();
    let read = if path.as_os_str() == "-" {
        std::io::stdin().lock().read_to_end(&mut bytes).map(|_| ())
    } else {
        files::read(path).map(|content| bytes = content)
    };
    read.map_err(CliError::file(path))?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let beside = path.parent().unwrap_or(Path::new(""));
    let input = |(i, line): (usize, &[u8])| {
        let named = path_of(line);
        let other = beside.join(&named);
        let place = if !named.exists() && other.exists() { other } else { named };
        Input { id: names::escaped(line), place: place.into(), listed: Some((path.to_path_buf(), i + 1)) }
    };
    let lines = bytes.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii).enumerate();
    Ok(lines.filter(|(_, line)| !line.is_empty()).map(input).collect())
}

/// A path as a system prints it, which need not be UTF-8.
fn path_of(line: &[u8]) -> PathBuf {
    #[cfg(unix)]
    return <std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(line).into();
    #[cfg(not(unix))]
    return String::from_utf8_lossy(line).into_owned().into();
}

fn is_pattern(path: &Path) -> bool {
    path.to_string_lossy().contains(['*', '?'])
}

/// The files that match a pattern: `*` and `?` within a name, `**` for folders of any depth. Hidden ones need a dot.
fn matching(pattern: &Path) -> Vec<PathBuf> {
    let mut found = vec![PathBuf::new()];
    for part in pattern.components() {
        let name = part.as_os_str().to_string_lossy();
        found = found.into_iter().flat_map(|folder| step(&folder, part.as_ref(), &name)).collect();
    }
    found.retain(|path| path.is_file());
    found.sort_by(|a, b| names::natural(&a.to_string_lossy(), &b.to_string_lossy()));
    found.dedup();
    found
}

/// Where a part of a pattern leads from a folder.
fn step(folder: &Path, part: &Path, name: &str) -> Vec<PathBuf> {
    if name == "**" {
        let below = entries(folder).into_iter().filter(|path| path.is_dir() && !path.is_symlink());
        let deeper = below.flat_map(|path| step(&path, part, name));
        return std::iter::once(folder.to_path_buf()).chain(deeper).collect();
    }
    if !name.contains(['*', '?']) {
        let path = folder.join(part);
        return if path.exists() { vec![path] } else { Vec::new() };
    }
    let wanted = WildMatch::new(name);
    let fits = |path: &PathBuf| {
        let own = path.file_name().unwrap_or_default().to_string_lossy();
        wanted.matches(&own) && (name.starts_with('.') || !own.starts_with('.'))
    };
    entries(folder).into_iter().filter(fits).collect()
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let names = std::fs::read_dir(here).into_iter().flatten().flatten().map(|entry| entry.file_name());
    names.map(|name| folder.join(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_names_and_folders() {
        let place = tempfile::tempdir().unwrap();
        for name in ["a1.png", "a2.png", "a10.png", "b.jpg", ".hidden.png", "deep/er/c.png", "deep/d.png"] {
            let path = place.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        let matched = |pattern: &str| -> Vec<String> {
            let below = |path: PathBuf| path.strip_prefix(place.path()).unwrap().display().to_string();
            matching(&place.path().join(pattern)).into_iter().map(below).collect()
        };
        assert_eq!(matched("*.png"), ["a1.png", "a2.png", "a10.png"]);
        assert_eq!(matched("a?.png"), ["a1.png", "a2.png"]);
        assert_eq!(matched("*/*.png"), ["deep/d.png"]);
        assert_eq!(matched("**/*.png"), ["a1.png", "a2.png", "a10.png", "deep/d.png", "deep/er/c.png"]);
        assert_eq!(matched(".*.png"), [".hidden.png"]);
        assert!(matched("*.tif").is_empty());
    }
}
