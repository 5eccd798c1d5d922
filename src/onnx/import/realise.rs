//! Layers for what is still to be done to a value before an op can read it: functions, rearrangements of elements.

use super::layers::{Addition, Layers};
use super::pointwise::{self, Known};
use super::value::{Activation, Function, Pending, Places, ZERO};
use crate::model::{NewLayer, layer};
use crate::onnx::array::{Array, Problem};

/// Which axes of a value are height, width and channels, in this order; or the channels alone.
pub type Roles<'a> = &'a [usize];

/// Images as ONNX's ops have them.
pub const CHANNELS_FIRST: [usize; 3] = [2, 3, 1];
/// Rows of numbers.
pub const ROW: [usize; 1] = [1];

fn sizes(list: &[usize]) -> Vec<toml::Value> {
    list.iter().map(|&size| toml::Value::Integer(size as i64)).collect()
}

/// Applies whatever functions are pending; gives the value without them.
///
/// # Errors
/// If no layer computes one of them.
pub fn settle(layers: &mut Layers, x: Activation) -> Result<Activation, Problem> {
    let number = match x.pending.clone() {
        Pending::Channels { scale, shift } => channels(layers, &x, &scale, &shift)?,
        Pending::Functions(functions) => compute(layers, &x, x.layer, &functions)?,
    };
    let sole = x.sole || number != x.layer;
    Ok(Activation { layer: number, pending: Pending::NONE, sole, ..x })
}

/// Layers for functions of what layer `from` gives, one after another.
fn compute(layers: &mut Layers, x: &Activation, from: usize, functions: &[Function]) -> Result<usize, Problem> {
    let (mut number, mut rest) = (from, functions);
    while let Some(first) = rest.first() {
        let run = |length: usize| Some((length, pointwise::known(&pointwise::composed(&rest[..length]))?));
        if let Some((length, known)) = (1..=rest.len()).rev().find_map(run) {
            let read = Activation { layer: number, sole: x.sole || number != x.layer, ..x.clone() };
            number = apply(layers, &read, known)?;
            rest = &rest[length..];
            continue;
        }
        let join = first.join.clone();
        let join =
            join.ok_or_else(|| format!("no layer computes the function of single elements of {}", first.node))?;
        // both sides read the same, which is nobody's own
        let shared = Activation { sole: false, ..x.clone() };
        let mut side = |functions: &[Function]| compute(layers, &shared, number, functions);
        let sides = [side(&join.sides[0])?, side(&join.sides[1])?];
        let shape = layers.get(number).shape.clone();
        number = layers.plain(join.kind, layer(join.kind), shape, &sides);
        rest = &rest[1..];
    }
    Ok(number)
}

fn apply(layers: &mut Layers, x: &Activation, known: Known) -> Result<usize, Problem> {
    let shape = layers.get(x.layer).shape.clone();
    match known {
        Known::Affine { scale: 1.0, shift: 0.0 } => Ok(x.layer),
        Known::Affine { scale, shift } => {
            let count = *shape.last().expect("a layer gives something");
            channels(layers, x, &vec![scale; count], &vec![shift; count])
        }
        Known::Layer(new) => Ok(layers.plain("activation", new, shape, &[x.layer])),
    }
}

/// `scale · x + shift` of channels: taken in by the layer itself, as factors, or as filters of one pixel.
fn channels(layers: &mut Layers, x: &Activation, scale: &[f64], shift: &[f64]) -> Result<usize, Problem> {
    if layers.absorb(x, scale, shift) {
        return Ok(x.layer);
    }
    let shape = layers.get(x.layer).shape.clone();
    let list = |values: &[f64]| Array::list(values.iter().map(|&value| value as f32).collect::<Vec<f32>>());
    if shift.iter().all(|&shift| shift == 0.0) {
        let parameters = vec![("weight", list(scale))];
        let addition = Addition { layer: layer("layer_scale"), kind: "layer_scale", called: "", shape, parameters };
        return Ok(layers.add(addition, &[x.layer]));
    }
    let mut from = x.layer;
    let count = scale.len();
    if shape.len() != 3 {
        let image = vec![1, shape.iter().product::<usize>() / count, count];
        from = reshape(layers, from, &image);
    }
    let inner = layers.get(from).shape.clone();
    let filters = Array { sizes: vec![1, 1, 1, count], data: list(scale).data };
    let addition = Addition {
        layer: layer("depthwise_conv2d").with("kernel", 1),
        kind: "depthwise_conv2d",
        called: "",
        shape: inner,
        parameters: vec![("weight", filters), ("bias", list(shift))],
    };
    let number = layers.add(addition, &[from]);
    Ok(if shape.len() == 3 { number } else { reshape(layers, number, &shape) })
}

/// What a layer gives, under other sizes.
pub fn reshape(layers: &mut Layers, from: usize, shape: &[usize]) -> usize {
    if layers.get(from).shape == shape {
        return from;
    }
    if shape.len() == 1 {
        return layers.plain("flatten", layer("flatten"), shape.to_vec(), &[from]);
    }
    let new = layer("reshape").with("shape", sizes(shape));
    layers.plain("reshape", new, shape.to_vec(), &[from])
}

/// The number of the layer that gives a value with its axes in the order of the roles; what is pending has been applied.
///
/// # Errors
/// If no layer arranges elements so.
pub fn realise(layers: &mut Layers, x: Activation, roles: Roles) -> Result<usize, Problem> {
    let x = settle(layers, x)?;
    let shape = layers.get(x.layer).shape.clone();
    let order: Vec<usize> = [0].into_iter().chain(roles.iter().copied()).collect();
    let wanted: Vec<usize> = order[1..].iter().map(|&axis| x.sizes[axis]).collect();
    if let Places::Order(own) = &x.places
        && own.len() == order.len()
        && order.iter().enumerate().all(|(i, &axis)| own[axis] == i)
        && wanted == shape
    {
        return Ok(x.layer);
    }
    let grid = x.grid(&shape).transposed(&order);
    if is_in_order(&grid.data) && grid.data.len() == shape.iter().product::<usize>() {
        return Ok(reshape(layers, x.layer, &wanted));
    }
    let map = grid.reshaped(wanted.clone())?;
    if let Some(number) = turn_outputs(layers, &x, &map) {
        return Ok(reshape(layers, number, &wanted));
    }
    if let (Ok(from), Ok(to)) = (<[usize; 3]>::try_from(shape), <[usize; 3]>::try_from(wanted.clone())) {
        for find in FINDERS {
            if let Some(number) = find(layers, x.layer, from, to, &map.data) {
                return Ok(number);
            }
        }
    }
    Err(format!("no layer moves elements from {:?} to {wanted:?} as it asks", layers.get(x.layer).shape))
}

/// Whether elements are all there, one after another.
fn is_in_order(map: &[i32]) -> bool {
    map.iter().enumerate().all(|(i, &place)| place == i as i32)
}

/// The places of the layer's elements that a row has, or none for zeros, if it is not the layer's own order, flattened if need
/// be. Gives the layer, too.
pub type Row = (usize, Option<Vec<Option<usize>>>);

/// A value as a row of numbers.
///
/// # Errors
/// If functions before it have no layer.
pub fn row(layers: &mut Layers, x: Activation) -> Result<Row, Problem> {
    let x = settle(layers, x)?;
    let shape = layers.get(x.layer).shape.clone();
    let count: usize = shape.iter().product();
    let grid = x.grid(&shape);
    let number = reshape(layers, x.layer, &[count]);
    let own = grid.data.len() == count && is_in_order(&grid.data);
    let places = || grid.data.iter().map(|&place| usize::try_from(place).ok()).collect();
    Ok((number, if own { None } else { Some(places()) }))
}

/// A linear layer that nothing else reads gives its outputs in another order itself.
fn turn_outputs(layers: &mut Layers, x: &Activation, map: &Array<i32>) -> Option<usize> {
    let built = layers.get_mut(x.layer);
    let places: Option<Vec<usize>> = map.data.iter().map(|&place| usize::try_from(place).ok()).collect();
    let mut seen = places.clone()?;
    seen.sort_unstable();
    let all = seen.iter().enumerate().all(|(i, &place)| i == place) && seen.len() == built.shape[0];
    if built.kind != "linear" || built.shape.len() != 1 || !x.sole || !all {
        return None;
    }
    for (_, values) in &mut built.parameters {
        let last = values.sizes.len() - 1;
        *values = values.taken(last, &places.clone()?).ok()?;
    }
    Some(x.layer)
}

type Finder = fn(&mut Layers, usize, [usize; 3], [usize; 3], &[i32]) -> Option<usize>;

/// What moves elements of images.
const FINDERS: [Finder; 5] = [shifted, subsampled, nearest, shuffled, picked];

/// Whether element `(y, x, c)` of the result is where `place` says.
fn agrees([oh, ow, oc]: [usize; 3], map: &[i32], place: impl Fn(usize, usize, usize) -> Option<usize>) -> bool {
    let mut elements = map.iter();
    (0..oh).all(|y| {
        (0..ow).all(|x| {
            (0..oc).all(|c| {
                let expected = place(y, x, c).map_or(ZERO, |place| place as i32);
                elements.next() == Some(&expected)
            })
        })
    })
}

/// Rows, columns and channels of zeros added, rows and columns cut off.
fn shifted(layers: &mut Layers, from: usize, [h, w, c]: [usize; 3], to: [usize; 3], map: &[i32]) -> Option<usize> {
    let at = map.iter().position(|&place| place != ZERO)?;
    let place = map[at] as usize;
    let source = [place / (w * c), place / c % w, place % c];
    let target = [at / (to[1] * to[2]), at / to[2] % to[1], at % to[2]];
    // zeros before; negative where elements are cut off
    let before: Vec<i64> = (0..3).map(|axis| target[axis] as i64 - source[axis] as i64).collect();
    let after: Vec<i64> = (0..3).map(|axis| to[axis] as i64 - before[axis] - [h, w, c][axis] as i64).collect();
    let inside = |place: usize, axis: usize, size: usize| {
        usize::try_from(place as i64 - before[axis]).ok().filter(|&place| place < size)
    };
    let fits = agrees(to, map, |y, x, ch| Some((inside(y, 0, h)? * w + inside(x, 1, w)?) * c + inside(ch, 2, c)?));
    if !fits || before[2] < 0 || after[2] < 0 {
        return None;
    }
    let [top, left, first] = [before[0], before[1], before[2]];
    let [bottom, right, last] = [after[0], after[1], after[2]];
    let sides = [top, bottom, left, right];
    let (mut number, mut size) = (from, [h as i64, w as i64, c as i64]);
    let mut step = |kind: &'static str, new: NewLayer, grown: [i64; 3], layers: &mut Layers| {
        size = [0, 1, 2].map(|axis| size[axis] + grown[axis]);
        number = layers.plain(kind, new, size.map(|size| size as usize).to_vec(), &[number]);
        number
    };
    let list = |sides: [i64; 4]| sides.map(toml::Value::Integer).to_vec();
    let cut = sides.map(|side| (-side).max(0));
    let added = sides.map(|side| side.max(0));
    let grown = |sides: [i64; 4]| [sides[0] + sides[1], sides[2] + sides[3], 0];
    let mut last_number = from;
    if cut != [0; 4] {
        let new = layer("crop2d").with("cropping", list(cut));
        last_number = step("crop2d", new, grown(cut).map(|size| -size), layers);
    }
    if added != [0; 4] {
        let new = layer("zero_pad2d").with("padding", list(added));
        last_number = step("zero_pad2d", new, grown(added), layers);
    }
    if first + last > 0 {
        let new = layer("pad_channels").with("before", first).with("after", last);
        last_number = step("pad_channels", new, [0, 0, first + last], layers);
    }
    Some(last_number)
}

/// Every so many pixels.
fn subsampled(layers: &mut Layers, from: usize, [h, w, c]: [usize; 3], to: [usize; 3], map: &[i32]) -> Option<usize> {
    // one row or column more than fit would be beyond the image
    let stride = |size: usize, to: usize, step: Option<&i32>, unit: usize| match step {
        Some(&step) if to > 1 => usize::try_from(step).ok().map(|step| step / unit),
        _ => Some(size),
    };
    let sh = stride(h, to[0], map.get(to[1] * to[2]), w * c)?;
    let sw = stride(w, to[1], map.get(to[2]), c)?;
    if sh == 0 || sw == 0 || to != [h.div_ceil(sh), w.div_ceil(sw), c] {
        return None;
    }
    let fits = agrees(to, map, |y, x, ch| Some((y * sh * w + x * sw) * c + ch));
    let new = layer("subsample").with("stride", sizes(&[sh, sw]));
    fits.then(|| layers.plain("subsample", new, to.to_vec(), &[from]))
}

/// Nearest pixels.
fn nearest(layers: &mut Layers, from: usize, [h, w, c]: [usize; 3], to: [usize; 3], map: &[i32]) -> Option<usize> {
    let [oh, ow, _] = to;
    let fits = to[2] == c && agrees(to, map, |y, x, ch| Some((y * h / oh * w + x * w / ow) * c + ch));
    let new = layer("upsample").with("size", sizes(&[oh, ow]));
    fits.then(|| layers.plain("upsample", new, to.to_vec(), &[from]))
}

/// Channels as pixels, or back; what other frameworks number otherwise has its channels exchanged before or after.
fn shuffled(layers: &mut Layers, from: usize, [h, w, c]: [usize; 3], to: [usize; 3], map: &[i32]) -> Option<usize> {
    let [oh, ow, oc] = to;
    let forward = oh > h;
    let r = if forward { oh / h } else { h / oh };
    let fits = match forward {
        true => oh == h * r && ow == w * r && c == oc * r * r,
        false => h == oh * r && w == ow * r && oc == c * r * r,
    };
    if r < 2 || !fits {
        return None;
    }
    // the channel of the image that is channel and place of a block, as the first block has it
    let at = |y: usize, x: usize, ch: usize| usize::try_from(map[(y * ow + x) * oc + ch]).ok();
    if forward {
        let picks: Vec<Option<usize>> =
            (0..c).map(|k| at(k / r % r, k % r, k / (r * r)).map(|place| place % c)).collect();
        let place =
            |y: usize, x: usize, ch: usize| Some((y / r * w + x / r) * c + picks[ch * r * r + y % r * r + x % r]?);
        if !agrees(to, map, place) {
            return None;
        }
        let from = pick(layers, from, [h, w, c], &picks);
        return Some(layers.plain(
            "pixel_shuffle",
            layer("pixel_shuffle").with("factor", r as i64),
            to.to_vec(),
            &[from],
        ));
    }
    // the channel of the result of `pixel_unshuffle` that shows this element of the first block
    let pick_of = |place: usize| place % c * r * r + place / (w * c) * r + place / c % w;
    let picks: Vec<Option<usize>> = (0..oc).map(|ch| at(0, 0, ch).map(pick_of)).collect();
    let place = |y: usize, x: usize, ch: usize| {
        let k = picks[ch]?;
        Some(((y * r + k / r % r) * w + x * r + k % r) * c + k / (r * r))
    };
    if picks.iter().flatten().any(|&k| k >= oc) || !agrees(to, map, place) {
        return None;
    }
    let number =
        layers.plain("pixel_unshuffle", layer("pixel_unshuffle").with("factor", r as i64), to.to_vec(), &[from]);
    Some(pick(layers, number, to, &picks))
}

/// Channels picked, repeated or exchanged: filters of one pixel that hand them on.
fn picked(layers: &mut Layers, from: usize, [h, w, c]: [usize; 3], to: [usize; 3], map: &[i32]) -> Option<usize> {
    let oc = to[2];
    let picks: Vec<Option<usize>> = map[..oc].iter().map(|&place| usize::try_from(place).ok()).collect();
    if [to[0], to[1]] != [h, w] || picks.iter().flatten().any(|&pick| pick >= c) {
        return None;
    }
    let fits = agrees(to, map, |y, x, ch| Some((y * w + x) * c + picks[ch]?));
    fits.then(|| pick(layers, from, [h, w, c], &picks))
}

/// Filters of one pixel that hand on these channels, and zeros for none; nothing where all stay where they are.
fn pick(layers: &mut Layers, from: usize, [h, w, c]: [usize; 3], picks: &[Option<usize>]) -> usize {
    let oc = picks.len();
    if oc == c && picks.iter().enumerate().all(|(ch, &pick)| pick == Some(ch)) {
        return from;
    }
    let mut filters = Array { sizes: vec![1, 1, c, oc], data: vec![0.0; c * oc] };
    for (ch, pick) in picks.iter().enumerate() {
        if let Some(pick) = pick {
            filters.data[pick * oc + ch] = 1.0;
        }
    }
    let layer = layer("conv2d").with("filters", oc as i64).with("kernel", 1).with("bias", false);
    let (shape, parameters) = (vec![h, w, oc], vec![("weight", filters)]);
    layers.add(Addition { layer, kind: "conv2d", called: "", shape, parameters }, &[from])
}
