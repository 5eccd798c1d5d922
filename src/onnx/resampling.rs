//! Images at another size as products with matrices and as picked pixels: written where ONNX's own ops would round places
//! differently, and recognised when a file is read.

use super::array::Array;

/// The matrix `[to, from]` of adaptive average pooling along an axis: bin `i` reaches from `⌊i · from / to⌋` to
/// `⌈(i + 1) · from / to⌉`.
pub fn means(from: usize, to: usize) -> Array<f32> {
    let mut data = vec![0.0; to * from];
    for i in 0..to {
        let bin = bin(i, from, to);
        let share = 1.0 / bin.len() as f32;
        bin.for_each(|place| data[i * from + place] = share);
    }
    Array { sizes: vec![to, from], data }
}

fn bin(i: usize, from: usize, to: usize) -> std::ops::Range<usize> {
    i * from / to..((i + 1) * from).div_ceil(to)
}

/// The places of all bins of adaptive pooling, each as long as the longest: the last place of a shorter one comes again.
pub fn padded_bins(from: usize, to: usize) -> Vec<usize> {
    let longest = (0..to).map(|i| bin(i, from, to).len()).max().unwrap_or(0);
    (0..to)
        .flat_map(|i| (0..longest).map(move |k| (bin(i, from, to).start + k).min(bin(i, from, to).end - 1)))
        .collect()
}

/// The place that each of `to` pixels shows of `from`, as `upsample` with the nearest pixel has it.
pub fn nearest(from: usize, to: usize) -> Vec<usize> {
    (0..to).map(|i| i * from / to).collect()
}

/// The matrix `[to, from]` of linear interpolation along an axis, with corners aligned or with the centres of pixels half a
/// pixel from the borders.
pub fn linear(from: usize, to: usize, align_corners: bool) -> Array<f32> {
    let mut data = vec![0.0; to * from];
    for i in 0..to {
        let place = match (align_corners, to) {
            (true, 1) => 0.0,
            (true, _) => (i * (from - 1)) as f64 / (to - 1) as f64,
            (false, _) => ((i as f64 + 0.5) * from as f64 / to as f64 - 0.5).max(0.0),
        };
        let below = (place as usize).min(from - 1);
        let above = (below + 1).min(from - 1);
        let share = place - below as f64;
        data[i * from + below] += (1.0 - share) as f32;
        data[i * from + above] += share as f32;
    }
    Array { sizes: vec![to, from], data }
}
