//! Puts shared WGSL before a kernel's own text.

use crate::dtype::Precision;

/// Finds a thread's element; folds grids larger than one axis allows.
pub const INDEX: &str = include_str!("common/index.wgsl");
/// What changes from step to step.
pub const STEP: &str = include_str!("common/step.wgsl");
/// Counter-based random numbers and permutations.
pub const RANDOM: &str = include_str!("common/random.wgsl");
/// Places in images before and after an op that changes their size.
pub const IMAGES: &str = include_str!("common/images.wgsl");
/// Where a window falls on images.
pub const WINDOW: &str = concat!(include_str!("common/images.wgsl"), "\n", include_str!("common/window.wgsl"));
/// Where a resized image reads.
pub const SCALING: &str = include_str!("common/scaling.wgsl");
/// Which pixels an adaptive pool takes together.
pub const ADAPTIVE: &str = include_str!("common/adaptive.wgsl");
/// One channel a thread.
pub const LANES1: &str = include_str!("common/lanes1.wgsl");
/// Four channels a thread.
pub const LANES4: &str = include_str!("common/lanes4.wgsl");
/// Four channels a thread, two in a load.
pub const LANES4_WIDE: &str = include_str!("common/lanes4_wide.wgsl");
/// Sums of columns: slabs of rows, runs of channels, parts.
pub const COLUMNS: &str = include_str!("common/columns.wgsl");
/// Rows that a thread walks.
pub const ROWS: &str = include_str!("common/rows.wgsl");
/// A scale of each channel.
pub const SCALE: &str = include_str!("common/scale.wgsl");
/// A shift of each channel.
pub const SHIFT: &str = include_str!("common/shift.wgsl");
/// Neither scale nor shift: channels as they are normalised.
pub const NO_AFFINE: &str = include_str!("common/no_affine.wgsl");
/// The gradient of what an op gives.
pub const GRADIENT1: &str = include_str!("common/gradient1.wgsl");
/// That gradient, where two readers give a part each.
pub const GRADIENT2: &str = include_str!("common/gradient2.wgsl");
/// Where the numbers of the loss scale stand.
pub const LOSS_SCALE: &str = include_str!("common/loss_scale.wgsl");
/// How the slabs of a gradient are added where threads are cheap.
pub const SLABS_TOGETHER: &str = include_str!("common/slabs_together.wgsl");
/// How they are added where threads are not.
pub const SLABS_ALONE: &str = include_str!("common/slabs_alone.wgsl");
/// Blocks of parameters with their gradients.
pub const PARAMETERS: &str = include_str!("common/parameters.wgsl");

/// What `Real` is; always the first text of a kernel, since it may hold directives.
pub fn real(precision: Precision) -> &'static str {
    match precision {
        Precision::F32 => include_str!("common/real_f32.wgsl"),
        Precision::F16 => include_str!("common/real_f16.wgsl"),
    }
}

/// What a true gradient is, and whether the step is skipped: in f16 gradients are multiplied by the loss scale, whose binding
/// the kernel names `LOSS_SCALE`.
pub fn gradients(precision: Precision) -> &'static str {
    match precision {
        Precision::F32 => include_str!("common/unscaled.wgsl"),
        Precision::F16 => concat!(include_str!("common/loss_scale.wgsl"), "\n", include_str!("common/scaled.wgsl")),
    }
}

/// How a parameter is stored: in f16 with a copy for products. Bindings as in `common/parameters.wgsl`.
pub fn copies(precision: Precision) -> &'static str {
    match precision {
        Precision::F32 => include_str!("common/master.wgsl"),
        Precision::F16 => include_str!("common/shadow.wgsl"),
    }
}

/// The text of an elementwise kernel: `Real`, index arithmetic, what it includes, then its own source.
pub fn with_index(own: &str, precision: Precision, per_step: bool, includes: &[&str]) -> String {
    let mut parts = vec![real(precision), INDEX];
    if per_step {
        parts.push(STEP);
    }
    parts.extend_from_slice(includes);
    parts.push(own);
    parts.join("\n")
}
