//! Published weights that can be downloaded by name: `models/weights/published.toml`, read at compile time.

use std::path::PathBuf;
use std::sync::OnceLock;

use serde::Deserialize;

use super::error::DataError;
use super::fetch::{FetchOptions, Progress, fetch_file, mirror};
use super::io::io_error;
use super::known::KnownFile;
use super::places::Places;
use crate::hint::Hint;

/// A file of weights that someone publishes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Published {
    /// Name on the command line.
    pub name: String,
    /// The preset that they are of.
    pub model: String,
    /// One line for people: what they were trained on, and how.
    pub title: String,
    /// Where they are described.
    pub homepage: String,
    /// Licence of the weights.
    pub license: String,
    /// Where the file is.
    pub url: String,
    /// Who says what its SHA-256 is.
    pub hash_from: String,
    /// The file.
    pub file: KnownFile,
}

/// The folder of weights, below the one of data sets.
const FOLDER: &str = "weights";

/// Every published file that is known.
pub fn all() -> &'static [Published] {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Table {
        weights: Vec<Published>,
    }
    static ALL: OnceLock<Vec<Published>> = OnceLock::new();
    ALL.get_or_init(|| {
        let table: Table = toml::from_str(include_str!("../../models/weights/published.toml"))
            .unwrap_or_else(|error| panic!("models/weights/published.toml: {error}"));
        table.weights
    })
}

/// Downloads published weights and returns the file, checked. One that is there and right is not downloaded again.
///
/// # Errors
/// No such name, no address gives the right content, or the folder cannot be written.
pub fn fetch_weights(
    published: &Published,
    options: &FetchOptions,
    progress: &mut dyn FnMut(Progress),
) -> Result<PathBuf, DataError> {
    let default = || Places::from_env().download_folder(FOLDER);
    let folder = options.into.clone().or_else(default).ok_or(DataError::NoFolder)?;
    std::fs::create_dir_all(&folder).map_err(|error| io_error(&folder, "create the folder", error))?;
    let target = folder.join(&published.file.name);
    let url = mirror(options).map(|base| format!("{base}/{FOLDER}/{}", published.file.name));
    fetch_file(&published.file, &target, &[url.unwrap_or_else(|| published.url.clone())], options, progress)?;
    Ok(target)
}

/// The published weights of this name.
///
/// # Errors
/// The names that there are.
pub fn find(name: &str) -> Result<&'static Published, Hint> {
    let found = all().iter().find(|published| published.name == name);
    found.ok_or_else(|| Hint::one_listed(name, all().iter().map(|published| &published.name), &["weights", "list"]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::preset;

    #[test]
    fn every_row_names_a_preset_a_file_and_a_hash() {
        for (i, row) in all().iter().enumerate() {
            assert!(preset(&row.model).is_some(), "{row:?}");
            assert!(all()[..i].iter().all(|other| other.name != row.name), "{} is there twice", row.name);
            let hash = &row.file.sha256;
            assert!((8..=64).contains(&hash.len()) && hash.bytes().all(|b| b.is_ascii_hexdigit()), "{row:?}");
            assert!(row.file.archive && row.file.name.ends_with(".safetensors") && row.url.starts_with("https://"));
            assert!(!row.hash_from.is_empty() && !row.license.is_empty(), "{row:?}");
        }
    }
}
