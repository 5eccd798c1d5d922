//! Sheets of generated images that a run drew after its epochs.

use std::path::{Path, PathBuf};

use super::facts::Sheet;
use super::pictures::jpeg;
use crate::data::picture;

/// Sheets that are shown: the first, the last, and some between.
const SHOWN: usize = 6;
/// Longest side of a sheet on a page, in pixels.
const SIDE: u32 = 720;

/// The sheets in a folder, a few of them.
pub fn sheets(folder: &Path) -> Vec<Sheet> {
    let mut paths: Vec<PathBuf> = match folder.read_dir() {
        Ok(entries) => entries.filter_map(|entry| Some(entry.ok()?.path())).collect(),
        Err(_) => return Vec::new(),
    };
    paths.retain(|path| path.extension().is_some_and(|end| end == "png"));
    paths.sort();
    let Some(last) = paths.len().checked_sub(1) else { return Vec::new() };
    let parts = (SHOWN - 1).min(last).max(1);
    let mut shown: Vec<usize> = (0..=parts).map(|i| i * last / parts).collect();
    shown.dedup();
    let sheet = |&i: &usize| {
        let path = &paths[i];
        let (picture, _) = picture::decode_deep(&path.as_path().into(), None).ok()?;
        let number = path.file_stem()?.to_string_lossy().trim_start_matches("epoch-").parse::<u32>().ok();
        let name = number
            .map_or_else(|| path.file_name().unwrap_or_default().to_string_lossy().into(), |n| format!("Epoch {n}"));
        Some(Sheet { name, picture: jpeg(&picture, SIDE) })
    };
    shown.iter().filter_map(sheet).collect()
}
