//! Nodes that give constants: given, or computed from constants and from the sizes of activations.

use std::rc::Rc;

use super::Reader;
use super::constant::Constant;
use super::node::Node;
use super::ops::function;
use super::rearrange::rearrange;
use super::value::Value;
use crate::onnx::array::{Array, Problem, axis, count};

/// The outputs of a node that reads only constants; none if it is not computed here.
///
/// # Errors
/// If its inputs do not fit together.
pub fn fold(reader: &mut Reader, node: &Node) -> Result<Option<Vec<Value>>, Problem> {
    if node.inputs.is_empty() || !node.inputs.iter().flatten().all(|value| matches!(value, Value::Constant(_))) {
        return Ok(None);
    }
    let first = node.constant(0)?;
    if let Some(parts) = rearrange(node, first.values.clone(), None) {
        let parts = parts?;
        reader.spend(parts.iter().map(|part| part.data.len()).sum())?;
        let part = |values| Value::Constant(Rc::new(Constant { values, whole: first.whole }));
        return Ok(Some(parts.into_iter().map(part).collect()));
    }
    if let Some(f) = function(node)? {
        return Ok(Some(vec![given(first.map(|x| f(x)))]));
    }
    let quotient = if first.whole { |a: f64, b: f64| if b == 0.0 { 0.0 } else { a / b } } else { |a, b| a / b };
    let f: fn(f64, f64) -> f64 = match node.proto.op_type.as_str() {
        "Add" => |a, b| a + b,
        "Sub" => |a, b| a - b,
        "Mul" => |a, b| a * b,
        "Div" => quotient,
        "Pow" => f64::powf,
        "Min" => f64::min,
        "Max" => f64::max,
        "Concat" => return concat(node).map(|joined| Some(vec![given(joined)])),
        "Cast" => {
            let whole = [2, 3, 4, 5, 6, 7, 9, 12, 13].contains(&node.int("to", 1));
            let values = if whole { first.map(f64::trunc).values } else { first.values.clone() };
            return Ok(Some(vec![given(Constant { values, whole })]));
        }
        "Identity" => return Ok(Some(vec![Value::Constant(first)])),
        _ => return Ok(None),
    };
    if node.inputs.len() != 2 {
        return Ok(None);
    }
    let result = first.with(&*node.constant(1)?, f)?;
    reader.spend(result.values.data.len())?;
    Ok(Some(vec![given(result)]))
}

fn given(constant: Constant) -> Value {
    Value::Constant(Rc::new(constant))
}

fn concat(node: &Node) -> Result<Constant, Problem> {
    let parts: Vec<Rc<Constant>> = (0..node.inputs.len()).map(|i| node.constant(i)).collect::<Result<_, _>>()?;
    let at = axis(node.int("axis", 0), parts[0].values.sizes.len())?;
    let arrays: Vec<Array<f64>> = parts.iter().map(|part| part.values.clone()).collect();
    Ok(Constant { values: Array::joined(&arrays, at)?, whole: parts.iter().all(|part| part.whole) })
}

/// `Constant`.
pub fn constant(_: &mut Reader, node: &Node) -> Result<Vec<Value>, Problem> {
    if let Some(constant) = node.tensor("value")? {
        return Ok(vec![given(constant)]);
    }
    let attribute = node.proto.attribute.first().ok_or("it has no value")?;
    let floats = |data: Vec<f32>| data.into_iter().map(f64::from).collect();
    let (values, whole) = match attribute.name.as_str() {
        "value_float" => (Array::scalar(f64::from(attribute.f.unwrap_or_default())), false),
        "value_floats" => (Array::list(floats(attribute.floats.clone())), false),
        "value_int" => (Array::scalar(attribute.i.unwrap_or_default() as f64), true),
        "value_ints" => (Constant::whole(attribute.ints.iter().copied()).values, true),
        other => return Err(format!("its value is a {other}, which is not read")),
    };
    Ok(vec![given(Constant { values, whole })])
}

/// `ConstantOfShape`.
pub fn constant_of_shape(reader: &mut Reader, node: &Node) -> Result<Vec<Value>, Problem> {
    let wanted = node.constant(0)?.numbers();
    let sizes: Option<Vec<usize>> = wanted.iter().map(|&size| usize::try_from(size).ok()).collect();
    let sizes = sizes.ok_or_else(|| format!("shape {wanted:?}"))?;
    let value = node.tensor("value")?;
    let whole = value.as_ref().is_some_and(|value| value.whole);
    let number = value.and_then(|value| value.uniform()).unwrap_or(0.0);
    let elements = count(&sizes)?;
    reader.spend(elements)?;
    Ok(vec![given(Constant { values: Array { sizes, data: vec![number; elements] }, whole })])
}

/// `Shape`: the batch has the size that stands for it.
pub fn shape(reader: &mut Reader, node: &Node) -> Result<Vec<Value>, Problem> {
    let sizes: Vec<i64> = match node.value(0)? {
        Value::Constant(constant) => constant.values.sizes.iter().map(|&size| size as i64).collect(),
        Value::Activation(x) => {
            let rest = x.sizes.iter().skip(1).map(|&size| size as i64);
            [reader.batch].into_iter().chain(rest).collect()
        }
    };
    let rank = sizes.len() as i64;
    let place = |place: i64| (if place < 0 { place + rank } else { place }).clamp(0, rank) as usize;
    let (start, end) = (place(node.int("start", 0)), place(node.int("end", rank)));
    Ok(vec![given(Constant::whole(sizes[start..end.max(start)].iter().copied()))])
}
