//! Max pooling in f64: the definition.

use super::MaxPool2d;
use crate::Array;

/// The winning input position and value of every window, in output order.
fn winners(op: &MaxPool2d, x: &Array) -> Vec<(usize, f64)> {
    let (placed, output) = op.place(&x.shape).expect("shapes were checked");
    let [n, oh, ow, c] = output.nhwc().expect("images");
    let mut all = Vec::with_capacity(output.count());
    for (i, oy, ox, ch) in (0..n * oh * ow * c).map(|o| (o / (oh * ow * c), o / (ow * c) % oh, o / c % ow, o % c)) {
        let mut best: Option<(usize, f64)> = None;
        for ky in 0..placed.kernel[0] {
            for kx in 0..placed.kernel[1] {
                let (Some(iy), Some(ix)) = (placed.source(0, oy, ky), placed.source(1, ox, kx)) else { continue };
                let position = x.at4(i, iy, ix, ch);
                if best.is_none_or(|(_, value)| x.data[position] > value) {
                    best = Some((position, x.data[position]));
                }
            }
        }
        all.push(best.expect("no window lies wholly in the padding"));
    }
    all
}

pub(super) fn forward(op: &MaxPool2d, x: &Array) -> Array {
    let (_, output) = op.place(&x.shape).expect("shapes were checked");
    let values = winners(op, x).into_iter().map(|(_, value)| if op.relu { value.max(0.0) } else { value });
    Array::new(output, values.collect())
}

pub(super) fn backward(op: &MaxPool2d, x: &Array, dy: &Array) -> Array {
    let mut dx = Array::zeros(x.shape.clone());
    for ((position, value), dy) in winners(op, x).into_iter().zip(&dy.data) {
        if !op.relu || value > 0.0 {
            dx.data[position] += dy;
        }
    }
    dx
}
