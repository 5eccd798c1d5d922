//! What a network reads: images in either order of axes, rows, sequences or tokens.

use std::collections::{HashMap, HashSet};

use super::value::{Activation, Value};
use super::{Layers, MOST, OPEN_BATCH, OnnxError, Reader, Reading, elem, proto};
use crate::model::ModelBuilder;
use crate::onnx::metadata::Metadata;

/// Channels that images have when they come in.
const CHANNELS: [usize; 4] = [1, 2, 3, 4];

/// Sizes of an input: open ones are none.
fn sizes(input: &proto::ValueInfo) -> Option<(i32, Vec<Option<usize>>)> {
    let tensor = input.kind.as_ref()?.tensor.as_ref()?;
    let size = |dim: &proto::Dimension| dim.dim_value.and_then(|size| usize::try_from(size).ok()).filter(|&s| s > 0);
    Some((tensor.elem_type, tensor.shape.as_ref()?.dim.iter().map(size).collect()))
}

/// What a graph reads: sizes here, and how they lie in the file.
struct Lying {
    /// `[h, w, c]`, or `[1, length, 1]` of tokens.
    shape: [usize; 3],
    /// The order of axes in the file.
    order: [usize; 4],
    /// Sizes in the file, with a batch of 1.
    sizes: Vec<usize>,
}

const IN_ORDER: [usize; 4] = [0, 1, 2, 3];
const CHANNELS_FIRST: [usize; 4] = [0, 3, 1, 2];

/// Whether images come in with channels last: bytes of few channels, and what is turned first of all.
fn channels_last(graph: &proto::Graph, input: &str, bytes: bool, channels: Option<usize>) -> bool {
    let turns = |node: &proto::Node| {
        let perm = node.attribute.iter().find(|attribute| attribute.name == "perm");
        node.op_type == "Transpose" && perm.is_some_and(|perm| perm.ints == [0, 3, 1, 2])
    };
    let turned = graph.node.iter().any(|node| node.input.first().is_some_and(|name| name == input) && turns(node));
    turned || bytes && channels.is_some_and(|channels| CHANNELS.contains(&channels))
}

/// Three axes behind the batch are images.
fn images(rest: [Option<usize>; 3], last: bool, asked: Option<[usize; 2]>) -> Result<Lying, String> {
    let at = if last { [0, 1, 2] } else { [1, 2, 0] };
    let side = |i: usize| rest[at[i]].or(asked.map(|size| size[i])).ok_or_else(|| open(["height", "width"][i]));
    let (h, w, c) = (side(0)?, side(1)?, rest[at[2]].ok_or_else(|| open("channels"))?);
    Ok(match last {
        true => Lying { shape: [h, w, c], order: IN_ORDER, sizes: vec![1, h, w, c] },
        false => Lying { shape: [h, w, c], order: CHANNELS_FIRST, sizes: vec![1, c, h, w] },
    })
}

fn open(axis: &str) -> String {
    format!("leaves its {axis} open; give the size of images")
}

/// How an input with these sizes behind the batch lies.
fn lying(rest: &[Option<usize>], elem_type: i32, last: bool, asked: Option<[usize; 2]>) -> Result<Lying, String> {
    let whole = [elem::INT32, elem::INT64].contains(&elem_type);
    let fixed = |axis: usize, what: &str| rest[axis].ok_or_else(|| open(what));
    Ok(match *rest {
        [_] if whole => {
            let length = fixed(0, "length")?;
            Lying { shape: [1, length, 1], order: IN_ORDER, sizes: vec![1, length] }
        }
        _ if whole => return Err("has whole numbers that are no tokens of texts".into()),
        [] => Lying { shape: [1, 1, 1], order: IN_ORDER, sizes: vec![1] },
        [_] => {
            let features = fixed(0, "width")?;
            Lying { shape: [1, 1, features], order: IN_ORDER, sizes: vec![1, features] }
        }
        [_, _] => {
            let (c, length) = (fixed(0, "channels")?, fixed(1, "length")?);
            Lying { shape: [1, length, c], order: CHANNELS_FIRST, sizes: vec![1, c, length] }
        }
        [a, b, c] => images([a, b, c], last, asked)?,
        _ => return Err(format!("has {} axes", rest.len() + 1)),
    })
}

impl Reader {
    /// A reader of a graph on this input, and the model's first lines.
    pub(super) fn on_input(
        graph: &proto::Graph,
        input: &proto::ValueInfo,
        reading: &Reading,
        metadata: &Metadata,
    ) -> Result<(ModelBuilder, Self), OnnxError> {
        let unsupported = |problem: String| OnnxError::Unsupported(format!("its input `{}` {problem}", input.name));
        let (elem_type, found) = sizes(input).ok_or_else(|| unsupported("has no known sizes".into()))?;
        let known = [elem::FLOAT, elem::FLOAT16, elem::BFLOAT16, elem::DOUBLE, elem::UINT8, elem::INT32, elem::INT64];
        if !known.contains(&elem_type) {
            return Err(unsupported(format!("has elements of type {elem_type}, which no model reads")));
        }
        let Some((batch, rest)) = found.split_first() else { return Err(unsupported("is a single number".into())) };
        let asked = reading.size.or(metadata.size.map(|[h, w, _]| [h, w]));
        let last = channels_last(graph, &input.name, elem_type == elem::UINT8, rest.last().copied().flatten());
        let Lying { shape, order, sizes } = lying(rest, elem_type, last, asked).map_err(unsupported)?;
        let is_text = [elem::INT32, elem::INT64].contains(&elem_type);
        let builder = || match is_text {
            true => ModelBuilder::texts(name_of(&graph.name), Some(shape[1])),
            false => ModelBuilder::images(name_of(&graph.name), shape),
        };
        // sizes that no model can have are refused before anything is made of them
        let probe = builder().layer(crate::model::layer("flatten")).check();
        probe.map_err(|problem| unsupported(format!("cannot be a model's input: {problem}")))?;
        let activation = Activation::of(0, &shape, &order).sized(sizes);
        let is_bytes = elem_type == elem::UINT8;
        let reader = Reader {
            layers: Layers::on(shape.to_vec()),
            values: HashMap::from([(input.name.clone(), Value::Activation(activation))]),
            readers: HashMap::new(),
            batch: batch.map_or(OPEN_BATCH, |size| size as i64),
            is_text,
            is_bytes,
            raw: if is_bytes { HashSet::from([input.name.clone()]) } else { HashSet::new() },
            channels_first: order == CHANNELS_FIRST,
            normalize: None,
            left: MOST,
            notes: Vec::new(),
        };
        Ok((builder(), reader))
    }
}

/// A name for the model, of the characters that names may have.
fn name_of(graph: &str) -> String {
    let clean: String =
        graph.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).take(64).collect();
    if clean.is_empty() { "imported".into() } else { clean }
}
