//! Products with matrices: linear layers, convolutions of one pixel, and images resampled along an axis.

use super::Reader;
use super::layers::{Addition, called};
use super::moving::upsample;
use super::node::Node;
use super::realise::{CHANNELS_FIRST, row};
use super::value::{Activation, Places, Value};
use crate::model::layer;
use crate::onnx::array::{Array, Problem};
use crate::onnx::resampling;

/// `Gemm`: a linear layer.
pub fn gemm(reader: &mut Reader, node: &Node) -> Result<Vec<Value>, Problem> {
    let x = node.activation(0)?;
    let weight = node.constant(1)?;
    if node.int("transA", 0) != 0 {
        return Err("transA turns the batch".into());
    }
    let [rows, columns] = two(&weight.values.sizes)?;
    let (weight, units) = match node.int("transB", 0) != 0 {
        true => (weight.values.clone(), rows),
        false => (weight.values.transposed(&[1, 0]), columns),
    };
    let (alpha, beta) = (node.float("alpha", 1.0), node.float("beta", 1.0));
    let weight = Array { data: weight.data.iter().map(|&value| (alpha * value) as f32).collect(), sizes: weight.sizes };
    let bias = if node.has(2) {
        let bias = node.constant(2)?;
        let values = bias
            .values
            .broadcast(&[1, units])
            .map_err(|_| format!("C {:?} is no bias of {units} units", bias.values.sizes))?;
        Some(Array::list(values.data.iter().map(|&value| (beta * value) as f32).collect()))
    } else {
        None
    };
    let number = linear(reader, x, &weight.transposed(&[1, 0]), bias, node.input_name(1))?;
    let units = reader.layers.get(number).shape.clone();
    Ok(vec![Value::Activation(Activation::channels_first(number, &units))])
}

/// A linear layer with weights `[features, units]`; the order in which a row was flattened moves into its weights.
fn linear(
    reader: &mut Reader,
    x: Activation,
    weight: &Array<f32>,
    bias: Option<Array<f32>>,
    name: &str,
) -> Result<usize, Problem> {
    let ([_, own], [features, units]) = (two(&x.sizes)?, two(&weight.sizes)?);
    if own != features || units == 0 {
        return Err(format!("{own} values meet a matrix of {features} by {units}"));
    }
    reader.spend(if let Places::Map(_) = x.places { own } else { 0 })?;
    let (from, order) = row(&mut reader.layers, x)?;
    let count: usize = reader.layers.get(from).shape[0];
    let weight = match order {
        None => weight.clone(),
        Some(places) => {
            reader.spend(count.saturating_mul(units))?;
            let mut data = vec![0.0; count * units];
            // a value that is read twice has the sum of both weights, and zeros have none
            for (i, place) in places.into_iter().enumerate().filter_map(|(i, place)| Some((i, place?))) {
                for unit in 0..units {
                    data[place * units + unit] += weight.data[i * units + unit];
                }
            }
            Array { sizes: vec![count, units], data }
        }
    };
    let mut parameters = vec![("weight", weight)];
    let new = layer("linear").with("units", units as i64).with("bias", bias.is_some());
    parameters.extend(bias.map(|bias| ("bias", bias)));
    let addition = Addition { layer: new, kind: "linear", called: called(name), shape: vec![units], parameters };
    Ok(reader.layers.add(addition, &[from]))
}

fn two(sizes: &[usize]) -> Result<[usize; 2], Problem> {
    <[usize; 2]>::try_from(sizes).map_err(|_| format!("{sizes:?} has no two axes"))
}

/// `MatMul` with a constant.
pub fn mat_mul(reader: &mut Reader, node: &Node) -> Result<Vec<Value>, Problem> {
    if let Value::Constant(rows) = node.value(0)? {
        let rows = Array { sizes: rows.values.sizes.clone(), data: rows.floats() };
        return resampled(reader, node.activation(1)?, 0, &rows);
    }
    let x = node.activation(0)?;
    let matrix = node.constant(1)?;
    let weight = Array { sizes: matrix.values.sizes.clone(), data: matrix.floats() };
    let [features, units] = two(&weight.sizes)?;
    let last = x.sizes.len() - 1;
    if last == 1 {
        let number = linear(reader, x, &weight, None, node.input_name(1))?;
        return Ok(vec![Value::Activation(Activation::channels_first(number, &[units]))]);
    }
    let channels_last = match &x.places {
        Places::Order(own) => own.last() == Some(&(own.len() - 1)),
        Places::Map(_) => true,
    };
    if !channels_last {
        return resampled(reader, x, 1, &weight.transposed(&[1, 0]));
    }
    // every pixel through the same linear layer is a convolution of one pixel
    let sizes = x.sizes.clone();
    if sizes[last] != features || !(3..=4).contains(&sizes.len()) {
        return Err(format!("{sizes:?} meets a matrix of {features} by {units}"));
    }
    let mut image = sizes.clone();
    if image.len() == 3 {
        image.insert(1, 1);
    }
    let from = reader.realise(x.sized(image.clone()), &[1, 2, 3])?;
    let shape = vec![image[1], image[2], units];
    let addition = Addition {
        layer: layer("conv2d").with("filters", units as i64).with("kernel", 1).with("bias", false),
        kind: "conv2d",
        called: called(node.input_name(1)),
        shape: shape.clone(),
        parameters: vec![("weight", Array { sizes: vec![1, 1, features, units], data: weight.data })],
    };
    let number = reader.layers.add(addition, &[from]);
    let out = [&sizes[..last], &[units]].concat();
    Ok(vec![Value::Activation(Activation::of(number, &shape, &[0, 1, 2, 3]).sized(out))])
}

/// Images whose rows (axis 0) or columns (axis 1) are resampled by a matrix `[to, from]`.
fn resampled(reader: &mut Reader, x: Activation, axis: usize, matrix: &Array<f32>) -> Result<Vec<Value>, Problem> {
    let [to, from] = two(&matrix.sizes)?;
    if x.sizes.len() != 4 || x.sizes[2 + axis] != from || to == 0 {
        return Err(format!("a product of {:?} with a matrix {:?} is no layer", x.sizes, matrix.sizes));
    }
    let close = |other: &Array<f32>| matrix.data.iter().zip(&other.data).all(|(a, b)| (a - b).abs() < 1e-6);
    let mut size = [x.sizes[2], x.sizes[3]];
    size[axis] = to;
    let linear = [false, true].into_iter().find(|&aligned| close(&resampling::linear(from, to, aligned)));
    let is_mean = close(&resampling::means(from, to));
    let number = reader.realise(x, &CHANNELS_FIRST)?;
    let result = match (is_mean, linear) {
        (true, _) => adaptive(reader, "adaptive_avg_pool2d", number, size),
        (_, Some(aligned)) => upsample(reader, number, size, aligned),
        _ => return Err(format!("a product of images with this matrix of {to} by {from} is no layer")),
    };
    Ok(vec![Value::Activation(result)])
}

fn adaptive(reader: &mut Reader, kind: &'static str, from: usize, size: [usize; 2]) -> Activation {
    let output = size.map(|size| toml::Value::Integer(size as i64)).to_vec();
    let shape = [size[0], size[1], reader.layers.get(from).shape[2]];
    let number = reader.layers.plain(kind, layer(kind).with("output", output), shape.to_vec(), &[from]);
    Activation::channels_first(number, &shape)
}

/// Adaptive max pooling, if that is what a pooling of repeated pixels is.
///
/// # Errors
/// If too much memory would be needed.
pub fn adaptive_max(reader: &mut Reader, node: &Node, x: &Activation) -> Result<Option<Vec<Value>>, Problem> {
    let (Places::Map(_), true, &[1, c, spread_h, spread_w]) = (&x.places, x.pending.is_none(), &x.sizes[..]) else {
        return Ok(None);
    };
    let kernel = node.sizes("kernel_shape", 2, 0)?;
    let shape = reader.layers.get(x.layer).shape.clone();
    let &[h, w, channels] = &shape[..] else { return Ok(None) };
    if kernel.contains(&0) || kernel != node.sizes("strides", 2, 1)? || channels != c {
        return Ok(None);
    }
    let to = [spread_h / kernel[0], spread_w / kernel[1]];
    let bins =
        |from: usize, to: usize| if to == 0 || to > from { Vec::new() } else { resampling::padded_bins(from, to) };
    let (rows, columns) = (bins(h, to[0]), bins(w, to[1]));
    if rows.len() != spread_h || columns.len() != spread_w {
        return Ok(None);
    }
    let grid = reader.grid(x)?;
    let mut elements = grid.data.iter();
    let fits = (0..c).all(|ch| {
        let place = |y: &usize, x: &usize| ((y * w + x) * c + ch) as i32;
        rows.iter().all(|y| columns.iter().all(|x| elements.next() == Some(&place(y, x))))
    });
    let found = |reader: &mut Reader| vec![Value::Activation(adaptive(reader, "adaptive_max_pool2d", x.layer, to))];
    Ok(fits.then(|| found(reader)))
}
