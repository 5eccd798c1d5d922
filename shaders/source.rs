//! Puts shared WGSL before a kernel's own text.

/// Finds a thread's element; folds grids larger than one axis allows.
pub const INDEX: &str = include_str!("common/index.wgsl");
/// What changes from step to step.
pub const STEP: &str = include_str!("common/step.wgsl");
/// Counter-based random numbers and permutations.
pub const RANDOM: &str = include_str!("common/random.wgsl");

/// The text of an elementwise kernel: index arithmetic, what it includes, then its own source.
pub fn with_index(own: &str, per_step: bool, includes: &[&str]) -> String {
    let mut parts = vec![INDEX];
    if per_step {
        parts.push(STEP);
    }
    parts.extend_from_slice(includes);
    parts.push(own);
    parts.join("\n")
}
