//! Kernels over images whose size changes: the constants of `common/images.wgsl`.

use crate::dispatch::Constant;
use crate::{Shape, ShapeError, channels, source};

/// Channels that one thread handles, and the texts that say so.
pub(crate) fn lanes(channels: usize) -> (usize, [&'static str; 2]) {
    let (lanes, text) = channels::lanes(channels);
    (lanes, [text, source::IMAGES])
}

/// Sizes of the images before and after.
///
/// # Panics
/// If these are no images.
pub(crate) fn constants(before: &Shape, after: [usize; 2]) -> Vec<(&'static str, Constant)> {
    let [_, h, w, c] = before.nhwc().expect("shapes were checked");
    let values = [("H", h), ("W", w), ("C", c), ("OH", after[0]), ("OW", after[1])];
    values.into_iter().map(|(name, value)| (name, Constant::from(value))).collect()
}

/// Checks that positions along an axis of `before` pixels, scaled to `after`, can be counted in 32 bits.
///
/// # Errors
/// With both numbers; also if one of them is 0.
pub(crate) fn check_scaling(before: usize, after: usize) -> Result<(), ShapeError> {
    if before == 0 || after == 0 {
        return Err(
            ShapeError::new(format!("it makes {after} pixels of {before} along an axis")).hint("sizes of at least 1")
        );
    }
    let most = u64::from(u32::MAX);
    // the largest number that a kernel counts to: (2 i + 3) pixels of the other size
    let counted = (2 * before as u64 + 3).checked_mul(2 * after as u64 + 3);
    match counted {
        Some(counted) if counted <= most => Ok(()),
        _ => Err(ShapeError::new(format!("it makes {after} pixels of {before} along an axis, more than it can count"))
            .hint("a smaller size, or smaller images")),
    }
}
