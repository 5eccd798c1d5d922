//! Rows of ops with windows: convolutions and pooling.

use lepton_kernels::adaptive_avg_pool2d::AdaptiveAvgPool2d;
use lepton_kernels::adaptive_max_pool2d::AdaptiveMaxPool2d;
use lepton_kernels::avg_pool2d::AvgPool2d;
use lepton_kernels::conv_transpose2d::ConvTranspose2d;
use lepton_kernels::conv2d::Conv2d;
use lepton_kernels::max_pool2d::MaxPool2d;
use lepton_kernels::{Shape, Window};

use super::site::Site;
use super::writer::{int, ints};
use crate::onnx::proto::Attribute;
use crate::onnx::resampling;

/// Height and width of images.
pub fn size(shape: &Shape) -> [usize; 2] {
    let [_, h, w, _] = shape.nhwc().expect("shapes were checked");
    [h, w]
}

/// `kernel_shape`, `strides` and `pads`, with `dilations` where there are any.
fn window_of(window: &Window, from: [usize; 2]) -> Vec<Attribute> {
    let placed = window.place(from).expect("shapes were checked");
    let end = |axis: usize| {
        let reach = window.dilation[axis] * (window.kernel[axis] - 1) + 1;
        let room = (placed.output[axis] - 1) * window.stride[axis] + reach;
        room.saturating_sub(from[axis] + placed.before[axis])
    };
    let [top, left] = placed.before;
    let mut attributes = vec![
        ints("kernel_shape", &window.kernel),
        ints("strides", &window.stride),
        ints("pads", &[top, left, end(0), end(1)]),
    ];
    if window.dilation != [1, 1] {
        attributes.push(ints("dilations", &window.dilation));
    }
    attributes
}

/// Adds bias, the weight after the filters, if there is one.
fn with_bias(site: &mut Site, op: &str, filters: &str, attributes: Vec<Attribute>) -> String {
    let bias = (site.weights.len() > 1).then(|| site.weight(1, &[0]));
    let x = site.inputs[0].clone();
    let inputs: Vec<&str> = [x.as_str(), filters].into_iter().chain(bias.as_deref()).collect();
    site.node(op, &inputs, attributes)
}

/// `conv2d`: filters become `[c_out, c_in / groups, kh, kw]`.
pub fn conv2d(site: &mut Site) -> String {
    let Conv2d { window, groups, .. } = site.op::<Conv2d>().clone();
    let mut attributes = window_of(&window, size(&site.shapes[0]));
    attributes.push(int("group", groups as i64));
    let filters = site.weight(0, &[3, 2, 0, 1]);
    with_bias(site, "Conv", &filters, attributes)
}

/// `conv_transpose2d`: filters become `[c_in, c_out / groups, kh, kw]`.
pub fn conv_transpose2d(site: &mut Site) -> String {
    let op = site.op::<ConvTranspose2d>().clone();
    let (from, to) = (size(&site.shapes[0]), size(&site.output));
    let placed = op.place(from).expect("shapes were checked");
    let Window { kernel, stride, dilation, .. } = op.window;
    // of what the filters reach, so much is cut off at the end, or added
    let full = |axis: usize| (from[axis] - 1) * stride[axis] + dilation[axis] * (kernel[axis] - 1) + 1;
    let end = |axis: usize| full(axis).saturating_sub(placed.before[axis] + to[axis]);
    let more = |axis: usize| (placed.before[axis] + to[axis]).saturating_sub(full(axis));
    let attributes = vec![
        ints("kernel_shape", &kernel),
        ints("strides", &stride),
        ints("pads", &[placed.before[0], placed.before[1], end(0), end(1)]),
        ints("output_padding", &[more(0), more(1)]),
        ints("dilations", &dilation),
        int("group", op.groups as i64),
    ];
    let filters = site.weight(0, &[3, 2, 0, 1]);
    with_bias(site, "ConvTranspose", &filters, attributes)
}

/// `max_pool2d`.
pub fn max_pool2d(site: &mut Site) -> String {
    let window = site.op::<MaxPool2d>().window;
    let attributes = window_of(&window, size(&site.shapes[0]));
    site.unary("MaxPool", attributes)
}

/// `avg_pool2d`.
pub fn avg_pool2d(site: &mut Site) -> String {
    let AvgPool2d { window, count_include_pad } = site.op::<AvgPool2d>().clone();
    let mut attributes = window_of(&window, size(&site.shapes[0]));
    attributes.push(int("count_include_pad", count_include_pad.into()));
    site.unary("AveragePool", attributes)
}

/// `global_avg_pool`, to `[n, c]`.
pub fn global_avg_pool(site: &mut Site) -> String {
    let means = site.unary("GlobalAveragePool", Vec::new());
    site.node("Flatten", &[&means], vec![int("axis", 1)])
}

/// `global_max_pool`, to `[n, c]`.
pub fn global_max_pool(site: &mut Site) -> String {
    let maxima = site.unary("GlobalMaxPool", Vec::new());
    site.node("Flatten", &[&maxima], vec![int("axis", 1)])
}

/// The attributes of pooling into as many windows of one size, if they divide the images.
fn even(from: [usize; 2], to: [usize; 2]) -> Option<Vec<Attribute>> {
    let divides = (0..2).all(|axis| from[axis].is_multiple_of(to[axis]));
    let kernel = [from[0] / to[0], from[1] / to[1]];
    divides.then(|| window_of(&Window::new(kernel, kernel), from))
}

/// `adaptive_avg_pool2d`: an average under equal windows, or a product with a matrix of shares along each axis.
pub fn adaptive_avg_pool2d(site: &mut Site) -> String {
    let (from, to) = (size(&site.shapes[0]), site.op::<AdaptiveAvgPool2d>().output);
    match even(from, to) {
        Some(attributes) => site.unary("AveragePool", attributes),
        None => products(site, [0, 1].map(|axis| resampling::means(from[axis], to[axis]))),
    }
}

/// `adaptive_max_pool2d`: a maximum under equal windows; where windows differ, pixels of the smaller ones stand there twice.
pub fn adaptive_max_pool2d(site: &mut Site) -> String {
    let (from, to) = (size(&site.shapes[0]), site.op::<AdaptiveMaxPool2d>().output);
    if let Some(attributes) = even(from, to) {
        return site.unary("MaxPool", attributes);
    }
    let places = [0, 1].map(|axis| resampling::padded_bins(from[axis], to[axis]));
    let window = [0, 1].map(|axis| places[axis].len() / to[axis]);
    let spread = gathers(site, &places);
    let attributes = window_of(&Window::new(window, window), [places[0].len(), places[1].len()]);
    site.node("MaxPool", &[&spread], attributes)
}

/// Rows and columns taken from these places.
pub fn gathers(site: &mut Site, places: &[Vec<usize>; 2]) -> String {
    let mut x = site.inputs[0].clone();
    for (axis, places) in places.iter().enumerate() {
        let places: Vec<i64> = places.iter().map(|&place| place as i64).collect();
        let name = format!("{}.{}", site.layer, ["rows", "columns"][axis]);
        let indices = site.writer.numbers(&name, &places);
        x = site.node("Gather", &[&x, &indices], vec![int("axis", 2 + axis as i64)]);
    }
    x
}

/// Images resampled along rows and columns by matrices `[to, from]`.
pub fn products(site: &mut Site, [rows, columns]: [crate::onnx::array::Array<f32>; 2]) -> String {
    let x = site.inputs[0].clone();
    let across = columns.transposed(&[1, 0]);
    let across = site.constant("columns", &across.sizes, &across.data);
    let x = site.node("MatMul", &[&x, &across], Vec::new());
    let down = site.constant("rows", &rows.sizes, &rows.data);
    site.node("MatMul", &[&down, &x], Vec::new())
}
