//! Transposed convolution in f64: the definition. Every pixel of the input scatters its filter.

use super::ConvTranspose2d;
use crate::gemm::{INPUT, WEIGHT};
use crate::{Array, Op, Shape};

/// Calls `visit(y, x, weight)` with the flat positions of every multiply-add.
fn visit(op: &ConvTranspose2d, shapes: &[Shape], mut visit: impl FnMut(usize, usize, usize)) {
    let [n, h, w, c_in] = shapes[0].nhwc().expect("shapes were checked");
    let [kh, kw, per_out, _] = shapes[1].nhwc().expect("shapes were checked");
    let output = op.outputs(shapes).expect("shapes were checked").remove(0);
    let [_, oh, ow, c_out] = output.nhwc().expect("images");
    let (stride, dilation) = (op.window.stride, op.window.dilation);
    let before = op.place([h, w]).expect("shapes were checked").before;
    let per_in = c_in / op.groups;
    for (i, iy, ix) in (0..n * h * w).map(|p| (p / (h * w), p / w % h, p % w)) {
        for (ky, kx) in (0..kh * kw).map(|t| (t / kw, t % kw)) {
            let oy = (iy * stride[0] + ky * dilation[0]).checked_sub(before[0]).filter(|&oy| oy < oh);
            let ox = (ix * stride[1] + kx * dilation[1]).checked_sub(before[1]).filter(|&ox| ox < ow);
            let (Some(oy), Some(ox)) = (oy, ox) else { continue };
            for (ci, co) in (0..c_in * per_out).map(|pair| (pair / per_out, pair % per_out)) {
                visit(
                    ((i * oh + oy) * ow + ox) * c_out + ci / per_in * per_out + co,
                    ((i * h + iy) * w + ix) * c_in + ci,
                    ((ky * kw + kx) * per_out + co) * c_in + ci,
                );
            }
        }
    }
}

fn shapes(inputs: &[Array]) -> Vec<Shape> {
    inputs.iter().map(|a| a.shape.clone()).collect()
}

pub(super) fn forward(op: &ConvTranspose2d, inputs: &[Array]) -> Array {
    let shapes = shapes(inputs);
    let mut y = Array::zeros(op.outputs(&shapes).expect("shapes were checked").remove(0));
    visit(op, &shapes, |o, i, w| y.data[o] += inputs[INPUT].data[i] * inputs[WEIGHT].data[w]);
    if let Some(bias) = inputs.get(2) {
        let channels = bias.data.len();
        y.data.iter_mut().enumerate().for_each(|(o, value)| *value += bias.data[o % channels]);
    }
    y.map(|v| op.relu.forward().apply(v))
}

pub(super) fn backward(op: &ConvTranspose2d, inputs: &[Array], y: &Array, dy: &Array) -> Vec<Array> {
    let dy = dy.zip(y, |d, y| op.relu.backward().passed(y, d));
    let mut gradients: Vec<Array> = inputs.iter().map(|a| Array::zeros(a.shape.clone())).collect();
    let (dx, rest) = gradients.split_at_mut(1);
    visit(op, &shapes(inputs), |o, i, w| {
        dx[0].data[i] += dy.data[o] * inputs[WEIGHT].data[w];
        rest[0].data[w] += dy.data[o] * inputs[INPUT].data[i];
    });
    if let Some(bias) = rest.get_mut(1) {
        let channels = bias.data.len();
        dy.data.iter().enumerate().for_each(|(o, d)| bias.data[o % channels] += d);
    }
    if op.masked {
        gradients[0] = gradients[0].zip(&inputs[INPUT], |d, x| if x > 0.0 { d } else { 0.0 });
    }
    gradients
}
