//! The figures of a report as files.

use std::io::Cursor;
use std::path::Path;

use rayon::prelude::*;

use super::ReportError;
use super::facts::Facts;
use super::figures::{self, Figure};
use crate::checkpoint::write_atomically;
use crate::report::chart::Drawing;

/// The folder's name in a run folder.
pub const PLOTS: &str = "plots";

/// Writes every figure of a report into a folder, as SVG and as PNG.
///
/// # Errors
/// The system's.
pub fn save_plots(facts: &Facts, folder: &Path) -> Result<(), ReportError> {
    std::fs::create_dir_all(folder).map_err(ReportError::file(folder))?;
    let all = figures::of_training(facts).into_iter().chain(figures::of_answers(facts)).chain(figures::matrix(facts));
    all.collect::<Vec<Figure>>().par_iter().try_for_each(|figure| save(folder, figure.name, &figure.drawing))
}

/// Writes a figure into a folder, as SVG and as PNG.
///
/// # Errors
/// The system's.
pub fn save(folder: &Path, name: &str, drawing: &Drawing) -> Result<(), ReportError> {
    let mut png = Cursor::new(Vec::new());
    drawing.to_picture().write_to(&mut png, image::ImageFormat::Png).expect("a picture is encoded into memory");
    write_atomically(&folder.join(format!("{name}.svg")), drawing.to_svg().as_bytes())?;
    Ok(write_atomically(&folder.join(format!("{name}.png")), png.get_ref())?)
}
