//! Images as matrices of pixels, and as kernels see them whose size changes (`common/images.wgsl`).

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

/// What a norm sees of images or features: rows, pixels of an image and channels of `[n, h, w, c]` or `[n, c]`.
pub(crate) fn rows(x: &Shape) -> Result<[usize; 3], ShapeError> {
    match *x.sizes() {
        [n, c] => Ok([n, 1, c]),
        [n, h, w, c] => Ok([n * h * w, h * w, c]),
        _ => Err(ShapeError::new(format!("it normalises [n, h, w, c] or [n, features], but its input is {x}"))
            .hint("put it after a conv2d or linear layer")),
    }
}
