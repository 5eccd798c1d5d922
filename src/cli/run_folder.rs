//! The folder of a run: whether it is new and can be made, what it begins with, and its checkpoints.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::{CliError, init};
use crate::checkpoint::write_atomically;
use crate::config::LABELS;
use crate::data::file_names::file_name;
use crate::data::{Dataset, labels_bytes};
use crate::platform::files;
use crate::report::EventLog;
use crate::report::run::PREDICTIONS;
use crate::report::watch::LOG;
use crate::train::{TrainError, Trainer};

/// The checkpoint that a run goes on from.
pub const LAST: &str = "last.safetensors";

/// Finds out before anything is read whether a run folder is new and can be made.
pub fn check_new(out: &Path) -> Result<(), CliError> {
    refuse_run(out)?;
    if let Some(file) = ["config.toml", "model.toml"].into_iter().find(|name| out.join(name).exists()) {
        return Err(CliError::Usage(format!(
            "{} contains {file} but no last.safetensors; training would overwrite it\n  try: another --out",
            out.display()
        )));
    }
    check_writable(out)
}

/// Refuses a folder in which a run was saved.
pub fn refuse_run(out: &Path) -> Result<(), CliError> {
    if out.join(LAST).exists() {
        return Err(CliError::Usage(format!(
            "{} already contains a run\n  try: --resume to continue it, or another --out",
            out.display()
        )));
    }
    Ok(())
}

/// Finds out before anything is compiled whether the run folder can be made and written to.
pub fn check_writable(out: &Path) -> Result<(), CliError> {
    let there = out.ancestors().find(|p| p.exists() || p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = if there.as_os_str().is_empty() { Path::new(".") } else { there };
    tempfile::tempfile_in(folder).map(|_| ()).map_err(|source| {
        CliError::Usage(format!(
            "cannot make the run folder {}: {}: {source}\n  try: --out in a folder you may write to",
            out.display(),
            folder.display()
        ))
    })
}

/// `runs/NAME-1`, or the next number that is free.
pub fn next_folder(name: &str) -> PathBuf {
    let name = file_name(name);
    (1..).map(|i| PathBuf::from(format!("runs/{name}-{i}"))).find(|path| !path.exists()).expect("some number is free")
}

/// Makes such a folder: the planned one, or the next that is free where another start has made it meanwhile.
pub fn claimed(planned: &Path) -> Result<PathBuf, CliError> {
    let name = planned.file_name().unwrap_or_default().to_string_lossy();
    let name = name.rsplit_once('-').map_or(&*name, |(name, _)| name);
    let mut folder = planned.to_path_buf();
    if let Some(runs) = folder.parent() {
        std::fs::create_dir_all(runs).map_err(CliError::file(runs))?;
    }
    loop {
        match std::fs::create_dir(&folder) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => folder = next_folder(name),
            made => return made.map(|()| folder.clone()).map_err(CliError::file(&folder)),
        }
    }
}

/// Makes the run folder, or takes it over, and locks its log. The checkpoint comes first: a run that is killed at any moment has
/// left nothing, or what can be resumed.
pub fn prepare(out: &Path, resume: bool, trainer: &Trainer, dataset: &Dataset) -> Result<EventLog, CliError> {
    std::fs::create_dir_all(out).map_err(CliError::file(out))?;
    let log_path = out.join(LOG);
    let log = EventLog::open(&log_path).map_err(CliError::file(&log_path))?;
    if !resume {
        // nobody else can save one from here on
        refuse_run(out)?;
    }
    let log = if resume { log.continued(&log_path) } else { log.cleared() }.map_err(CliError::file(&log_path))?;
    if !resume {
        save(trainer, &[&out.join(LAST)])?;
    }
    // those of other weights soon
    files::discard(&out.join(PREDICTIONS));
    write_atomically(&out.join("config.toml"), trainer.config().to_toml().as_bytes())?;
    write_atomically(&out.join("model.toml"), trainer.model().to_toml().as_bytes())?;
    if let Some(fit) = trainer.origin() {
        init::save(fit, out)?;
    }
    if let Some(labels) = trainer.config().labels_file() {
        write_atomically(&out.join(LABELS), &labels_bytes(&labels)?.1)?;
    }
    if let Some(text) = dataset.texts() {
        write_atomically(&out.join("vocabulary.txt"), text.vocabulary.to_text().as_bytes())?;
    }
    Ok(log)
}

/// Saves a run in these files.
pub fn save(trainer: &Trainer, paths: &[&Path]) -> Result<(), TrainError> {
    let bytes = trainer.checkpoint()?.into_bytes();
    for path in paths {
        write_atomically(path, &bytes)?;
    }
    Ok(())
}
