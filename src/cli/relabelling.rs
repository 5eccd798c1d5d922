//! `train --labels`: the table of labels that a run takes.

use std::path::Path;

use super::CliError;
use super::args::TrainArgs;
use crate::config::{LabelsFile, RunConfig};
use crate::data;

/// The table of labels that was typed, or that of the recipe, whose run may have kept a copy.
pub fn set_labels(config: &mut RunConfig, base: &RunConfig, args: &TrainArgs) -> Result<(), CliError> {
    let path = match args.typed.text("labels") {
        Some("none") => {
            (config.labels, config.labels_sha256) = (None, None);
            return Ok(());
        }
        Some(text) if text.trim().is_empty() => {
            let problem = "--labels names no file\n  try: --labels errors.csv, or --labels none for those of the data";
            return Err(CliError::Usage(problem.into()));
        }
        Some(path) => path,
        None => {
            config.labels_copy.clone_from(&base.labels_copy);
            match &base.labels {
                Some(path) if base.labels_sha256.is_none() => path,
                _ => return Ok(()),
            }
        }
    };
    let LabelsFile { path, sha256, .. } = data::labels_file(Path::new(path))?;
    (config.labels, config.labels_sha256) = (Some(path), sha256);
    Ok(())
}
