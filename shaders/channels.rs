//! Runs of channels: kernels whose threads handle several channels of a pixel at once.

use crate::source;

/// How many channels one thread handles where a pixel has so many, and the shared text that says so in WGSL.
pub(crate) fn lanes(channels: usize) -> (usize, &'static str) {
    if channels.is_multiple_of(4) { (4, source::LANES4) } else { (1, source::LANES1) }
}
