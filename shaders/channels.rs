//! Runs of channels: kernels whose threads handle several channels of a pixel at once.

use crate::dtype::Precision;
use crate::source;
use crate::target::{Family, Lanes, Target};

/// How many channels one thread handles where a pixel has so many, and the shared text that says so in WGSL.
pub(crate) fn lanes(channels: usize) -> (usize, &'static str) {
    if channels.is_multiple_of(4) { (4, source::LANES4) } else { (1, source::LANES1) }
}

/// The same for kernels that read and write runs through `unpacked` and `packed`, whose loads then suit the target.
pub(crate) fn packed_lanes(channels: usize, target: &Target) -> (usize, &'static str) {
    let wide = matches!(target.family, Family::Lane(Lanes { wide: true, .. })) && target.precision == Precision::F32;
    match lanes(channels) {
        (4, _) if wide => (4, source::LANES4_WIDE),
        other => other,
    }
}
