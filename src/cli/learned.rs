//! Which of other data a run has learned: what is measured on these is too good.

use std::collections::HashSet;

use sha2::{Digest, Sha256};

use super::{CliError, pictures};
use crate::checkpoint::{Checkpoint, DatasetFingerprint};
use crate::data::{Dataset, LoadOptions, SourceError, Split};
use crate::report::percent;
use crate::train::{check_unchanged, learned};

/// Examples that are evaluated, and what is known of whether the run has learned them.
pub enum Learned {
    /// So many of them, by what the model sees of them.
    Some(usize),
    /// What it learned is no longer there, or has changed.
    Unknown,
    /// It has learned nothing here: its weights were imported.
    Nothing,
}

impl Learned {
    /// Compares examples of the data that `spec` names with what a run has learned, wherever these are now.
    pub fn of(checkpoint: &Checkpoint, spec: &str, split: &Split) -> Result<Self, CliError> {
        let meta = &checkpoint.meta;
        if meta.data == DatasetFingerprint::NONE {
            return Ok(Learned::Nothing);
        }
        // they may have been moved there
        let found = [meta.config.data.as_deref(), Some(spec)].into_iter().find_map(|spec| own(checkpoint, spec));
        let Some(own) = found else { return Ok(Learned::Unknown) };
        let learned = digests(&learned(&own, &meta.config)?)?;
        let own: HashSet<_> = learned.into_iter().collect();
        Ok(Learned::Some(digests(split)?.iter().filter(|digest| own.contains(*digest)).count()))
    }

    /// How many of them were learned, where that is known.
    pub fn count(&self) -> Option<usize> {
        match self {
            Learned::Some(count) => Some(*count),
            Learned::Unknown | Learned::Nothing => None,
        }
    }

    /// What people should know about it. `all` are evaluated, which are called `what`.
    pub fn line(&self, all: usize, what: &str) -> Option<String> {
        match self {
            Learned::Some(0) | Learned::Nothing => None,
            Learned::Some(count) => {
                let share = percent(*count as f64 / all as f64);
                Some(format!("{count} of {all} {what} were learned ({share}): the measure is too good"))
            }
            Learned::Unknown => Some(format!(
                "the run's own data are no longer as they were, so {what} that were learned are not noticed"
            )),
        }
    }
}

/// The data that a run began with, if they are there.
fn own(checkpoint: &Checkpoint, spec: Option<&str>) -> Option<Dataset> {
    let meta = &checkpoint.meta;
    let options = LoadOptions::of_checkpoint(meta).ok()?;
    let data = pictures::shuffled(pictures::load(spec, &options).ok()?, &meta.config).ok()?;
    check_unchanged(&data, &meta.config, &meta.data).ok().map(|()| data)
}

/// What tells examples apart as the model sees them.
fn digests(split: &Split) -> Result<Vec<[u8; 32]>, SourceError> {
    let mut all = Vec::with_capacity(split.len());
    split.in_pieces(|bytes| {
        all.extend(bytes.chunks_exact(split.example_bytes()).map(|example| <[u8; 32]>::from(Sha256::digest(example))));
        Ok::<_, SourceError>(())
    })?;
    Ok(all)
}
