//! Rows of ops that move values: resizing, padding, reshaping, joining, looking up.

use lepton_kernels::pixel_shuffle::PixelShuffle;
use lepton_kernels::upsample::{Interpolation, Upsample};
use lepton_kernels::zero_pad::ZeroPad;

use super::site::{Site, TO_CHANNELS_FIRST, TO_CHANNELS_LAST, Weight};
use super::windows::{gathers, products, size};
use super::writer::{int, ints, text};
use crate::onnx::resampling;

/// `upsample`: `Resize` by whole factors; otherwise picked pixels or products, since `Resize` rounds places as f32.
pub fn upsample(site: &mut Site) -> String {
    let Upsample { output, interpolation } = site.op::<Upsample>().clone();
    let from = size(&site.shapes[0]);
    let whole = (0..2).all(|axis| output[axis].is_multiple_of(from[axis]));
    let (mode, places) = match interpolation {
        Interpolation::Nearest => ("nearest", "asymmetric"),
        Interpolation::Bilinear => ("linear", "half_pixel"),
        Interpolation::BilinearAligned => ("linear", "align_corners"),
    };
    if whole {
        let scales = [1.0, 1.0, (output[0] / from[0]) as f32, (output[1] / from[1]) as f32];
        let scales = site.constant("scales", &[4], &scales);
        let mut attributes = vec![text("mode", mode), text("coordinate_transformation_mode", places)];
        if interpolation == Interpolation::Nearest {
            attributes.push(text("nearest_mode", "floor"));
        }
        let x = site.inputs[0].clone();
        return site.node("Resize", &[&x, "", &scales], attributes);
    }
    match interpolation {
        Interpolation::Nearest => gathers(site, &[0, 1].map(|axis| resampling::nearest(from[axis], output[axis]))),
        _ => {
            let aligned = interpolation == Interpolation::BilinearAligned;
            products(site, [0, 1].map(|axis| resampling::linear(from[axis], output[axis], aligned)))
        }
    }
}

/// `zero_pad`: negative numbers cut off, in ONNX as here.
pub fn zero_pad(site: &mut Site) -> String {
    let ZeroPad { before: [top, left, first], after: [bottom, right, last] } = site.op::<ZeroPad>().clone();
    let pads = site.writer.numbers(&format!("{}.pads", site.layer), &[0, first, top, left, 0, last, bottom, right]);
    let x = site.inputs[0].clone();
    site.node("Pad", &[&x, &pads], vec![text("mode", "constant")])
}

/// `pixel_shuffle` and its inverse, whose order of channels is PyTorch's and not that of `SpaceToDepth`.
pub fn pixel_shuffle(site: &mut Site) -> String {
    let PixelShuffle { factor, inverse } = *site.op::<PixelShuffle>();
    if !inverse {
        return site.unary("DepthToSpace", vec![int("blocksize", factor as i64), text("mode", "CRD")]);
    }
    let [h, w] = size(&site.output);
    let [r, h, w, c] = [factor, h, w, site.channels(0)].map(|size| size as i64);
    let x = site.inputs[0].clone();
    let blocks = site.reshape(&x, &[0, c, h, r, w, r]);
    let turned = site.node("Transpose", &[&blocks], vec![ints("perm", &[0, 1, 3, 5, 2, 4])]);
    site.reshape(&turned, &[0, c * r * r, h, w])
}

/// Input 0 with channels last, as rows of a reshape lie here.
fn rows(site: &mut Site) -> String {
    let x = site.inputs[0].clone();
    if site.is_images(0) { site.transpose(&x, TO_CHANNELS_LAST) } else { x }
}

/// `reshape`: of channels last, as here.
pub fn reshape(site: &mut Site) -> String {
    let x = rows(site);
    let sizes: Vec<i64> = site.output.sizes().iter().map(|&size| size as i64).collect();
    let sizes: Vec<i64> = [0].into_iter().chain(sizes[1..].iter().copied()).collect();
    let y = site.reshape(&x, &sizes);
    if sizes.len() == 4 { site.transpose(&y, TO_CHANNELS_FIRST) } else { y }
}

/// `flatten`: of channels last, as the weights after it expect; of one pixel the order is the same.
pub fn flatten(site: &mut Site) -> String {
    let one_pixel = site.is_images(0) && size(&site.shapes[0]) == [1, 1];
    let x = if one_pixel { site.inputs[0].clone() } else { rows(site) };
    site.node("Flatten", &[&x], vec![int("axis", 1)])
}

/// `concat`: along channels.
pub fn concat(site: &mut Site) -> String {
    let inputs = site.inputs.clone();
    let axis = int("axis", site.channel_axis(0));
    site.node("Concat", &inputs.iter().map(String::as_str).collect::<Vec<_>>(), vec![axis])
}

/// `embedding`: tokens `[n, length]` to `[n, features, 1, length]`; the row of padding is zeros, as it is here whatever it holds.
pub fn embedding(site: &mut Site) -> String {
    let Weight { name, sizes, values } = site.weights[0].clone();
    let mut table = values.to_vec();
    table[..sizes[1]].fill(0.0);
    let table = site.writer.weight(name, sizes, &table);
    let tokens = site.inputs[0].clone();
    let found = site.node("Gather", &[&table, &tokens], vec![int("axis", 0)]);
    let axes = site.writer.numbers(&format!("{}.axes", site.layer), &[1]);
    let image = site.node("Unsqueeze", &[&found, &axes], Vec::new());
    site.transpose(&image, TO_CHANNELS_FIRST)
}
