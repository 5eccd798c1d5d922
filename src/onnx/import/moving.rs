//! Joining, padding, resizing, and nodes that change nothing.

use super::Reader;
use super::node::Node;
use super::realise::CHANNELS_FIRST;
use super::value::{Activation, Value, ZERO};
use crate::model::layer;
use crate::onnx::array::{Array, Problem, axis};
use crate::onnx::proto::elem;

/// `Identity`, and `Dropout` outside training.
pub fn same(_: &mut Reader, node: &Node) -> Result<Vec<Value>, Problem> {
    let training = node.has(2) && node.constant(2)?.uniform() != Some(0.0);
    if training { Err("it is in training mode".into()) } else { Ok(vec![node.value(0)?.clone()]) }
}

/// `Cast` between floating point numbers, or of bytes to them.
pub fn cast(_: &mut Reader, node: &Node) -> Result<Vec<Value>, Problem> {
    let to = node.int("to", 0) as i32;
    if [elem::FLOAT, elem::FLOAT16, elem::DOUBLE, elem::BFLOAT16].contains(&to) {
        Ok(vec![node.value(0)?.clone()])
    } else {
        Err(format!("values become elements of type {to}, but layers compute floating point numbers"))
    }
}

/// `Concat` along channels.
pub fn concat(reader: &mut Reader, node: &Node) -> Result<Vec<Value>, Problem> {
    let parts: Vec<Activation> = (0..node.inputs.len()).map(|i| node.activation(i)).collect::<Result<_, _>>()?;
    if let [only] = &parts[..] {
        return Ok(vec![Value::Activation(only.clone())]);
    }
    let rank = parts.first().ok_or("it joins nothing")?.sizes.len();
    let at = axis(node.int("axis", 1), rank)?;
    // the channels are what is joined, whatever they are
    let mut roles: Vec<usize> = (1..rank).filter(|&axis| axis != at).collect();
    roles.push(at);
    if at == 0 || !(2..=4).contains(&rank) {
        return Err(format!("axis {at} of {rank}; only channels are joined"));
    }
    let other = |sizes: &[usize]| sizes.iter().enumerate().filter(|&(axis, _)| axis != at).map(|(_, &s)| s).collect();
    let first: Vec<usize> = other(&parts[0].sizes);
    if parts.iter().any(|part| part.sizes.len() != rank || other(&part.sizes) != first) {
        return Err("its inputs have other sizes beside that axis".into());
    }
    let joined: usize = parts.iter().map(|part| part.sizes[at]).sum();
    let mut sizes = parts[0].sizes.clone();
    sizes[at] = joined;
    if rank == 3 {
        // sequences are images one pixel high
        roles.insert(0, 3);
    }
    let mut numbers = Vec::new();
    for part in parts {
        let mut whole = part.sizes.clone();
        if rank == 3 {
            whole.push(1);
        }
        numbers.push(reader.realise(part.sized(whole), &roles)?);
    }
    let mut shape = reader.layers.get(numbers[0]).shape.clone();
    *shape.last_mut().expect("a layer gives something") = joined;
    let number = reader.layers.plain("concat", layer("concat"), shape.clone(), &numbers);
    let whole = if rank == 3 { 4 } else { rank };
    let of_layer = [&[0], &roles[..]].concat();
    let order: Vec<usize> =
        (0..whole).map(|axis| of_layer.iter().position(|&role| role == axis).expect("every axis has a role")).collect();
    Ok(vec![Value::Activation(Activation::of(number, &shape, &order).sized(sizes))])
}

/// `Pad` with zeros.
pub fn pad(reader: &mut Reader, node: &Node) -> Result<Vec<Value>, Problem> {
    let x = reader.settle(node.activation(0)?)?;
    let mode = node.text("mode");
    let value = if node.has(2) { node.constant(2)?.uniform().unwrap_or(f64::NAN) } else { node.float("value", 0.0) };
    if !(mode.is_empty() || mode == "constant") || value != 0.0 {
        return Err(format!("mode {mode:?} with value {value}; only zeros are added"));
    }
    let pads = node.listed("pads", 1)?.or_else(|| node.ints("paddings")).ok_or("it has no pads")?;
    let rank = x.sizes.len();
    let axes: Vec<usize> = match node.has(3) {
        true => node.constant(3)?.numbers().iter().map(|&a| axis(a, rank)).collect::<Result<_, _>>()?,
        false => (0..rank).collect(),
    };
    if pads.len() != 2 * axes.len() {
        return Err(format!("{} pads for {} axes", pads.len(), axes.len()));
    }
    let mut grid = reader.grid(&x)?;
    for (i, &at) in axes.iter().enumerate() {
        let (before, after) = (pads[i], pads[axes.len() + i]);
        if at == 0 && (before != 0 || after != 0) {
            return Err("it pads the batch".into());
        }
        grid = padded(grid, at, before, after)?;
        reader.spend(grid.data.len())?;
    }
    Ok(vec![Value::Activation(x.rearranged(grid))])
}

/// Zeros before and after along an axis; cut off where negative.
fn padded(grid: Array<i32>, at: usize, before: i64, after: i64) -> Result<Array<i32>, Problem> {
    let size = grid.sizes[at];
    let cut = |pad: i64| pad.min(0).unsigned_abs() as usize;
    let kept = size.checked_sub(cut(before)).and_then(|left| left.checked_sub(cut(after)));
    let kept =
        kept.filter(|&kept| kept > 0).ok_or_else(|| format!("pads {before} and {after} of an axis of {size}"))?;
    let places: Vec<usize> = (cut(before)..cut(before) + kept).collect();
    let middle = grid.taken(at, &places)?;
    let zeros = |pad: i64| -> Result<Array<i32>, Problem> {
        let mut sizes = middle.sizes.clone();
        sizes[at] = pad.max(0) as usize;
        let count = crate::onnx::array::count(&sizes)?;
        Ok(Array { sizes, data: vec![ZERO; count] })
    };
    Array::joined(&[zeros(before)?, middle.clone(), zeros(after)?], at)
}

/// Where a resized pixel reads, in pixels of the image.
fn place(mode: &str, i: usize, from: usize, to: usize, scale: f64) -> Option<f64> {
    let i = i as f64;
    Some(match mode {
        "asymmetric" => i / scale,
        "align_corners" if to == 1 => 0.0,
        "align_corners" => i * (from as f64 - 1.0) / (to as f64 - 1.0),
        "pytorch_half_pixel" if to == 1 => 0.0,
        "" | "half_pixel" | "pytorch_half_pixel" => (i + 0.5) / scale - 0.5,
        _ => return None,
    })
}

/// `Resize`, and `Upsample` before it.
pub fn resize(reader: &mut Reader, node: &Node) -> Result<Vec<Value>, Problem> {
    let x = reader.settle(node.activation(0)?)?;
    let [n, c, h, w] = <[usize; 4]>::try_from(x.sizes.clone()).map_err(|_| format!("{:?} are no images", x.sizes))?;
    let old = node.proto.op_type == "Upsample" || node.opset < 11;
    let (scales, sizes) = if old { (1, 99) } else { (2, 3) };
    let numbers = |i: usize| if node.has(i) { node.constant(i).map(|k| k.values.data.clone()) } else { Ok(Vec::new()) };
    let (scales, sizes) = (numbers(scales)?, numbers(sizes)?);
    if node.ints("axes").is_some() || !node.text("keep_aspect_ratio_policy").replace("stretch", "").is_empty() {
        return Err("axes and keep_aspect_ratio_policy are not read".into());
    }
    if node.int("antialias", 0) != 0 {
        return Err("antialias is not read".into());
    }
    let scales = if scales.is_empty() { node.floats("scales") } else { scales };
    let from = [h, w];
    let (to, factors): (Vec<usize>, Vec<f64>) = match (&scales[..], &sizes[..]) {
        (&[1.0, 1.0, a, b], []) if a > 0.0 && b > 0.0 => {
            let to = [a, b].iter().zip(from).map(|(factor, size)| (factor * size as f64).floor() as usize).collect();
            (to, vec![a, b])
        }
        (_, &[batch, channels, a, b])
            if channels == c as f64 && (batch == n as f64 || batch == reader.batch as f64) =>
        {
            (vec![a as usize, b as usize], vec![a / h as f64, b / w as f64])
        }
        _ => return Err(format!("scales {scales:?} and sizes {sizes:?}; only height and width are resized")),
    };
    if to.iter().any(|&size| size == 0 || size > 1 << 16) {
        return Err(format!("a result of {}x{} pixels", to[0], to[1]));
    }
    let coordinates = if old { "asymmetric".to_string() } else { node.text("coordinate_transformation_mode") };
    let mode = node.text("mode");
    if mode.is_empty() || mode == "nearest" {
        let round = if old { "floor".to_string() } else { node.text("nearest_mode") };
        let places = |axis: usize| nearest(&coordinates, &round, from[axis], to[axis], factors[axis]);
        let mut grid = reader.grid(&x)?;
        for axis in 0..2 {
            let places = places(axis).ok_or_else(|| format!("mode {coordinates} with {round}"))?;
            grid = grid.taken(2 + axis, &places)?;
            reader.spend(grid.data.len())?;
        }
        return Ok(vec![Value::Activation(x.rearranged(grid))]);
    }
    let aligned = coordinates == "align_corners";
    let half =
        matches!(coordinates.as_str(), "" | "half_pixel") || coordinates == "pytorch_half_pixel" && !to.contains(&1);
    // what the factor gives may be no whole number, and then places follow from it and not from the sizes
    let exact = (0..2).all(|axis| (factors[axis] * from[axis] as f64 - to[axis] as f64).abs() < 1e-6);
    if !matches!(mode.as_str(), "linear" | "bilinear") || !(exact && (aligned || half)) {
        return Err(format!("mode {mode} with coordinates {coordinates} has no layer"));
    }
    let number = reader.realise(x, &CHANNELS_FIRST)?;
    Ok(vec![Value::Activation(upsample(reader, number, [to[0], to[1]], aligned))])
}

/// The layer of linear interpolation.
pub fn upsample(reader: &mut Reader, number: usize, to: [usize; 2], aligned: bool) -> Activation {
    let size = to.map(|size| toml::Value::Integer(size as i64)).to_vec();
    let new = layer("upsample").with("size", size).with("mode", "bilinear").with("align_corners", aligned);
    let shape = [to[0], to[1], reader.layers.get(number).shape[2]];
    let number = reader.layers.plain("upsample", new, shape.to_vec(), &[number]);
    Activation::channels_first(number, &shape)
}

fn nearest(mode: &str, round: &str, from: usize, to: usize, scale: f64) -> Option<Vec<usize>> {
    let round: fn(f64) -> f64 = match round {
        "" | "round_prefer_floor" => |x| (x - 0.5).ceil(),
        "round_prefer_ceil" => |x| (x + 0.5).floor(),
        "floor" => |x| (x + 1e-9).floor(),
        "ceil" => |x| (x - 1e-9).ceil(),
        _ => return None,
    };
    let within = |x: f64| round(x).clamp(0.0, from as f64 - 1.0) as usize;
    (0..to).map(|i| place(mode, i, from, to, scale).map(within)).collect()
}

/// The embedding of tokens: a `Gather` from a constant table.
pub fn embedding(reader: &mut Reader, node: &Node) -> Result<Vec<Value>, Problem> {
    let (table, tokens) = (node.constant(0)?, node.activation(1)?);
    let length = match tokens.sizes[..] {
        [1, length] if node.int("axis", 0) == 0 && tokens.layer == 0 && reader.is_text => length,
        _ => return Err("only tokens of the model's input are looked up, in rows of a table".into()),
    };
    let [rows, features] =
        <[usize; 2]>::try_from(table.values.sizes.clone()).map_err(|_| "its table has no two axes")?;
    if table.values.data.iter().take(features).any(|&value| value != 0.0) {
        return Err("its row 0 is not zero, but token 0 is padding, which counts as zeros here".into());
    }
    let addition = super::layers::Addition {
        layer: layer("embedding").with("vocabulary", rows as i64).with("features", features as i64),
        kind: "embedding",
        called: super::layers::called(node.input_name(0)),
        shape: vec![1, length, features],
        parameters: vec![("weight", Array { sizes: vec![rows, features], data: table.floats() })],
    };
    let number = reader.layers.add(addition, &[0]);
    let found = Activation::of(number, &[1, length, features], &[0, 1, 2, 3]);
    Ok(vec![Value::Activation(found.sized(vec![1, length, features]))])
}

/// A value that is followed as it is moved.
pub fn moved(reader: &mut Reader, node: &Node, x: Activation) -> Result<Vec<Value>, Problem> {
    if node.proto.op_type == "Transpose"
        && let super::value::Places::Order(own) = &x.places
        && own.len() == x.sizes.len()
    {
        // without a number for every element
        let order = super::rearrange::order(node, own.len())?;
        let places = super::value::Places::Order(order.iter().map(|&axis| own[axis]).collect());
        if order[0] != 0 {
            return Err("it moves the batch from the first axis".into());
        }
        let sizes = order.iter().map(|&axis| x.sizes[axis]).collect();
        return Ok(vec![Value::Activation(Activation { places, sizes, ..x })]);
    }
    check_batch(reader, node)?;
    let grid = reader.grid(&x)?;
    let batch = Some(reader.batch);
    let parts = super::rearrange::rearrange(node, grid, batch).ok_or("it moves nothing")??;
    reader.spend(parts.iter().map(|part| part.data.len()).sum())?;
    let part = |grid: Array<i32>| {
        if grid.sizes.first() != Some(&1) {
            return Err("it moves values between the images of a batch".to_string());
        }
        let sole = x.sole && node.proto.output.len() == 1;
        Ok(Value::Activation(Activation { sole, ..x.clone() }.rearranged(grid)))
    };
    parts.into_iter().map(part).collect::<Result<Vec<_>, _>>()
}

/// Checks that a node that moves elements leaves the batch where it is, and whole.
fn check_batch(reader: &Reader, node: &Node) -> Result<(), Problem> {
    let first = |axes: Option<Vec<i64>>| axes.is_some_and(|axes| axes.contains(&0));
    let moves = match node.proto.op_type.as_str() {
        "Transpose" => node.ints("perm").is_none_or(|order| order.first() != Some(&0)),
        "Squeeze" | "Unsqueeze" => first(node.listed("axes", 1)?),
        "Gather" | "Split" => node.int("axis", 0) == 0,
        "Flatten" => node.int("axis", 1) == 0,
        "Slice" => {
            let starts = node.listed("starts", 1)?.unwrap_or_default();
            let ends = node.listed("ends", 2)?.unwrap_or_default();
            let axes = node.listed("axes", 3)?.unwrap_or_else(|| (0..starts.len() as i64).collect());
            let steps = if node.has(4) { node.constant(4)?.numbers() } else { vec![1; starts.len()] };
            let at = axes.iter().position(|&axis| axis == 0);
            let number = |list: &[i64], at: usize| list.get(at).copied().unwrap_or_default();
            at.is_some_and(|at| {
                let whole = number(&starts, at) == 0 && number(&ends, at) >= reader.batch && number(&steps, at) == 1;
                !whole
            })
        }
        _ => false,
    };
    if moves { Err("it moves or divides the batch".into()) } else { Ok(()) }
}
