//! Reads a result that was kept, which may be somebody else's.

use std::io;
use std::path::Path;

use serde_json::Value;

use crate::bench::BenchResult;
use crate::platform::files;
use crate::report::{make_plain, plain};

const AGAIN: &str = "try: a file from `lepton-gpu bench --json FILE`";

/// Why a file is no result of a benchmark.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The system does not give it.
    #[error("{path}: {source}\n  {AGAIN}")]
    Io {
        /// Path of the file.
        path: String,
        /// What the system says.
        source: io::Error,
    },
    /// Not JSON, or cut off.
    #[error("{path} is not JSON: {source}\n  {AGAIN}")]
    NotJson {
        /// Path of the file.
        path: String,
        /// What the parser says, with line and column.
        source: serde_json::Error,
    },
    /// JSON of something else.
    #[error("{path} is JSON, but not of a benchmark: it has no {missing}\n  {AGAIN}")]
    Foreign {
        /// Path of the file.
        path: String,
        /// What every benchmark has.
        missing: String,
    },
    /// Written by a program with another format.
    #[error("{path} has format {found}, this program reads format {}{way_out}", BenchResult::FORMAT)]
    Format {
        /// Path of the file.
        path: String,
        /// The number in the file.
        found: u64,
        /// What to do about it.
        way_out: String,
    },
    /// The right format, but something is missing or of the wrong kind.
    #[error("{path} is damaged: {source}\n  try: measure again with `lepton-gpu bench --json FILE`")]
    Damaged {
        /// Path of the file.
        path: String,
        /// What the parser says, with line and column.
        source: serde_json::Error,
    },
}

impl crate::hint::Hints for ReadError {}

/// The result that is kept in `file`. Its texts are made fit for a terminal: control characters are replaced.
///
/// # Errors
/// [`ReadError`], with the file's name and a way out.
pub fn read(file: &Path) -> Result<BenchResult, ReadError> {
    let path = plain(&file.display().to_string());
    let text = match files::read(file) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(source) => return Err(ReadError::Io { path, source }),
    };
    let value: Value = match serde_json::from_str(&text) {
        Ok(value) => value,
        Err(source) => return Err(ReadError::NotJson { path, source }),
    };
    // the format comes before its fields: another one may have others
    if let Some(missing) = ["format", "run"].into_iter().find(|k| value.get(k).is_none()) {
        return Err(ReadError::Foreign { path, missing: format!("`{missing}`") });
    }
    match value["format"].as_u64() {
        Some(found) if found != u64::from(BenchResult::FORMAT) => {
            return Err(ReadError::Format { path, found, way_out: way_out(found, &value) });
        }
        Some(_) => {}
        None => return Err(ReadError::Foreign { path, missing: "number in `format`".into() }),
    }
    // from the text, not from the value: this error knows the line
    let result = serde_json::from_str::<BenchResult>(&text).and_then(|result| cleaned(&result));
    result.map_err(|source| ReadError::Damaged { path, source })
}

fn way_out(found: u64, value: &Value) -> String {
    let version = value["run"]["version"].as_str().map_or("another version".into(), plain);
    if found > u64::from(BenchResult::FORMAT) {
        format!("\n  try: lepton-gpu {version}, which wrote it, or a newer one")
    } else {
        format!("\n  try: measure again with this program, or read it with lepton-gpu {version}, which wrote it")
    }
}

/// Every text made [`plain`]: a name in a file must not steer the terminal.
fn cleaned(result: &BenchResult) -> serde_json::Result<BenchResult> {
    let mut value = serde_json::to_value(result)?;
    make_plain(&mut value);
    serde_json::from_value(value)
}
