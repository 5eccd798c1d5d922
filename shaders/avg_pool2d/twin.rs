//! Average pooling in f64: the definition.

use super::AvgPool2d;
use crate::Array;

/// Calls `visit(output position, input position, divisor)` for every real pixel under every window.
fn visit(op: &AvgPool2d, x: &Array, mut visit: impl FnMut(usize, usize, f64)) {
    let (placed, output) = op.place(&x.shape).expect("shapes were checked");
    let [n, oh, ow, c] = output.nhwc().expect("images");
    for o in 0..n * oh * ow * c {
        let (i, oy, ox, ch) = (o / (oh * ow * c), o / (ow * c) % oh, o / c % ow, o % c);
        let under: Vec<usize> = (0..placed.kernel[0])
            .flat_map(|ky| (0..placed.kernel[1]).map(move |kx| (ky, kx)))
            .filter_map(|(ky, kx)| Some(x.at4(i, placed.source(0, oy, ky)?, placed.source(1, ox, kx)?, ch)))
            .collect();
        let divisor = if op.count_include_pad { placed.kernel[0] * placed.kernel[1] } else { under.len() };
        for position in under {
            visit(o, position, divisor as f64);
        }
    }
}

pub(super) fn forward(op: &AvgPool2d, x: &Array) -> Array {
    let mut y = Array::zeros(op.place(&x.shape).expect("shapes were checked").1);
    visit(op, x, |o, i, divisor| y.data[o] += x.data[i] / divisor);
    y
}

pub(super) fn backward(op: &AvgPool2d, x: &Array, dy: &Array) -> Array {
    let mut dx = Array::zeros(x.shape.clone());
    visit(op, x, |o, i, divisor| dx.data[i] += dy.data[o] / divisor);
    dx
}
