//! The phases of a strided convolution's input gradient.
//!
//! With stride s, a pixel of x is under only those taps whose place agrees with it modulo s. Pixels that agree form a phase:
//! a product of its own with as many taps as reach it. Walking phases does no work for the zeros that a dilated dy would
//! hold (Dumoulin and Visin 2016, section 4.5).

use super::Conv;

/// Pixels along one axis that are under the same taps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct AxisPhase {
    /// First pixel of x.
    first: usize,
    /// Pixels, a stride apart.
    count: usize,
    /// Where tap 0 of the first pixel falls in dy.
    origin: i64,
    /// The filter's tap that is tap 0.
    tap: usize,
    /// How many of the kernel's taps meet this phase.
    taps: usize,
}

/// Pixels of x that are under the same taps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Phase {
    pub first: [usize; 2],
    pub count: [usize; 2],
    pub origin: [i64; 2],
    pub tap: [usize; 2],
    pub taps: [usize; 2],
}

/// How far apart taps of one phase are in the filter, and in dy.
pub(super) fn tap_steps(conv: &Conv) -> [[usize; 2]; 2] {
    let (stride, dilation) = (conv.placed.stride, conv.placed.dilation);
    let step = |a: usize| stride[a] / gcd(stride[a], dilation[a]);
    let in_filter = [step(0), step(1)];
    [in_filter, [0, 1].map(|a| in_filter[a] * dilation[a] / stride[a])]
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

fn axis_phases(conv: &Conv, axis: usize) -> Vec<AxisPhase> {
    let placed = &conv.placed;
    let (stride, dilation, before) = (placed.stride[axis], placed.dilation[axis], placed.before[axis]);
    let (length, kernel) = (placed.input[axis], placed.kernel[axis]);
    let [in_filter, _] = tap_steps(conv);
    (0..stride.min(length))
        .map(|first| {
            let residue = (first + before) % stride;
            let tap = (0..kernel).find(|k| k * dilation % stride == residue);
            let taps = tap.map_or(0, |tap| (kernel - tap).div_ceil(in_filter[axis]));
            let tap = tap.unwrap_or(0);
            let reach = (first + before) as i64 - (tap * dilation) as i64;
            let count = (length - first).div_ceil(stride);
            AxisPhase { first, count, origin: reach.div_euclid(stride as i64), tap, taps }
        })
        .collect()
}

/// The phases of a convolution's input gradient, none where it has no stride. Together they hold every pixel once.
pub(super) fn phases(conv: &Conv) -> Vec<Phase> {
    if conv.placed.stride == [1, 1] {
        return Vec::new();
    }
    let columns = axis_phases(conv, 1);
    let rows = axis_phases(conv, 0);
    let both = rows.iter().flat_map(|y| columns.iter().map(move |x| [*y, *x]));
    both.map(|axes| Phase {
        first: axes.map(|a| a.first),
        count: axes.map(|a| a.count),
        origin: axes.map(|a| a.origin),
        tap: axes.map(|a| a.tap),
        // a phase that one axis leaves without taps has none
        taps: if axes.iter().any(|a| a.taps == 0) { [0, 0] } else { axes.map(|a| a.taps) },
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Padding, Shape, Window};

    #[test]
    fn phases_hold_every_pixel_and_every_tap_once() {
        for (stride, dilation) in [([2, 1], [1, 1]), ([3, 2], [1, 3]), ([2, 4], [2, 6])] {
            let padding = Padding::Explicit { top: 2, bottom: 1, left: 0, right: 3 };
            let window = Window { kernel: [3, 4], stride, dilation, padding };
            let (x, weight) = (Shape::new(&[1, 11, 23, 1]), Shape::new(&[3, 4, 1, 1]));
            let conv = Conv::new(&window, 1, &x, &weight).unwrap();
            let [in_filter, in_dy] = tap_steps(&conv);
            let mut pairs = Vec::new();
            let mut pixels = 0;
            for phase in phases(&conv) {
                pixels += phase.count[0] * phase.count[1];
                for (j, i) in (0..phase.count[0]).flat_map(|j| (0..phase.count[1]).map(move |i| (j, i))) {
                    for (ty, tx) in (0..phase.taps[0]).flat_map(|y| (0..phase.taps[1]).map(move |x| (y, x))) {
                        let at = |a: usize, j: usize, t: usize| {
                            let o = phase.origin[a] + j as i64 - (t * in_dy[a]) as i64;
                            let tap = phase.tap[a] + t * in_filter[a];
                            (0..conv.placed.output[a] as i64).contains(&o).then_some((
                                phase.first[a] + j * conv.placed.stride[a],
                                o as usize,
                                tap,
                            ))
                        };
                        if let (Some(y), Some(x)) = (at(0, j, ty), at(1, i, tx)) {
                            assert_eq!(conv.placed.source(0, y.1, y.2), Some(y.0));
                            assert_eq!(conv.placed.source(1, x.1, x.2), Some(x.0));
                            pairs.push((y, x));
                        }
                    }
                }
            }
            assert_eq!(pixels, 11 * 23);
            let valid = |a: usize| {
                let all = (0..conv.placed.output[a]).flat_map(|o| (0..conv.placed.kernel[a]).map(move |k| (o, k)));
                all.filter(|&(o, k)| conv.placed.source(a, o, k).is_some()).count()
            };
            assert_eq!(pairs.len(), valid(0) * valid(1), "stride {stride:?} dilation {dilation:?}");
            pairs.sort_unstable();
            pairs.dedup();
            assert_eq!(pairs.len(), valid(0) * valid(1), "no pair twice");
        }
    }
}
