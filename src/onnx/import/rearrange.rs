//! Ops that move elements and compute nothing. One definition serves constants and, with the numbers of elements in their
//! place, activations.

use super::node::Node;
use crate::onnx::array::{Array, Problem, axis, count};

/// Ops that move elements.
pub const MOVES: &[&str] = &[
    "Reshape",
    "Flatten",
    "Transpose",
    "Squeeze",
    "Unsqueeze",
    "Slice",
    "Gather",
    "Split",
    "DepthToSpace",
    "SpaceToDepth",
];

/// An op that moves elements, or none if it is another one. `batch` is what stands for the batch's size in shapes: it becomes
/// the array's own first size.
///
/// # Errors
/// If the op does not fit the array.
pub fn rearrange<T: Copy>(node: &Node, array: Array<T>, batch: Option<i64>) -> Option<Result<Vec<Array<T>>, Problem>> {
    let one = |result: Result<Array<T>, Problem>| Some(result.map(|array| vec![array]));
    match node.proto.op_type.as_str() {
        "Reshape" => one(reshape(node, array, batch)),
        "Flatten" => one(flatten(node, array)),
        "Transpose" => one(transpose(node, &array)),
        "Squeeze" => one(squeeze(node, array)),
        "Unsqueeze" => one(unsqueeze(node, array)),
        "Slice" => one(slice(node, array)),
        "Gather" => one(gather(node, &array)),
        "Split" => Some(split(node, &array)),
        "DepthToSpace" => one(depth_to_space(node, array)),
        "SpaceToDepth" => one(space_to_depth(node, array)),
        _ => None,
    }
}

fn reshape<T: Copy>(node: &Node, array: Array<T>, batch: Option<i64>) -> Result<Array<T>, Problem> {
    let mut wanted = node.listed("shape", 1)?.ok_or("it has no shape")?;
    let zero_is_zero = node.int("allowzero", 0) != 0;
    if let (Some(first), Some(batch)) = (wanted.first_mut(), batch)
        && *first == batch
    {
        *first = 1;
    }
    let mut sizes = Vec::new();
    for (i, &size) in wanted.iter().enumerate() {
        sizes.push(match size {
            0 if !zero_is_zero => *array.sizes.get(i).ok_or_else(|| format!("size 0 of axis {i} keeps none"))?,
            -1 => 1,
            _ => usize::try_from(size).map_err(|_| format!("shape {wanted:?}"))?,
        });
    }
    let open: Vec<usize> = (0..wanted.len()).filter(|&i| wanted[i] == -1).collect();
    match open[..] {
        [] => {}
        [at] => {
            let others = count(&sizes)?;
            if others == 0 || !array.data.len().is_multiple_of(others) {
                return Err(format!("{:?} cannot become {wanted:?}", array.sizes));
            }
            sizes[at] = array.data.len() / others;
        }
        _ => return Err(format!("shape {wanted:?} leaves more than one size open")),
    }
    array.reshaped(sizes)
}

fn flatten<T: Copy>(node: &Node, array: Array<T>) -> Result<Array<T>, Problem> {
    let rank = array.sizes.len();
    let wanted = node.int("axis", 1);
    let at = if wanted == rank as i64 { rank } else { axis(wanted, rank)? };
    let sizes = vec![array.sizes[..at].iter().product(), array.sizes[at..].iter().product()];
    array.reshaped(sizes)
}

fn transpose<T: Copy>(node: &Node, array: &Array<T>) -> Result<Array<T>, Problem> {
    let rank = array.sizes.len();
    Ok(array.transposed(&order(node, rank)?))
}

/// The order of axes of a `Transpose`.
///
/// # Errors
/// If it is no order of so many axes.
pub fn order(node: &Node, rank: usize) -> Result<Vec<usize>, Problem> {
    let Some(wanted) = node.ints("perm") else { return Ok((0..rank).rev().collect()) };
    let order: Vec<usize> = wanted.iter().map(|&a| axis(a, rank)).collect::<Result<_, _>>()?;
    if order.len() == rank && (0..rank).all(|axis| order.contains(&axis)) {
        Ok(order)
    } else {
        Err(format!("perm = {wanted:?} is no order of {rank} axes"))
    }
}

fn squeeze<T: Copy>(node: &Node, array: Array<T>) -> Result<Array<T>, Problem> {
    let rank = array.sizes.len();
    let axes: Vec<usize> = match node.listed("axes", 1)? {
        Some(axes) => axes.iter().map(|&a| axis(a, rank)).collect::<Result<_, _>>()?,
        // that of the batch stands for any size
        None => (1..rank).filter(|&axis| array.sizes[axis] == 1).collect(),
    };
    if let Some(&wide) = axes.iter().find(|&&axis| array.sizes[axis] != 1) {
        return Err(format!("axis {wide} of {:?} is not 1", array.sizes));
    }
    let kept = (0..rank).filter(|axis| !axes.contains(axis)).map(|axis| array.sizes[axis]).collect();
    array.reshaped(kept)
}

fn unsqueeze<T: Copy>(node: &Node, array: Array<T>) -> Result<Array<T>, Problem> {
    let wanted = node.listed("axes", 1)?.ok_or("it has no axes")?;
    let rank = array.sizes.len() + wanted.len();
    let axes: Vec<usize> = wanted.iter().map(|&a| axis(a, rank)).collect::<Result<_, _>>()?;
    let mut own = array.sizes.iter();
    let size = |a: usize| if axes.contains(&a) { Some(1) } else { own.next().copied() };
    let sizes: Option<Vec<usize>> = (0..rank).map(size).collect();
    array.reshaped(sizes.ok_or_else(|| format!("axes {wanted:?} repeat one"))?)
}

fn slice<T: Copy>(node: &Node, mut array: Array<T>) -> Result<Array<T>, Problem> {
    let starts = node.listed("starts", 1)?.ok_or("it has no starts")?;
    let ends = node.listed("ends", 2)?.ok_or("it has no ends")?;
    let axes = node.listed("axes", 3)?.unwrap_or_else(|| (0..starts.len() as i64).collect());
    let steps = if node.has(4) { node.constant(4)?.numbers() } else { vec![1; starts.len()] };
    if ends.len() != starts.len() || axes.len() != starts.len() || steps.len() != starts.len() {
        return Err("starts, ends, axes and steps are not as many".into());
    }
    for i in 0..starts.len() {
        let at = axis(axes[i], array.sizes.len())?;
        let size = array.sizes[at] as i64;
        let step = steps[i];
        if step == 0 {
            return Err("a step of 0".into());
        }
        // from the end where negative, then within what is there
        let from_start = |place: i64| if place < 0 { place.saturating_add(size) } else { place };
        let (low, high) = if step > 0 { (0, size) } else { (-1, size - 1) };
        let start = from_start(starts[i]).clamp(low.max(0), high.max(0));
        let end = from_start(ends[i]).clamp(low, high);
        let places: Vec<usize> = if step > 0 {
            (start..end).step_by(step as usize).map(|place| place as usize).collect()
        } else {
            let back = step.unsigned_abs() as usize;
            ((end + 1)..=start).rev().step_by(back).map(|place| place as usize).collect()
        };
        array = array.taken(at, &places)?;
    }
    Ok(array)
}

fn gather<T: Copy>(node: &Node, array: &Array<T>) -> Result<Array<T>, Problem> {
    let indices = node.constant(1)?;
    let at = axis(node.int("axis", 0), array.sizes.len())?;
    let size = array.sizes[at] as i64;
    let place =
        |&i: &i64| usize::try_from(if i < 0 { i + size } else { i }).map_err(|_| format!("place {i} of {size}"));
    let places: Vec<usize> = indices.numbers().iter().map(place).collect::<Result<_, _>>()?;
    let taken = array.taken(at, &places)?;
    let sizes = [&array.sizes[..at], &indices.values.sizes, &array.sizes[at + 1..]].concat();
    taken.reshaped(sizes)
}

fn split<T: Copy>(node: &Node, array: &Array<T>) -> Result<Vec<Array<T>>, Problem> {
    let at = axis(node.int("axis", 0), array.sizes.len())?;
    let (size, outputs) = (array.sizes[at], node.proto.output.len());
    let parts: Vec<usize> = match node.listed("split", 1)? {
        Some(parts) => {
            parts.iter().map(|&part| usize::try_from(part).map_err(|_| "a negative part")).collect::<Result<_, _>>()?
        }
        None => {
            let each = size.div_ceil(outputs.max(1));
            (0..outputs).map(|i| each.min(size.saturating_sub(i * each))).collect()
        }
    };
    if parts.len() != outputs || parts.iter().try_fold(0usize, |sum, &part| sum.checked_add(part)) != Some(size) {
        return Err(format!("parts {parts:?} of {size} for {outputs} outputs"));
    }
    let mut start = 0;
    let part = |length: &usize| {
        let places: Vec<usize> = (start..start + length).collect();
        start += length;
        array.taken(at, &places)
    };
    parts.iter().map(part).collect()
}

/// Block size and `[n, c, h, w]` of an op that trades channels for pixels.
fn blocks<T>(node: &Node, array: &Array<T>) -> Result<([usize; 4], usize), Problem> {
    let sizes =
        <[usize; 4]>::try_from(array.sizes.as_slice()).map_err(|_| format!("{:?} are no images", array.sizes))?;
    let block = usize::try_from(node.int("blocksize", 0)).ok().filter(|&block| block > 0 && block < 1 << 16);
    Ok((sizes, block.ok_or("blocksize must be from 1 to 65535")?))
}

fn depth_to_space<T: Copy>(node: &Node, array: Array<T>) -> Result<Array<T>, Problem> {
    let ([n, c, h, w], r) = blocks(node, &array)?;
    if c % (r * r) != 0 {
        return Err(format!("{c} channels are no whole number of {r}x{r} blocks"));
    }
    let few = c / (r * r);
    let turned = if node.text("mode") == "CRD" {
        array.reshaped(vec![n, few, r, r, h, w])?.transposed(&[0, 1, 4, 2, 5, 3])
    } else {
        array.reshaped(vec![n, r, r, few, h, w])?.transposed(&[0, 3, 4, 1, 5, 2])
    };
    turned.reshaped(vec![n, few, h * r, w * r])
}

fn space_to_depth<T: Copy>(node: &Node, array: Array<T>) -> Result<Array<T>, Problem> {
    let ([n, c, h, w], r) = blocks(node, &array)?;
    if h % r != 0 || w % r != 0 {
        return Err(format!("{h}x{w} pixels are no whole number of {r}x{r} blocks"));
    }
    let order = if node.text("mode") == "CRD" { [0, 1, 3, 5, 2, 4] } else { [0, 3, 5, 1, 2, 4] };
    let turned = array.reshaped(vec![n, c, h / r, r, w / r, r])?.transposed(&order);
    turned.reshaped(vec![n, c * r * r, h / r, w / r])
}
