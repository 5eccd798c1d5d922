//! Norms, and softmax, which is over channels as they are.

use super::Reader;
use super::layers::{Addition, called};
use super::node::Node;
use super::pointwise::decimal;
use super::value::{Activation, Value};
use crate::model::{NewLayer, layer};
use crate::onnx::array::{Array, Problem, axis};

/// A constant of `count` numbers, input `i`.
fn numbers(node: &Node, i: usize, count: usize) -> Result<Array<f32>, Problem> {
    let constant = node.constant(i)?;
    let found = constant.values.data.len();
    let list = Array::list(constant.floats());
    if found == count { Ok(list) } else { Err(format!("input {i} has {found} numbers, not {count}")) }
}

fn with_epsilon(kind: &'static str, node: &Node) -> NewLayer {
    layer(kind).with("epsilon", decimal(node.float("epsilon", 1e-5) as f32))
}

/// Adds a norm on channels that are on axis 1, whatever the number of axes.
fn on_channels(
    reader: &mut Reader,
    node: &Node,
    kind: &'static str,
    new: NewLayer,
    parameters: impl FnOnce(usize) -> Result<Vec<(&'static str, Array<f32>)>, Problem>,
) -> Result<Vec<Value>, Problem> {
    let x = node.activation(0)?;
    let sizes = x.sizes.clone();
    let parameters = parameters(*sizes.get(1).ok_or("it has no channels")?)?;
    let (from, shape) = match sizes.len() {
        2 => {
            let from = reader.realise(x, &[1])?;
            (from, reader.layers.get(from).shape.clone())
        }
        _ => reader.images(x).map(|(from, shape)| (from, shape.to_vec()))?,
    };
    let called = called(node.input_name(1));
    let addition = Addition { layer: new, kind, called, shape: shape.clone(), parameters };
    let number = reader.layers.add(addition, &[from]);
    Ok(vec![Value::Activation(Activation::channels_first(number, &shape).sized(sizes))])
}

/// `BatchNormalization` with running averages.
pub fn batch_norm(reader: &mut Reader, node: &Node) -> Result<Vec<Value>, Problem> {
    if node.int("training_mode", 0) != 0 || node.proto.output.iter().skip(1).any(|name| !name.is_empty()) {
        return Err("it is in training mode".into());
    }
    on_channels(reader, node, "batch_norm", with_epsilon("batch_norm", node), |c| {
        let names = ["weight", "bias", "running_mean", "running_var"];
        names.into_iter().enumerate().map(|(i, name)| Ok((name, numbers(node, i + 1, c)?))).collect()
    })
}

/// `InstanceNormalization`, and the form in which group norm is written: of groups of channels as one channel.
pub fn instance_norm(reader: &mut Reader, node: &Node) -> Result<Vec<Value>, Problem> {
    let x = node.activation(0)?;
    if let Some(groups) = groups(reader, node, &x)? {
        return Ok(groups);
    }
    let new = with_epsilon("instance_norm", node).with("affine", true);
    on_channels(reader, node, "instance_norm", new, |c| {
        Ok(vec![("weight", numbers(node, 1, c)?), ("bias", numbers(node, 2, c)?)])
    })
}

fn groups(reader: &mut Reader, node: &Node, x: &Activation) -> Result<Option<Vec<Value>>, Problem> {
    let &[1, groups, _] = &x.sizes[..] else { return Ok(None) };
    let plain = [(1, 1.0), (2, 0.0)].into_iter().all(|(i, value)| {
        node.constant(i).is_ok_and(|constant| constant.uniform() == Some(value) && constant.values.data.len() == groups)
    });
    let x = reader.settle(x.clone())?;
    let shape = reader.layers.get(x.layer).shape.clone();
    let channels = *shape.last().expect("a layer gives something");
    if !plain || groups == 0 || !channels.is_multiple_of(groups) {
        return Ok(None);
    }
    let first = Activation::channels_first(x.layer, &shape);
    if reader.grid(&x)?.data != reader.grid(&first)?.data {
        return Ok(None);
    }
    let new = with_epsilon("group_norm", node).with("groups", groups as i64).with("affine", false);
    let number = reader.layers.plain("group_norm", new, shape, &[x.layer]);
    Ok(Some(vec![Value::Activation(Activation { layer: number, sole: true, ..x })]))
}

/// `GroupNormalization`: with a scale for each group in opset 18, for each channel from 21 on.
pub fn group_norm(reader: &mut Reader, node: &Node) -> Result<Vec<Value>, Problem> {
    let groups = usize::try_from(node.int("num_groups", 0)).ok().filter(|&groups| groups > 0);
    let groups = groups.ok_or("num_groups is below 1")?;
    let new = with_epsilon("group_norm", node).with("groups", groups as i64);
    on_channels(reader, node, "group_norm", new, |c| {
        let per_channel = |i: usize| -> Result<Array<f32>, Problem> {
            if node.opset >= 21 {
                return numbers(node, i, c);
            }
            let own = numbers(node, i, groups)?.data;
            Ok(Array::list((0..c).map(|channel| own[channel * groups / c]).collect()))
        };
        Ok(vec![("weight", per_channel(1)?), ("bias", per_channel(2)?)])
    })
}

/// `LayerNormalization` of pixels over the last axis, or of everything but the batch.
pub fn layer_norm(reader: &mut Reader, node: &Node) -> Result<Vec<Value>, Problem> {
    let x = node.activation(0)?;
    let (rank, sizes) = (x.sizes.len(), x.sizes.clone());
    let at = axis(node.int("axis", -1), rank)?;
    let count = sizes[at..].iter().product();
    let whole = at == 1 && rank == 4;
    if !whole && at != rank - 1 {
        return Err(format!("axis {at} of {rank}; channels on the last axis, or images as a whole, are normalised"));
    }
    let mut parameters = Vec::new();
    for (i, name) in [(1, "weight"), (2, "bias")] {
        // without one it is scaled by 1 and moved by 0
        let neutral = Array::list(vec![if i == 1 { 1.0 } else { 0.0 }; count]);
        let values = if node.has(i) { numbers(node, i, count)? } else { neutral };
        let values = if whole { values.reshaped(sizes[1..].to_vec())?.transposed(&[1, 2, 0]) } else { values };
        parameters.push((name, values));
    }
    let new = with_epsilon("layer_norm", node).with("over", if whole { "image" } else { "channels" });
    let (image, roles): (Vec<usize>, &[usize]) = match rank {
        2 => (sizes.clone(), &[1]),
        3 => (vec![1, 1, sizes[1], sizes[2]], &[1, 2, 3]),
        4 if whole => (sizes.clone(), &[2, 3, 1]),
        4 => (sizes.clone(), &[1, 2, 3]),
        _ => return Err(format!("{rank} axes")),
    };
    let from = reader.realise(x.sized(image), roles)?;
    let shape = reader.layers.get(from).shape.clone();
    let called = called(node.input_name(1));
    let number = reader
        .layers
        .add(Addition { layer: new, kind: "layer_norm", called, shape: shape.clone(), parameters }, &[from]);
    let y = if whole {
        Activation::channels_first(number, &shape)
    } else {
        Activation::of(number, &shape, &[0, 1, 2, 3][..shape.len() + 1])
    };
    Ok(vec![Value::Activation(y.sized(sizes))])
}

/// `Softmax` and `LogSoftmax` over channels.
pub fn softmax(reader: &mut Reader, node: &Node) -> Result<Vec<Value>, Problem> {
    let x = node.activation(0)?;
    let (rank, sizes) = (x.sizes.len(), x.sizes.clone());
    // before opset 13 everything from an axis on was one row
    let old = node.opset < 13;
    let at = axis(node.int("axis", if old { 1 } else { -1 }), rank)?;
    if old && at + 1 != rank {
        return Err(format!("axis {at} of {rank} in opset {}, where several axes are one row", node.opset));
    }
    let kind = if node.proto.op_type == "Softmax" { "softmax" } else { "log_softmax" };
    if at == 0 || !(2..=4).contains(&rank) {
        return Err(format!("axis {at} of {rank}; softmax is over channels"));
    }
    let mut roles: Vec<usize> = (1..rank).filter(|&axis| axis != at).collect();
    roles.push(at);
    let mut whole = sizes.clone();
    if rank == 3 {
        roles.insert(0, 3);
        whole.push(1);
    }
    let from = reader.realise(x.sized(whole.clone()), &roles)?;
    let shape = reader.layers.get(from).shape.clone();
    let number = reader.layers.plain(kind, layer(kind), shape.clone(), &[from]);
    let own = [&[0], &roles[..]].concat();
    let order: Vec<usize> = (0..whole.len()).map(|axis| own.iter().position(|&r| r == axis).unwrap_or(0)).collect();
    Ok(vec![Value::Activation(Activation::of(number, &shape, &order).sized(sizes))])
}
