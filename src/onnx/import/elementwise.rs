//! Sums, products and the like: of a value and a constant, of two functions of one value, or of two layers.

use std::rc::Rc;

use super::Reader;
use super::constant::Constant;
use super::layers::{Addition, called};
use super::node::Node;
use super::ops::{follow, then};
use super::pointwise::composed;
use super::realise::{CHANNELS_FIRST, ROW};
use super::value::{Activation, Function, Join, Pending, Value, ZERO};
use crate::model::layer;
use crate::onnx::array::{Array, Problem};

type Combine = fn(f64, f64) -> f64;
/// What a constant is of `scale · x + shift`.
type Part = fn(f64) -> f64;

fn combine(op: &str) -> Combine {
    match op {
        "Add" | "Sum" => |a, b| a + b,
        "Sub" => |a, b| a - b,
        "Mul" => |a, b| a * b,
        "Div" => |a, b| a / b,
        "Pow" => f64::powf,
        "Min" => f64::min,
        _ => f64::max,
    }
}

/// `Add`, `Sub`, `Mul`, `Div`, `Pow`, `Min`, `Max` of two values.
pub fn binary(reader: &mut Reader, node: &Node) -> Result<Vec<Value>, Problem> {
    if node.inputs.len() != 2 {
        return Err(format!("it has {} inputs; two are read", node.inputs.len()));
    }
    let f = combine(&node.proto.op_type);
    let result = match (node.value(0)?.clone(), node.value(1)?.clone()) {
        (Value::Activation(a), Value::Activation(b)) => two(reader, node, a, b, f)?,
        (Value::Activation(x), Value::Constant(k)) => with_constant(reader, node, x, &k, false)?,
        (Value::Constant(k), Value::Activation(x)) => with_constant(reader, node, x, &k, true)?,
        (Value::Constant(_), Value::Constant(_)) => return Err("two constants that do not fit together".into()),
    };
    Ok(vec![Value::Activation(result)])
}

/// `Sum` of any number.
pub fn sum(reader: &mut Reader, node: &Node) -> Result<Vec<Value>, Problem> {
    let mut total = node.activation(0)?;
    for i in 1..node.inputs.len() {
        let next = node.activation(i)?;
        total = two(reader, node, total, next, |a, b| a + b)?;
    }
    Ok(vec![Value::Activation(total)])
}

/// A value and a constant: a function of single elements if the constant is one number, else of channels.
fn with_constant(
    reader: &mut Reader,
    node: &Node,
    x: Activation,
    constant: &Constant,
    first: bool,
) -> Result<Activation, Problem> {
    let f = combine(&node.proto.op_type);
    let ordered = move |x: f64, k: f64| if first { f(k, x) } else { f(x, k) };
    if constant.values.sizes.len() > x.sizes.len() {
        return Err(format!("a constant {:?} has more axes than the value", constant.values.sizes));
    }
    if let Some(k) = constant.uniform() {
        let spread = constant.values.sizes.iter().rev().zip(x.sizes.iter().rev());
        if spread.clone().any(|(&own, &size)| own > size) {
            return Err(format!("a constant {:?} makes {:?} larger", constant.values.sizes, x.sizes));
        }
        return follow(reader, x, Rc::new(move |x| ordered(x, k)), node);
    }
    let (scale, shift): (Part, Part) = match (node.proto.op_type.as_str(), first) {
        ("Add", _) => (|_| 1.0, |k| k),
        ("Sub", false) => (|_| 1.0, |k| -k),
        ("Sub", true) => (|_| -1.0, |k| k),
        ("Mul", _) => (|k| k, |_| 0.0),
        ("Div", false) => (|k| 1.0 / k, |_| 0.0),
        (op, _) => return Err(format!("{op} with a constant of several numbers has no layer")),
    };
    let x = reader.without_zeros(x)?;
    let numbers = per_channel(reader, &x, constant)?;
    let own: Vec<f64> = numbers.iter().map(|&k| scale(k)).collect();
    let added: Vec<f64> = numbers.iter().map(|&k| shift(k)).collect();
    let (before, x) = match &x.pending {
        Pending::Channels { scale, shift } => ((scale.clone(), shift.clone()), x),
        Pending::Functions(functions) => match affine(functions) {
            Some((scale, shift)) => ((vec![scale; own.len()], vec![shift; own.len()]), x),
            None => ((vec![1.0; own.len()], vec![0.0; own.len()]), reader.settle(x)?),
        },
    };
    let scale = own.iter().zip(&before.0).map(|(own, before)| own * before).collect();
    let shift = own.iter().zip(&added).zip(&before.1).map(|((own, added), before)| own * before + added).collect();
    Ok(Activation { pending: Pending::Channels { scale, shift }, ..x })
}

/// Scale and shift, if that is what functions are.
fn affine(functions: &[Function]) -> Option<(f64, f64)> {
    match super::pointwise::known(&composed(functions))? {
        super::pointwise::Known::Affine { scale, shift } => Some((scale, shift)),
        super::pointwise::Known::Layer(_) => None,
    }
}

/// The number that a constant has for each channel of the layer that a value shows.
///
/// # Errors
/// If it has several for one.
fn per_channel(reader: &mut Reader, x: &Activation, constant: &Constant) -> Result<Vec<f64>, Problem> {
    let numbers = constant.values.broadcast(&x.sizes).map_err(|_| {
        format!("a constant {:?} does not go with a value [batch, {}]", constant.values.sizes, list(&x.sizes[1..]))
    })?;
    let shape = reader.layers.get(x.layer).shape.clone();
    reader.spend(numbers.data.len())?;
    let channels = *shape.last().expect("a layer gives something");
    let mut found: Vec<Option<f64>> = vec![None; channels];
    let grid = x.grid(&shape);
    for (&place, &number) in grid.data.iter().zip(&numbers.data).filter(|(place, _)| **place != ZERO) {
        let channel = &mut found[place as usize % channels];
        if channel.is_some_and(|before| before != number) {
            return Err("a constant has several numbers for one channel, and no layer has".into());
        }
        *channel = Some(number);
    }
    Ok(found.into_iter().map(|number| number.unwrap_or(1.0)).collect())
}

fn list(sizes: &[usize]) -> String {
    sizes.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")
}

/// Two values: a function of single elements if both are functions of the same, else a layer that reads both.
fn two(reader: &mut Reader, node: &Node, a: Activation, b: Activation, f: Combine) -> Result<Activation, Problem> {
    let op = node.proto.op_type.as_str();
    let negative = || Function { f: Rc::new(|x| -x), node: op.into(), join: None };
    let kind = match op {
        "Add" | "Sum" | "Sub" => Some("add"),
        "Mul" => Some("multiply"),
        _ => None,
    };
    if a.sees_the_same(&b)
        && let (Pending::Functions(of_a), Pending::Functions(of_b)) = (&a.pending, &b.pending)
    {
        let common = of_a.iter().zip(of_b).take_while(|(a, b)| Rc::ptr_eq(&a.f, &b.f)).count();
        let mut sides = [of_a[common..].to_vec(), of_b[common..].to_vec()];
        let (rest_a, rest_b) = (composed(&sides[0]), composed(&sides[1]));
        let before = Pending::Functions(of_a[..common].to_vec());
        if op == "Sub" {
            sides[1].push(negative());
        }
        let join = kind.map(|kind| Rc::new(Join { kind, sides }));
        let function = Function { f: Rc::new(move |x| f(rest_a(x), rest_b(x))), node: op.into(), join };
        return then(reader, Activation { pending: before, ..a }, function);
    }
    let kind = kind.ok_or_else(|| format!("{op} of two layers has no layer"))?;
    let b = if op == "Sub" { then(reader, b, negative())? } else { b };
    if kind == "add" && a.sizes != b.sizes {
        return Err(format!("a sum of {:?} and {:?}: only values of the same sizes are added", a.sizes, b.sizes));
    }
    let (a, b) = (reader.settle(a)?, reader.settle(b)?);
    let shape = |reader: &Reader, x: &Activation| reader.layers.get(x.layer).shape.clone();
    if a.places == b.places && a.sizes == b.sizes && shape(reader, &a) == shape(reader, &b) && !a.has_zeros() {
        let shape = shape(reader, &a);
        let number = reader.layers.plain(kind, layer(kind), shape, &[a.layer, b.layer]);
        return Ok(Activation { layer: number, sole: true, ..a });
    }
    meet(reader, kind, a, b)
}

/// A layer that reads two values, which lie differently or have different sizes.
fn meet(reader: &mut Reader, kind: &'static str, a: Activation, b: Activation) -> Result<Activation, Problem> {
    let out = if a.count() >= b.count() { a.sizes.clone() } else { b.sizes.clone() };
    if a.sizes.len() != b.sizes.len() {
        return Err(format!("{:?} and {:?} have different numbers of axes", a.sizes, b.sizes));
    }
    let (a, b) = (reader.four_axes(a), reader.four_axes(b));
    let roles: Vec<usize> = match a.sizes.len() {
        2 => ROW.to_vec(),
        4 => a.roles().or(b.roles()).unwrap_or(CHANNELS_FIRST).to_vec(),
        rank => return Err(format!("values with {rank} axes")),
    };
    let numbers = [gate(reader, a, &roles)?, gate(reader, b, &roles)?];
    let shapes = numbers.map(|number| reader.layers.get(number).shape.clone());
    let first = shapes[0].iter().product::<usize>() >= shapes[1].iter().product();
    let (big, small) = if first { (&shapes[0], &shapes[1]) } else { (&shapes[1], &shapes[0]) };
    let one_pixel = big.len() == 3 && kind == "multiply" && (*small == [big[2]] || *small == [1, 1, big[2]]);
    if big != small && !one_pixel {
        return Err(format!("values of {:?} and {:?}, which do not fit", shapes[0], shapes[1]));
    }
    let shape = big.clone();
    let number = reader.layers.plain(kind, layer(kind), shape.clone(), &numbers);
    let own = [&[0], &roles[..]].concat();
    let order: Vec<usize> = (0..own.len()).map(|axis| own.iter().position(|&r| r == axis).unwrap_or(0)).collect();
    Ok(Activation::of(number, &shape, &order).sized(out))
}

/// The layer of one side: channels of a single pixel may stay the row that they come from.
fn gate(reader: &mut Reader, x: Activation, roles: &[usize]) -> Result<usize, Problem> {
    if let &[h, w, c] = roles
        && x.sizes[h] == 1
        && x.sizes[w] == 1
        && reader.layers.get(x.layer).shape.len() == 1
    {
        let channels = x.sizes[c];
        return reader.realise(x.sized(vec![1, channels]), &[1]);
    }
    reader.realise(x, roles)
}

/// `PRelu`: a slope, or one a channel.
pub fn prelu(reader: &mut Reader, node: &Node) -> Result<Vec<Value>, Problem> {
    let x = reader.settle(node.activation(0)?)?;
    let slope = node.constant(1)?;
    let slopes = match slope.uniform() {
        Some(one) => vec![one],
        None => per_channel(reader, &x, &slope)?,
    };
    let slopes: Vec<f32> = slopes.into_iter().map(|slope| slope as f32).collect();
    let kind = if slopes.len() == 1 { "one" } else { "channel" };
    let addition = Addition {
        layer: layer("prelu").with("slopes", kind),
        kind: "prelu",
        called: called(node.input_name(1)),
        shape: reader.layers.get(x.layer).shape.clone(),
        parameters: vec![("weight", Array::list(slopes))],
    };
    let number = reader.layers.add(addition, &[x.layer]);
    Ok(vec![Value::Activation(Activation { layer: number, sole: true, ..x })])
}
