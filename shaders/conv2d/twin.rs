//! Convolution in f64: the definition, tap by tap.

use super::Conv2d;
use crate::gemm::{INPUT, WEIGHT};
use crate::{Array, Op, Shape};

/// Calls `visit(y, x, weight)` with the flat positions of every multiply-add.
fn visit(op: &Conv2d, shapes: &[Shape], mut visit: impl FnMut(usize, usize, usize)) {
    let conv = op.conv(shapes);
    let [h, w] = conv.placed.input;
    let [oh, ow] = conv.placed.output;
    let [kh, kw, c_group, c_out] = conv.weight();
    let per_group = c_out / conv.groups;
    for n in 0..conv.n {
        for (oy, ox) in (0..oh * ow).map(|o| (o / ow, o % ow)) {
            for (ky, kx) in (0..kh * kw).map(|t| (t / kw, t % kw)) {
                let (Some(iy), Some(ix)) = (conv.placed.source(0, oy, ky), conv.placed.source(1, ox, kx)) else {
                    continue;
                };
                for co in 0..c_out {
                    for ci in 0..c_group {
                        let channel = co / per_group * c_group + ci;
                        visit(
                            ((n * oh + oy) * ow + ox) * c_out + co,
                            ((n * h + iy) * w + ix) * conv.c_in + channel,
                            ((ky * kw + kx) * c_group + ci) * c_out + co,
                        );
                    }
                }
            }
        }
    }
}

fn shapes(inputs: &[Array]) -> Vec<Shape> {
    inputs.iter().map(|a| a.shape.clone()).collect()
}

pub(super) fn forward(op: &Conv2d, inputs: &[Array]) -> Array {
    let shapes = shapes(inputs);
    let mut y = Array::zeros(op.outputs(&shapes).expect("shapes were checked").remove(0));
    visit(op, &shapes, |o, i, w| y.data[o] += inputs[INPUT].data[i] * inputs[WEIGHT].data[w]);
    if let Some(bias) = inputs.get(2) {
        let channels = bias.data.len();
        y.data.iter_mut().enumerate().for_each(|(o, value)| *value += bias.data[o % channels]);
    }
    y.map(|v| op.relu.forward().apply(v))
}

pub(super) fn backward(op: &Conv2d, inputs: &[Array], y: &Array, dy: &Array) -> Vec<Array> {
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
