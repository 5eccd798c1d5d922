//! Fuzz targets of lepton-gpu, with a bound on memory. See `README.md`.

pub mod bounded;
pub mod targets;

/// Runs a target on an input, within its bound.
///
/// # Panics
/// If there is none of this name.
pub fn run(name: &str, bytes: &[u8]) {
    let found = targets::TARGETS.iter().find(|target| target.name == name);
    let target = found.unwrap_or_else(|| panic!("no target `{name}`"));
    bounded::within(target.most_bytes + targets::MOST_OF_A_BYTE * bytes.len(), || (target.run)(bytes));
}
