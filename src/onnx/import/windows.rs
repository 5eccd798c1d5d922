//! Convolutions and pooling.

use super::Reader;
use super::layers::{Addition, called};
use super::node::Node;
use super::value::{Activation, Value};
use crate::model::{NewLayer, layer};
use crate::onnx::array::{Array, Problem, axis};

/// A window as a node describes it, `[height, width]` everywhere; of sequences one pixel high.
struct Window {
    kernel: [usize; 2],
    stride: [usize; 2],
    dilation: [usize; 2],
    /// Before, then after, along both axes.
    pads: [[usize; 2]; 2],
    /// Whether it is as large as "same" makes it, with more at the end.
    same: bool,
}

fn pair(sizes: &[usize]) -> Vec<toml::Value> {
    sizes.iter().map(|&size| toml::Value::Integer(size as i64)).collect()
}

/// The largest kernel, step, padding and result along an axis.
const LARGEST: usize = 1 << 16;

impl Window {
    /// The window of a node on images of this size, with `kernel` where the filters say it.
    fn read(node: &Node, from: [usize; 2], kernel: Option<Vec<usize>>) -> Result<Self, Problem> {
        let axes = match &kernel {
            Some(kernel) => kernel.len(),
            None => node.ints("kernel_shape").map_or(0, |kernel| kernel.len()),
        };
        if !(1..=2).contains(&axes) {
            return Err(format!("a window along {axes} axes; 1 and 2 are read"));
        }
        let listed = node.sizes("kernel_shape", axes, 0)?;
        let kernel = kernel.unwrap_or(listed);
        let two = |list: Vec<usize>, none: usize| if let [one] = list[..] { [none, one] } else { [list[0], list[1]] };
        let pads = node.sizes("pads", 2 * axes, 0)?;
        let kernel = two(kernel, 1);
        let stride = two(node.sizes("strides", axes, 1)?, 1);
        let dilation = two(node.sizes("dilations", axes, 1)?, 1);
        let too_large = |list: &[usize]| list.iter().any(|&size| size > LARGEST);
        if [kernel, stride, dilation].iter().flatten().any(|&size| size == 0)
            || [&kernel[..], &stride, &dilation, &pads].into_iter().any(too_large)
        {
            return Err(format!("kernel {kernel:?}, strides {stride:?}, dilations {dilation:?}, pads {pads:?}"));
        }
        let mut window = Window {
            pads: [two(pads[..axes].to_vec(), 0), two(pads[axes..].to_vec(), 0)],
            kernel,
            stride,
            dilation,
            same: false,
        };
        match node.text("auto_pad").as_str() {
            "" | "NOTSET" => {}
            "VALID" => window.pads = [[0; 2]; 2],
            "SAME_UPPER" => window.same = true,
            "SAME_LOWER" => {
                for (axis, &size) in from.iter().enumerate() {
                    let total = window.same_total(axis, size);
                    window.pads[0][axis] = total.div_ceil(2);
                    window.pads[1][axis] = total / 2;
                }
            }
            other => return Err(format!("auto_pad {other}")),
        }
        Ok(window)
    }

    fn reach(&self, axis: usize) -> usize {
        self.dilation[axis] * (self.kernel[axis] - 1) + 1
    }

    fn same_total(&self, axis: usize, from: usize) -> usize {
        ((from.div_ceil(self.stride[axis]).max(1) - 1) * self.stride[axis] + self.reach(axis)).saturating_sub(from)
    }

    /// Sizes of the result; with `ceil`, more padding at the end makes room for a last window that begins on the image.
    fn place(&mut self, from: [usize; 2], ceil: bool) -> Result<[usize; 2], Problem> {
        let mut to = [0; 2];
        for axis in 0..2 {
            if self.same {
                to[axis] = from[axis].div_ceil(self.stride[axis]);
                continue;
            }
            let (before, after) = (self.pads[0][axis], self.pads[1][axis]);
            let room = from[axis] + before + after;
            let left = room.checked_sub(self.reach(axis));
            let left = left.ok_or_else(|| format!("its window is larger than {}x{} pixels", from[0], from[1]))?;
            let stride = self.stride[axis];
            to[axis] = left / stride + 1;
            if ceil && !left.is_multiple_of(stride) && to[axis] * stride < from[axis] + before {
                self.pads[1][axis] += stride - left % stride;
                to[axis] += 1;
            }
        }
        Ok(to)
    }

    fn padding(&self) -> toml::Value {
        let [[top, left], [bottom, right]] = self.pads;
        match self.same {
            true => "same".into(),
            false => toml::Value::Array(pair(&[top, bottom, left, right])),
        }
    }
}

/// The layer number, sizes and original rank of the images that a node reads.
fn images(reader: &mut Reader, node: &Node) -> Result<(usize, [usize; 3], usize), Problem> {
    let x = node.activation(0)?;
    let rank = x.sizes.len();
    let (number, shape) = reader.images(x)?;
    Ok((number, shape, rank))
}

/// What a layer of images gives, with as many axes as the node's input has.
fn output(number: usize, [h, w, c]: [usize; 3], rank: usize) -> Vec<Value> {
    let whole = Activation::channels_first(number, &[h, w, c]);
    let value = if rank == 3 { whole.sized(vec![1, c, w]) } else { whole };
    vec![Value::Activation(value)]
}

/// Filters with four axes, and the kernel's sizes.
fn filters(node: &Node) -> Result<(Array<f32>, Vec<usize>), Problem> {
    let constant = node.constant(1)?;
    let sizes = constant.values.sizes.clone();
    let kernel = sizes.get(2..).unwrap_or_default().to_vec();
    let sizes = match sizes[..] {
        [a, b, length] => vec![a, b, 1, length],
        [_, _, _, _] => sizes,
        _ => return Err(format!("filters {sizes:?}; those of images and sequences are read")),
    };
    Ok((Array { sizes, data: constant.floats() }, kernel))
}

fn groups(node: &Node) -> Result<usize, Problem> {
    usize::try_from(node.int("group", 1)).ok().filter(|&groups| groups > 0).ok_or_else(|| "group is below 1".into())
}

/// The bias of `outputs` channels, if there is one.
fn bias(node: &Node, outputs: usize) -> Result<Option<Array<f32>>, Problem> {
    if !node.has(2) {
        return Ok(None);
    }
    let bias = node.constant(2)?;
    let fits = bias.values.data.len() == outputs;
    fits.then(|| Some(Array::list(bias.floats())))
        .ok_or_else(|| format!("a bias for {outputs} filters has other sizes"))
}

fn filtered(
    reader: &mut Reader,
    node: &Node,
    kind: &'static str,
    new: NewLayer,
    (from, shape): (usize, [usize; 3]),
    weight: Array<f32>,
) -> Result<usize, Problem> {
    let bias = bias(node, shape[2])?;
    let new = new.with("bias", bias.is_some());
    let mut parameters = vec![("weight", weight)];
    parameters.extend(bias.map(|bias| ("bias", bias)));
    let called = called(node.input_name(1));
    Ok(reader.layers.add(Addition { layer: new, kind, called, shape: shape.to_vec(), parameters }, &[from]))
}

/// `Conv`.
pub fn conv(reader: &mut Reader, node: &Node) -> Result<Vec<Value>, Problem> {
    let (from, [h, w, c], rank) = images(reader, node)?;
    let (filters, kernel) = filters(node)?;
    let groups = groups(node)?;
    let (outputs, per_group) = (filters.sizes[0], filters.sizes[1]);
    if per_group.checked_mul(groups) != Some(c) || outputs == 0 || !outputs.is_multiple_of(groups) {
        return Err(format!("filters {:?} in {groups} groups do not fit {c} channels", filters.sizes));
    }
    let mut window = Window::read(node, [h, w], Some(kernel))?;
    let to = window.place([h, w], false)?;
    let new = layer("conv2d")
        .with("filters", outputs as i64)
        .with("kernel", pair(&window.kernel))
        .with("stride", pair(&window.stride))
        .with("padding", window.padding())
        .with("dilation", pair(&window.dilation))
        .with("groups", groups as i64);
    let shape = [to[0], to[1], outputs];
    let number = filtered(reader, node, "conv2d", new, (from, shape), filters.transposed(&[2, 3, 1, 0]))?;
    Ok(output(number, shape, rank))
}

/// `ConvTranspose`.
pub fn conv_transpose(reader: &mut Reader, node: &Node) -> Result<Vec<Value>, Problem> {
    let (from, [h, w, c], rank) = images(reader, node)?;
    let (filters, kernel) = filters(node)?;
    let groups = groups(node)?;
    let axes = kernel.len();
    let outputs = filters.sizes[1].checked_mul(groups).filter(|&outputs| outputs > 0 && outputs < 1 << 24);
    let outputs = outputs.filter(|_| filters.sizes[0] == c && c % groups == 0);
    let outputs = outputs.ok_or_else(|| format!("filters {:?} in {groups} groups for {c} channels", filters.sizes))?;
    if node.ints("output_shape").is_some() {
        return Err("output_shape is not read".into());
    }
    let window = Window::read(node, [h, w], Some(kernel))?;
    let more = node.sizes("output_padding", axes, 0)?;
    if more.iter().any(|&size| size > LARGEST) {
        return Err(format!("output_padding {more:?}"));
    }
    let more = if let [one] = more[..] { [0, one] } else { [more[0], more[1]] };
    let mut to = [0; 2];
    for axis in 0..2 {
        let full = ([h, w][axis] - 1) * window.stride[axis] + window.reach(axis) + more[axis];
        let cut = window.pads[0][axis] + window.pads[1][axis];
        to[axis] = if window.same { [h, w][axis] * window.stride[axis] } else { full.saturating_sub(cut) };
        if to[axis] == 0 || to[axis] > LARGEST {
            return Err(format!("a result of {} pixels", to[axis]));
        }
    }
    let mut new = layer("conv_transpose2d")
        .with("filters", outputs as i64)
        .with("kernel", pair(&window.kernel))
        .with("stride", pair(&window.stride))
        .with("padding", window.padding())
        .with("dilation", pair(&window.dilation))
        .with("groups", groups as i64);
    if more != [0, 0] {
        new = new.with("output_padding", pair(&more));
    }
    let shape = [to[0], to[1], outputs];
    let number = filtered(reader, node, "conv_transpose2d", new, (from, shape), filters.transposed(&[2, 3, 1, 0]))?;
    Ok(output(number, shape, rank))
}

/// `MaxPool`.
pub fn max_pool(reader: &mut Reader, node: &Node) -> Result<Vec<Value>, Problem> {
    let x = node.activation(0)?;
    if let Some(bins) = super::products::adaptive_max(reader, node, &x)? {
        return Ok(bins);
    }
    let (from, [h, w, c], rank) = images(reader, node)?;
    let mut window = Window::read(node, [h, w], None)?;
    let to = window.place([h, w], node.int("ceil_mode", 0) != 0)?;
    if window.dilation != [1, 1] {
        return Err(format!("dilations {:?}; max_pool2d has none", window.dilation));
    }
    pooled(reader, "max_pool2d", layer("max_pool2d"), &window, (from, [to[0], to[1], c]), rank)
}

fn pooled(
    reader: &mut Reader,
    kind: &'static str,
    new: NewLayer,
    window: &Window,
    (from, shape): (usize, [usize; 3]),
    rank: usize,
) -> Result<Vec<Value>, Problem> {
    let new =
        new.with("pool", pair(&window.kernel)).with("stride", pair(&window.stride)).with("padding", window.padding());
    let number = reader.layers.plain(kind, new, shape.to_vec(), &[from]);
    Ok(output(number, shape, rank))
}

/// `AveragePool`.
pub fn average_pool(reader: &mut Reader, node: &Node) -> Result<Vec<Value>, Problem> {
    let (from, [h, w, c], rank) = images(reader, node)?;
    let mut window = Window::read(node, [h, w], None)?;
    let before = window.pads;
    let to = window.place([h, w], node.int("ceil_mode", 0) != 0)?;
    let include = node.int("count_include_pad", 0) != 0;
    if window.dilation != [1, 1] {
        return Err(format!("dilations {:?}; avg_pool2d has none", window.dilation));
    }
    if include && window.pads != before {
        return Err(
            "ceil_mode with count_include_pad divides the last windows by another number than avg_pool2d".into()
        );
    }
    let new = layer("avg_pool2d").with("count_include_pad", include);
    pooled(reader, "avg_pool2d", new, &window, (from, [to[0], to[1], c]), rank)
}

/// The layer of a mean or maximum over whole images.
fn over_images(reader: &mut Reader, mean: bool, from: usize, channels: usize) -> usize {
    let kind = if mean { "global_avg_pool" } else { "global_max_pool" };
    reader.layers.plain(kind, layer(kind), vec![channels], &[from])
}

/// `GlobalAveragePool` and `GlobalMaxPool`.
pub fn global_pool(reader: &mut Reader, node: &Node) -> Result<Vec<Value>, Problem> {
    let (from, [_, _, c], rank) = images(reader, node)?;
    let number = over_images(reader, node.proto.op_type == "GlobalAveragePool", from, c);
    let sizes = [vec![1, c], vec![1; rank - 2]].concat();
    Ok(vec![Value::Activation(Activation::channels_first(number, &[c]).sized(sizes))])
}

/// `ReduceMean` and `ReduceMax` over height and width.
pub fn reduce(reader: &mut Reader, node: &Node) -> Result<Vec<Value>, Problem> {
    let x = node.activation(0)?;
    let rank = x.sizes.len();
    let axes = node.listed("axes", 1)?.unwrap_or_default();
    let axes: Vec<usize> = axes.iter().map(|&a| axis(a, rank)).collect::<Result<_, _>>()?;
    let channel: Vec<usize> = (1..rank).filter(|axis| !axes.contains(axis)).collect();
    let (&[channel], true, false) = (&channel[..], axes.len() + 2 == rank, axes.contains(&0)) else {
        return Err(format!("axes {axes:?} of {rank}; only height and width are reduced, of images or sequences"));
    };
    let sizes = x.sizes.clone();
    let (x, roles) = match axes[..] {
        [a, b] => (x, [a.min(b), a.max(b), channel]),
        [a] => (x.sized([sizes.clone(), vec![1]].concat()), [3, a, channel]),
        _ => return Err(format!("{} axes", axes.len())),
    };
    let from = reader.realise(x, &roles)?;
    let c = sizes[channel];
    let number = over_images(reader, node.proto.op_type == "ReduceMean", from, c);
    let kept: Vec<usize> = (0..rank).map(|axis| if axes.contains(&axis) { 1 } else { sizes[axis] }).collect();
    let sizes = if node.int("keepdims", 1) != 0 { kept } else { vec![1, c] };
    Ok(vec![Value::Activation(Activation::channels_first(number, &[c]).sized(sizes))])
}
