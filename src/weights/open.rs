//! Weights by what names them: a run's folder, a file, or a model.

use std::path::Path;

use super::builtin::{BUILTIN, builtin};
use super::error::WeightsError;
use super::named::Weights;
use crate::checkpoint::locate;
use crate::platform::files;

/// The weights of a run (its folder: the best epoch's), of a `.safetensors` file, or the built-in ones of a model. A folder or
/// file comes before a model of the same name.
///
/// # Errors
/// [`WeightsError::Unknown`] if there is nothing of that name, and those of [`Weights::from_bytes`].
pub fn open(name: &str) -> Result<Weights, WeightsError> {
    let path = Path::new(name);
    if path.exists() {
        let path = locate(path)?;
        let origin = path.to_string_lossy();
        let bytes =
            files::read(&path).map_err(|source| WeightsError::Unreadable { path: origin.to_string(), source })?;
        return parsed(&bytes, &origin);
    }
    match builtin(name) {
        Some(bytes) => parsed(bytes, name),
        None => {
            let names = BUILTIN.iter().map(|(name, _)| name.to_string()).collect();
            Err(WeightsError::Unknown { name: name.into(), names })
        }
    }
}

fn parsed(bytes: &[u8], origin: &str) -> Result<Weights, WeightsError> {
    Ok(Weights { sha256: files::sha256(bytes), ..Weights::from_bytes(bytes, origin)? })
}
