//! The folder of a run before it begins: whether it is new, and can be made.

use std::ffi::OsStr;
use std::path::Path;

use super::CliError;
use crate::platform::files;
use crate::report::aside;

/// Finds out before anything is read whether a run folder is new and can be made.
pub fn check_new(out: &Path) -> Result<(), CliError> {
    if out.join("last.safetensors").exists() {
        return Err(CliError::Usage(format!(
            "{} already contains a run\n  try: --resume to continue it, or another --out",
            out.display()
        )));
    }
    if was_never_saved(out) {
        aside!("note: the run in {} ended before it was saved; it starts anew", out.display());
        return check_writable(out);
    }
    if let Some(file) = ["config.toml", "model.toml"].into_iter().find(|name| out.join(name).exists()) {
        return Err(CliError::Usage(format!(
            "{} contains {file} but no last.safetensors; training would overwrite it\n  try: another --out",
            out.display()
        )));
    }
    check_writable(out)
}

/// Whether a folder holds nothing but what older versions wrote before a run's first checkpoint: one that was killed by then.
fn was_never_saved(out: &Path) -> bool {
    const WRITTEN: [&str; 4] = ["config.toml", "model.toml", "events.jsonl", "curve.png"];
    let names: Vec<_> =
        files::entries(out).iter().filter_map(|path| path.file_name().map(OsStr::to_os_string)).collect();
    let has = |wanted: &str| names.iter().any(|name| name == wanted);
    has("config.toml") && has("events.jsonl") && names.iter().all(|name| WRITTEN.iter().any(|own| name == own))
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
